#!/usr/bin/env node
// The command `sluice`. Plain JavaScript, so that an older Node can still say what is missing.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NODE_MAJOR_MIN = 24

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
  console.error(`Sluice needs Node ${NODE_MAJOR_MIN} or newer and this is ${process.version}: run it by \`npx sluice …\` or \`npm run …\` in the project, which bring their own.`)
  process.exit(1)
}
const { enableCompileCache } = await import('node:module')
enableCompileCache(join(dirname(dirname(fileURLToPath(import.meta.url))), 'node_modules', '.cache', 'node'))
silence('ExperimentalWarning') // node:sqlite is the only experimental part in use
const { main } = await import('#cli/main.ts')
process.exitCode = await main(process.argv.slice(2))

/** Warnings of one kind are not written; all others are, as ever. */
function silence(kind) {
  const emit = process.emitWarning
  process.emitWarning = (warning, ...rest) => {
    const name = typeof warning === 'object' ? warning.name : typeof rest[0] === 'object' ? rest[0]?.type : rest[0]
    if (name !== kind) emit.call(process, warning, ...rest)
  }
}
