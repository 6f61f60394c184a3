// What Node-RED's flow library asks of a package (its scorecard), and what this one asks of itself, without a network.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const LANGUAGES = ['en-US', 'de', 'fr', 'es-ES', 'nl']
const STATUS_CHARACTERS_MAX = 20
const DEPENDENCIES_MAX = 6

const textOf = (...path: string[]): string => readFileSync(join(ROOT, ...path), 'utf8')
const jsonOf = (...path: string[]): any => JSON.parse(textOf(...path))
const manifest = jsonOf('package.json')
const nodes = Object.entries(manifest['node-red'].nodes as Record<string, string>).map(([type, file]) => {
  const name = type.slice('sluice-'.length)
  return { type, name, file, html: textOf('nodes', name, `${name}.html`) }
})

function sourcesIn(folder: string): string[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
  return files.filter(file => file.endsWith('.ts') && !/\.(test|fake)\.ts$/.test(file)).map(file => join(folder, file))
}

/** `label.url`, `status.stopped` … */
function keysOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([key, member]) => keysOf(member, path === '' ? key : `${path}.${key}`)).toSorted()
}

/** The texts of statuses and of codes, at any depth. */
function statusTextsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const isStatus = (key: string): boolean => key === 'status' || key === 'code'
  return Object.entries(value).flatMap(([key, member]) => isStatus(key) ? Object.values(member as object) as string[] : statusTextsOf(member))
}

describe('the package', () => {
  it('says what it is: name, licence, where it comes from, where its bugs go (P01–P04)', () => {
    assert.match(manifest.name, /^@[a-z]+\/[a-z-]+$/)
    assert.deepEqual([manifest.license, manifest.repository.directory], ['Apache-2.0', 'node-red-flows'])
    assert.ok(manifest.keywords.includes('node-red') && manifest.bugs.url && manifest.repository.url && manifest.description)
    assert.ok(existsSync(join(ROOT, 'README.md')))
  })

  it('says which Node and Node-RED it needs (P06, P07)', () => {
    assert.deepEqual([manifest.engines.node, manifest['node-red'].version], ['>=20.0.0', '>=4.0.0'])
  })

  it('has few dependencies, in the ranges of the whole project (P05, P08)', () => {
    const dependencies = Object.entries(manifest.dependencies as Record<string, string>), project = jsonOf('../package.json')
    assert.ok(dependencies.length <= DEPENDENCIES_MAX)
    for (const [name, range] of dependencies) assert.equal(range, project.dependencies[name], name)
  })

  it('ships what it was built into, with its examples, and imports nothing of the project', () => {
    assert.deepEqual(manifest.files, ['dist', 'examples'])
    for (const file of ['lib', 'nodes'].flatMap(sourcesIn)) {
      for (const [, from] of textOf(file).matchAll(/ from '([^']+)'/g)) {
        assert.ok(/^(node:|\.)/.test(from!) || from! in manifest.dependencies, `${file} imports ${from}`)
      }
    }
  })

  it('has a folder for each node, and a node for each folder', () => {
    const folders = readdirSync(join(ROOT, 'nodes'), { withFileTypes: true }).filter(entry => entry.isDirectory())
    assert.deepEqual(nodes.map(({ name }) => name).toSorted(), folders.map(({ name }) => name).toSorted())
    for (const { name, file } of nodes) assert.equal(file, `dist/nodes/${name}/${name}.js`)
  })

  it('shows every node in an example (N02)', function () {
    if (!existsSync(join(ROOT, 'examples'))) this.skip()
    const flows = readdirSync(join(ROOT, 'examples')).map(file => jsonOf('examples', file) as { type: string }[])
    const used = new Set(flows.flat().map(({ type }) => type))
    assert.deepEqual(nodes.map(({ type }) => type).filter(type => !used.has(type)), [])
  })

  it('says the same things in every language', () => {
    const english = keysOf(jsonOf('locales', 'en-US.json'))
    for (const language of LANGUAGES) assert.deepEqual(keysOf(jsonOf('locales', `${language}.json`)), english, language)
  })

  it('has a short text for what a status says', () => {
    for (const language of LANGUAGES) {
      const own = nodes.map(({ name }) => jsonOf('nodes', name, 'locales', language, `${name}.json`))
      const shared = jsonOf('locales', `${language}.json`)
      for (const text of [...own, shared].flatMap(statusTextsOf)) {
        assert.ok(text.replace('__count__', '1000').length < STATUS_CHARACTERS_MAX, `${language}: ${text}`)
      }
    }
  })
})

