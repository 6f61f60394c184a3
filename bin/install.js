// Brings node_modules to what package-lock.json says, if it is not there already. Two at once wait for each other.
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const LOCK_WAIT_MS = 250
const LOCK_WITHOUT_PID_MS_MAX = 10_000
const lock = join(root, '.installing')

export async function ensureInstalled() {
  if (isInstalled()) return
  await withLock(async () => {
    if (isInstalled()) return // the one before us did it
    console.error('Installing what Sluice needs (once, about a minute) …')
    await npmCi()
  })
}

/** npm writes what it installed to node_modules/.package-lock.json: compared by content, since times change with every copy. */
function isInstalled() {
  const wanted = packagesIn(join(root, 'package-lock.json'))
  const present = packagesIn(join(root, 'node_modules', '.package-lock.json'))
  if (!wanted) throw new Error('package-lock.json is missing or broken: restore it from the repository.')
  if (!present) return false
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) =>
    path === '' || (present[path] ? present[path].version === version && present[path].integrity === integrity : optional === true))
}

function packagesIn(file) {
  try { return JSON.parse(readFileSync(file, 'utf8')).packages } catch { return undefined }
}

/** npm's own output goes to stderr: stdout belongs to the command that follows. */
function npmCi() {
  const npm = process.env.npm_execpath ? [process.execPath, [process.env.npm_execpath]] : [process.platform === 'win32' ? 'npm.cmd' : 'npm', []]
  return new Promise((done, fail) => {
    const child = spawn(npm[0], [...npm[1], 'ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' && !npm[1].length })
    child.on('error', fail)
    child.on('exit', code => code === 0 ? done() : fail(new Error(`npm ci ended with ${code}: see above.`)))
  })
}

async function withLock(work) {
  let told = false
  while (!take()) {
    if (!told) console.error('Another command is installing already: waiting for it …')
    told = true
    await new Promise(done => setTimeout(done, LOCK_WAIT_MS))
  }
  const release = () => rmSync(lock, { recursive: true, force: true })
  process.once('exit', release)
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))
  try { await work() } finally { release() }
}

/** A folder is made by one only. One whose maker has gone is taken away. */
function take() {
  try {
    mkdirSync(lock)
    writeFileSync(join(lock, 'pid'), String(process.pid))
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (isAbandoned()) rmSync(lock, { recursive: true, force: true })
    return false
  }
}

function isAbandoned() {
  try {
    const pid = Number(readFileSync(join(lock, 'pid'), 'utf8'))
    if (pid) { process.kill(pid, 0); return false }
  } catch (error) {
    if (error.code === 'ESRCH') return true
  }
  try { return Date.now() - statSync(lock).mtimeMs > LOCK_WITHOUT_PID_MS_MAX } catch { return false } // released meanwhile
}
