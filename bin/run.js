// Runs one of the project's own commands with the project's own Node, after installing what is missing:
//   node bin/run.js sluice demo --seconds 20        node bin/run.js mocha --grep consent
// Plain JavaScript for any Node from 18 on: it is what a fresh clone starts with.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { root, ensureInstalled } from './install.js'

const NODE_MAJOR_MIN = 24

await ensureInstalled()
const [name, ...args] = process.argv.slice(2)
const modules = join(root, 'node_modules')
const node = [join(modules, 'node', 'bin', 'node'), join(modules, 'node', 'bin', 'node.exe')].find(existsSync) ?? process.execPath
if (node === process.execPath && Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
  console.error(`Sluice runs on Node ${NODE_MAJOR_MIN} or newer and this is ${process.version}; npm brought no Node for ${process.platform}-${process.arch}. Install Node ${NODE_MAJOR_MIN} and try again.`)
  process.exit(1)
}
const scripts = {
  sluice: [join(root, 'bin', 'sluice.js')],
  mocha: [join(modules, 'mocha', 'bin', 'mocha.js')],
  tsc: [join(modules, 'typescript', 'bin', 'tsc')],
  eslint: [join(modules, 'eslint', 'bin', 'eslint.js')],
  node: [],
}
if (!(name in scripts)) {
  console.error(`usage: node bin/run.js ${Object.keys(scripts).join('|')} [arguments]`)
  process.exit(2)
}
// Whatever the command starts by the name `node` is the same Node.
const env = { ...process.env, PATH: [join(modules, '.bin'), process.env.PATH].join(delimiter), NODE_COMPILE_CACHE: join(modules, '.cache', 'node') }
const child = spawn(node, ['--disable-warning=ExperimentalWarning', ...scripts[name], ...args], { stdio: 'inherit', env, cwd: root })
// A terminal's Ctrl-C reaches the child by itself; what only this process is told is passed on, and the child decides when it is done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => { if (signal !== 'SIGINT') child.kill(signal) })
child.on('error', error => { console.error(error.message); process.exit(1) })
child.on('exit', (code, signal) => { process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1) })