for (const { type, name, html } of nodes) {
  const inLanguages = (extension: string): string[] => {
    return LANGUAGES.map(language => textOf('nodes', name, 'locales', language, `${name}.${extension}`))
  }

  describe(type, () => {
    it('says the same things in every language, under its own name', () => {
      const [english, ...others] = inLanguages('json').map(text => JSON.parse(text) as object)
      assert.deepEqual(Object.keys(english!), [type])
      for (const other of others) assert.deepEqual(keysOf(other), keysOf(english))
    })

    it('has help in every language, with the same parts, in Markdown', () => {
      const partsOf = (help: string): (string | undefined)[] => [...help.matchAll(/^(###|: [\w.]+ \([^)]+\) :)/gm)].map(([part]) => part)
      const [english, ...others] = inLanguages('html')
      for (const help of [english!, ...others]) {
        assert.ok(help.startsWith(`<script type="text/markdown" data-help-name="${type}">\n`) && help.endsWith('\n</script>\n'))
        assert.deepEqual(partsOf(help), partsOf(english!))
      }
      const order = ['### Inputs', '### Outputs', '### Details', '### References']
      const found = [...english!.matchAll(/^### \w+$/gm)].map(([heading]) => heading)
      assert.deepEqual(found, order.filter(heading => found.includes(heading)))
      assert.deepEqual([found.includes('### Inputs'), found.includes('### Outputs')], [/inputs: 1/.test(html), /outputs: 1/.test(html)])
    })

    it('has every text that its dialogue shows, and shows every label that it has', () => {
      const own = JSON.parse(inLanguages('json')[0]!)[type], shared = jsonOf('locales', 'en-US.json')
      const known = new Set(keysOf({ [type]: { ...own, common: shared } }))
      const shown = [...html.matchAll(/(?:data-i18n="(?:\[placeholder\])?|_\(')(sluice-[\w.-]+)/g)].map(([, key]) => key!)
      assert.deepEqual(shown.filter(key => !known.has(key)), [])
      const forDialogue = [...known].filter(key => !/\.(common|status)\./.test(key))
      assert.deepEqual(forDialogue.filter(key => !shown.includes(key)), [])
    })

    it('has a field for each property, and a property for each field', () => {
      const defaults = /defaults: \{([\s\S]*?)\n {4}\}/.exec(html)?.[1] ?? '', credentials = /credentials: \{(.*)\}/.exec(html)?.[1] ?? ''
      const properties = [...`${defaults}\n${credentials}`.matchAll(/(?:^|[{\n])\s*(\w+): \{/g)].map(([, property]) => property!)
      const fields = [...html.matchAll(/id="node-(?:config-)?input-(\w+)"/g)].map(([, field]) => field!)
      assert.deepEqual(properties.toSorted(), fields.toSorted())
      assert.ok(properties.includes('name'))
      assert.deepEqual(['id', 'type', 'x', 'y', 'z', 'wires', 'd', 'g'].filter(reserved => properties.includes(reserved)), [])
    })

    if (type === 'sluice-config') return
    it('has a category, a muted colour, and an icon of its own that is white on nothing', () => {
      assert.match(html, /category: 'sluice'/)
      const [red, green, blue] = /color: '#(..)(..)(..)'/.exec(html)!.slice(1).map(hex => parseInt(hex, 16)) as [number, number, number]
      assert.ok(Math.max(red, green, blue) - Math.min(red, green, blue) < 0x40)
      assert.match(html, new RegExp(`icon: '${name}\\.svg'`))
      const icon = textOf('nodes', name, 'icons', `${name}.svg`)
      assert.match(icon, /width="40" height="60"/)
      assert.deepEqual([...icon.matchAll(/(?:fill|stroke)="([^"]+)"/g)].map(([, colour]) => colour).toSorted(), ['#fff', 'none'])
    })
  })
}
