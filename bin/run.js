// Runs one of the project's own commands with the project's own Node, after installing what is missing:
//   node bin/run.js sluice demo --seconds 20        node bin/run.js mocha --grep consent
// Plain JavaScript for any Node from 18 on: it is what a fresh clone starts with.
import { delimiter, join } from 'node:path'
import { root, ensureInstalled } from './install.js'
import { broughtNode, isNewEnough, runUnder, tooOld } from './node.js'

await ensureInstalled()
const [name, ...args] = process.argv.slice(2)
const modules = join(root, 'node_modules')
const node = broughtNode() ?? process.execPath
if (node === process.execPath && !isNewEnough) {
  console.error(tooOld)
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
await runUnder(node, [...scripts[name], ...args], { env, cwd: root })
