// Builds the C programs when they are needed, once for each text of theirs.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'

const CACHE = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'sluice-bench')

/** Why there is no generator; undefined where a C compiler is there. */
export const missingCompiler = spawnSync('cc', ['--version']).error ? 'a C compiler (cc) is needed for the load generator: on Debian, gcc and libc6-dev' : undefined

/** The path of the program. Throws where it does not compile. */
export function build(name: 'load' | 'relay'): string {
  const source = join(import.meta.dirname, `${name}.c`), hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16)
  const program = join(CACHE, `${name}-${hash}`)
  if (existsSync(program)) return program
  mkdirSync(CACHE, { recursive: true })
  const { status, stderr } = spawnSync('cc', ['-O2', '-Wall', '-Wextra', '-o', `${program}.new`, source], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${source} does not compile: ${stderr}`)
  renameSync(`${program}.new`, program)
  return program
}
