// Makes dist/: the source without its types and its tests, as a package must have it, since Node strips no types under node_modules.
// Nothing is rewritten: each statement stays on its line and in its column, and dist/package.json says that #gateway/x.ts is x.js.
import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, extname, join } from 'node:path'
import packageJson from '../package.json' with { type: 'json' }

const ROOT = join(import.meta.dirname, '..')
const DIST = join(ROOT, 'dist')
const FOLDERS = ['adapters', 'semantic-models', 'gateway', 'simulators', 'cli']
/** Tests and what only tests read, types alone, and the source of the kernel, which ships compiled. */
const LEFT_OUT = ['**/*.test.ts', '**/*.contract.ts', '**/*.fake.ts', '**/*.d.ts', '**/fixtures/**', '**/schema-exceptions.json', '**/*.md', 'gateway/kernel/assembly/**']

const SHIP: Readonly<Record<string, (file: string) => void>> = {
  '.ts': file => write(`${file.slice(0, -'.ts'.length)}.js`, stripTypeScriptTypes(readFileSync(join(ROOT, file), 'utf8'))),
  '.json': copy,
  '.wasm': copy,
}

/** Throws for a kind of file that nobody has said how to ship: nothing gets into a package by lying about. */
function ship(file: string): void {
  const shipped = SHIP[extname(file)]
  if (shipped === undefined) throw new Error(`${file}: say in scripts/build.ts how a package has such a file, or that it has none.`)
  shipped(file)
}

function copy(file: string): void {
  mkdirSync(dirname(join(DIST, file)), { recursive: true })
  copyFileSync(join(ROOT, file), join(DIST, file))
}

function write(file: string, text: string): void {
  mkdirSync(dirname(join(DIST, file)), { recursive: true })
  writeFileSync(join(DIST, file), text)
}

/** What dist/ needs to know of itself. The longer pattern wins: a module by its name in the source is its JavaScript, data is itself. */
function description(): string {
  const pairs = FOLDERS.flatMap(folder => [[`#${folder}/*.ts`, `./${folder}/*.js`], [`#${folder}/*`, `./${folder}/*`]])
  const { name, version, license } = packageJson
  return `${JSON.stringify({ name, version, license, type: 'module', imports: Object.fromEntries(pairs) as unknown }, undefined, 2)}\n`
}

rmSync(DIST, { recursive: true, force: true })
for (const entry of globSync(FOLDERS.map(folder => `${folder}/**/*`), { cwd: ROOT, exclude: LEFT_OUT, withFileTypes: true })) {
  if (entry.isFile()) ship(join(entry.parentPath, entry.name).slice(ROOT.length + 1))
}
write('package.json', description())
