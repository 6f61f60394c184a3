// The releases of Node-RED that the nodes are tested in, each as its own lockfile has it, and the nodes as npm packs them for a user.
import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '..', '..')
const PALETTE = join(ROOT, 'node-red-flows')
const NPM_MS_MAX = 180_000
const NO_REGISTRY = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ENOTCACHED/

export interface Host {
  readonly version: string
  /** Where its node_modules is. */
  readonly folder: string
  /** The Node that runs it. */
  readonly node: string
}

/** Node-RED 5 asks for Node 22.9 or newer, Node-RED 4 for 18.5: what most users of 4 have is older than ours. */
export const MAJORS = [5, 4] as const
export type Major = typeof MAJORS[number]

/** Installs it unless the cache has what the lockfile says. Undefined where the registry cannot be reached. */
export async function hostOf(major: Major): Promise<Host | undefined> {
  const wanted = join(PALETTE, 'test', 'hosts', String(major)), folder = join(ROOT, 'node_modules', '.cache', `node-red-${major}`)
  const { dependencies } = JSON.parse(readFileSync(join(wanted, 'package.json'), 'utf8')) as { dependencies: { 'node-red': string } }
  const host = { version: dependencies['node-red'], folder, node: major === 5 ? process.execPath : await otherNode() }
  if (isInstalled(wanted, folder)) return host
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(wanted, file), join(folder, file))
  console.log(`      installing Node-RED ${host.version}, once …`)
  return await npm(folder, 'ci', '--ignore-scripts') ? host : undefined
}

/** npm writes the inner lockfile last. */
function isInstalled(wanted: string, folder: string): boolean {
  const lockOf = (place: string): string => readFileSync(join(place, 'package-lock.json'), 'utf8')
  return existsSync(join(folder, 'node_modules', '.package-lock.json')) && lockOf(folder) === lockOf(wanted)
}

/** False where the registry cannot be reached; throws for any other failure. */
async function npm(cwd: string, ...args: readonly string[]): Promise<boolean> {
  try {
    await run('npm', [...args, '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], { cwd, timeout: NPM_MS_MAX })
    return true
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string }
    if (NO_REGISTRY.test(stderr ?? '')) return false
    throw new Error(`npm ${args.join(' ')} failed: ${stderr || message}`, { cause: error })
  }
}

/** The machine's own Node where it is one that Node-RED 4 runs on, else ours. */
async function otherNode(): Promise<string> {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(folder => !folder.includes('node_modules'))
  const own = folders.map(folder => join(folder, 'node')).find(existsSync)
  if (own === undefined) return process.execPath
  const [major = 0, minor = 0] = (await run(own, ['--version'])).stdout.trim().slice(1).split('.').map(Number)
  return major > 18 || (major === 18 && minor >= 5) ? own : process.execPath
}

let installedPalette: Promise<string | undefined> | undefined

/** A folder whose node_modules has the nodes as `npm install` puts them there from the packed file. Undefined: no registry. */
export function paletteFolder(): Promise<string | undefined> { return installedPalette ??= installPalette() }

async function installPalette(): Promise<string | undefined> {
  const packed = scratch(), folder = scratch()
  if (!await npm(PALETTE, 'pack', '--pack-destination', packed)) return undefined
  const [file] = readdirSync(packed)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'user-directory', private: true }))
  return await npm(folder, 'install', join(packed, file!)) ? folder : undefined
}

/** A folder that goes with this process. */
function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-hosts-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}
