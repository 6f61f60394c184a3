import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..'), TEXT = readFileSync(join(ROOT, 'docs/rights.md'), 'utf8')
/** The rows of the initiative's list of law and ethics, and the articles of the Data Act and the Data Governance Act. */
const ROWS = [
  'fairness', 'purpose limitation', 'data minimisation', 'accuracy', 'integrity', 'storage limitation', 'transparency', 'by design', 'discrimination', 'informed consent', 'user control', 'enforcement', 'sharing the wealth',
  'data breaches', 'record of processing', 'impact assessment', 'scrutiny', 'international transfer', 'technical and organisational', 'friendly interface', 'profiling', 'data protection officer', 'ePrivacy', 'Data Act Art. 4',
  'Data Act Art. 36', 'Data Governance Act', 'telecommunications',
]
const ARTICLES = [7, 15, 16, 17, 18, 19, 20, 21, 22]

describe('docs/rights.md', () => {
  const rows = TEXT.split('\n').filter(line => line.startsWith('| ')), named = [...TEXT.matchAll(/`([\w./-]+\.test\.ts)` "([^"]+)"/g)].map(([, file, title]) => [file!, title!] as const)

  it('names tests that there are', () => {
    assert.ok(named.length > 25)
    for (const [file, title] of named) {
      const path = join(ROOT, file)
      assert.ok(existsSync(path), file)
      assert.ok(readFileSync(path, 'utf8').includes(`it('${title}'`), `${file} has no test "${title}"`)
    }
  })

  it('has a row for each of the list, with a test, or without one and the word that software cannot do it', () => {
    for (const row of ROWS) {
      const line = rows.find(each => each.slice(2).toLowerCase().startsWith(row.toLowerCase()))
      assert.ok(line, row)
      assert.ok(line.includes('.test.ts') || (line.endsWith('| none |') && /not (by software|yet)/.test(line)), line)
    }
    for (const article of ARTICLES) assert.ok(rows.some(line => line.includes(`Art. ${article}`)), `Art. ${article}`)
  })

  it('names commands and calls that there are', async () => {
    const { COMMANDS } = await import('#cli/table.ts'), { document } = await import('#gateway/api/document.ts')
    for (const [, words] of TEXT.matchAll(/`sluice ([a-z]+(?: [a-z]+)?)/g)) assert.ok(COMMANDS.some(({ name }) => name === words || name === words!.split(' ')[0]), words)
    for (const [, path] of TEXT.matchAll(/`(?:GET|POST|PATCH) (\/v1\/[\w/{}-]+)`/g)) assert.ok(Object.keys(document.paths).some(each => each.replaceAll(/\{\w+\}/g, '{id}') === path), path)
  })
})
