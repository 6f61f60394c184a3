// `npm run licences`: fails where a package has come in by a dependency whose licence asks for more than a notice.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import lock from '../package-lock.json' with { type: 'json' }
import { objections, type Described } from '#scripts/licence-rules.ts'

const ROOT = join(import.meta.dirname, '..')

function installed(path: string): Described | undefined {
  try { return JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8')) as Described } catch { return undefined }
}

const count = Object.keys(lock.packages).length - 1 // less the project itself
const found = objections(lock.packages, installed)
for (const { package: name, licence, isShipped } of found) {
  console.error(`${name}: ${licence}, ${isShipped ? 'which the product would ship' : 'among the tools'}`)
}
console.log(`${count} packages, ${found.length} with a licence that is not listed in scripts/licence-rules.ts`)
if (found.length > 0) process.exitCode = 1
