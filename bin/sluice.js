#!/usr/bin/env node
// The command `sluice`. Plain JavaScript, so that an older Node can still find the one that npm brought, or say what is missing.
import { existsSync } from 'node:fs'
import * as module from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { broughtNode, isNewEnough, runUnder, tooOld } from './node.js'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const node = isNewEnough ? process.execPath : broughtNode()

if (!node) { console.error(tooOld); process.exitCode = 1 }
else if (isNewEnough) await run(process.argv.slice(2))
else await runUnder(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)])

/** From source where there is source; a package has the same without its types, under dist. */
async function run(words) {
  module.enableCompileCache(join(root, 'node_modules', '.cache', 'node'))
  silence('ExperimentalWarning') // node:sqlite is the only experimental part in use
  const source = join(root, 'cli', 'main.ts')
  const { main } = await import(pathToFileURL(existsSync(source) ? source : join(root, 'dist', 'cli', 'main.js')))
  process.exitCode = await main(words)
}

/** Warnings of one kind are not written; all others are, as ever. */
function silence(kind) {
  const emit = process.emitWarning
  process.emitWarning = (warning, ...rest) => {
    const name = typeof warning === 'object' ? warning.name : typeof rest[0] === 'object' ? rest[0]?.type : rest[0]
    if (name !== kind) emit.call(process, warning, ...rest)
  }
}
