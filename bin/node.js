// Which Node runs Sluice, and how a command runs under it. Plain JavaScript for any Node from 18 on.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const NODE_MAJOR_MIN = 24

export const isNewEnough = Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN

/** Why Sluice does not run, and what helps. */
export const tooOld = `Sluice runs on Node ${NODE_MAJOR_MIN} or newer and this is ${process.version}, and npm brought none for `
  + `${process.platform}-${process.arch}. Install Node ${NODE_MAJOR_MIN}, `
  + `or let npm bring it: npm install-scripts approve node && npm rebuild node`

/** The Node that npm brought with the package `node`, beside Sluice or within it; undefined where there is none. */
export function broughtNode() {
  try {
    const folder = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin')
    return [join(folder, 'node'), join(folder, 'node.exe')].find(existsSync)
  } catch { return undefined }
}

/** Ends as the command does. A terminal's Ctrl-C reaches it by itself; what only this process is told is passed on. */
export async function runUnder(node, words, options = {}) {
  const { spawn } = await import('node:child_process') // slow to load, and most commands start nothing
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', ...words], { stdio: 'inherit', ...options })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => { if (signal !== 'SIGINT') child.kill(signal) })
  child.on('error', error => { console.error(error.message); process.exit(1) })
  child.on('exit', (code, signal) => { process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1) })
}
