// The editor as its user sees it: the nodes in the palette, an edit dialog and its help, in several languages.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { hasChromium, openBrowser } from '#test/support/chromium.ts'
import { MAJORS } from '#benchmarks/peers/node-red-hosts.ts'
import { NodeRed } from '#test/support/node-red.ts'

const FOLDER = join(import.meta.dirname, '..', '..', '..', 'node-red-flows')
const read = (...path: readonly string[]) => readFileSync(join(FOLDER, ...path), 'utf8')
const { 'node-red': { nodes } } = JSON.parse(read('package.json'))
const TYPES = Object.keys(nodes).filter(type => type !== 'sluice-config')
/** A key of a catalogue where its text should be: `sluice-stream-in.label.stream`. */
const RAW_KEY = /\b(sluice-[\w-]+|node-red|common|label)[.:]\w+/
const DIALOG = '.red-ui-tray'
/** The browser's language, and the catalogue that Node-RED takes for it. */
const LANGUAGES = [['en-US', 'en-US'], ['de-DE', 'de']] as const

const ofStreamIn = (catalogue: string, file: string) => read('nodes', 'stream-in', 'locales', catalogue, `stream-in.${file}`)
const textsOf = (catalogue: string) => JSON.parse(ofStreamIn(catalogue, 'json'))['sluice-stream-in']
const firstLineOfHelp = (catalogue: string) => ofStreamIn(catalogue, 'html').split('\n')[1]!.trim()

for (const major of MAJORS) describe(`The editor of Node-RED ${major} (skipped where there is no Chromium or no npm registry)`, () => {
  let nodeRed: NodeRed, browser: Browser
  before(async function () {
    if (!hasChromium) return this.skip()
    const started = await NodeRed.start(major)
    if (!started) return this.skip()
    nodeRed = started
    await nodeRed.deploy((await Promise.all((await nodeRed.exampleNames()).map(name => nodeRed.example(name)))).flat())
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    await nodeRed?.kill('SIGTERM')
  })

  /** Everything that a page complains of, in `complaints`. */
  async function open(locale: string, complaints: string[]): Promise<Page> {
    const page = await (await browser.newContext({ locale, viewport: { width: 1500, height: 900 } })).newPage()
    page.on('pageerror', ({ message }) => complaints.push(message))
    page.on('console', line => { if (line.type() === 'error') complaints.push(line.text()) })
    await page.goto(nodeRed.url, { waitUntil: 'commit' })
    await page.waitForSelector('.red-ui-palette-node[data-palette-type="sluice-stream-in"]', { state: 'attached' })
    return page
  }

  const edit = async (page: Page, id: string): Promise<string> => {
    await page.evaluate(`RED.editor.edit(RED.nodes.node('${id}'))`)
    await page.waitForSelector('#node-input-name', { state: 'visible' })
    return page.innerText(DIALOG)
  }

  for (const [locale, catalogue] of LANGUAGES) it(`shows nodes, dialog and help in ${catalogue}, and complains of nothing`, async () => {
    const complaints: string[] = [], page = await open(locale, complaints), { label, from, name } = textsOf(catalogue)
    const inPalette = page.locator('.red-ui-palette-node')
    const shown = await inPalette.evaluateAll(all => all.map(node => node.getAttribute('data-palette-type') ?? ''))
    assert.deepEqual(shown.filter(type => type.startsWith('sluice-')), TYPES)
    const dialog = await edit(page, 'replay-stream')
    for (const text of [label.stream, label.from, label.stopOnEnd, from.resume]) assert.ok(dialog.includes(text), `${text} in ${dialog}`)
    assert.doesNotMatch(dialog, RAW_KEY)
    assert.equal(await page.locator('#node-input-gateway option:checked').innerText(), 'Sluice')
    assert.ok((await page.evaluate<string>(`RED.nodes.getNodeHelp('sluice-stream-in')`)).includes(firstLineOfHelp(catalogue)))
    assert.equal(await page.evaluate(`RED.nodes.getType('sluice-stream-in').paletteLabel()`), name)
    const examples = `RED.nodes.filterNodes({}).filter(node => node.type.startsWith('sluice-'))`
    const faults = `${examples}.filter(node => !node.valid).map(node => node.id + ': ' + node.validationErrors)`
    assert.deepEqual(await page.evaluate(faults), [])
    assert.deepEqual([...new Set(await page.evaluate<string[]>(`${examples}.map(node => node.type)`))].sort(), [...TYPES].sort())
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
})
