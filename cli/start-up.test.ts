import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const HERE = import.meta.dirname
/** They run a gateway, a fleet or a stream in this process, or a part of one, or make or use keys; all others are clients, and start as fast as one. */
const HEAVY = new Set(['backup.ts', 'certificate.ts', 'config.ts', 'consent-check.ts', 'demo.ts', 'doctor.ts', 'odrl.ts', 'operator.ts', 'serve.ts', 'simulate.ts', 'subscribe.ts', 'verify.ts'])

/** What a file loads as it starts: its imports, but for types and for those that are made when they are needed. */
function imports(file: string): readonly string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^import (?!type )[^'(]*'([^']+)'/gm)].map(([, name]) => name!)
}

function loadedBy(file: string, seen = new Set<string>()): ReadonlySet<string> {
  for (const name of imports(file)) {
    if (seen.has(name)) continue
    seen.add(name)
    if (name.startsWith('#cli/')) loadedBy(join(HERE, name.slice('#cli/'.length)), seen)
  }
  return seen
}

describe('A command that is a client', () => {
  const clients = readdirSync(join(HERE, 'commands')).filter(name => name.endsWith('.ts') && !name.endsWith('.test.ts') && !HEAVY.has(name))

  for (const name of clients) {
    it(`(${name}) loads nothing of the gateway, no package, and no module of Node's that is slow to load`, () => {
      const loaded = new Set([...loadedBy(join(HERE, 'main.ts')), ...loadedBy(join(HERE, 'commands', name))])
      assert.ok(loaded.has('#cli/table.ts') && loaded.has('#cli/parse.ts'))
      assert.deepEqual([...loaded].filter(module => !module.startsWith('#cli/')), ['node:util'])
    })
  }
})
