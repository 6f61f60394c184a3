// Makes dist/, which is what Node-RED loads: CommonJS, as Node-RED 4 requires its nodes, with the editor's part of each node beside it.
import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = path => fileURLToPath(new URL(path, import.meta.url))
const readJson = path => JSON.parse(readFileSync(here(path), 'utf8'))

/** Node-RED gives each node a catalogue of its own: what all of them say is written once, and goes into each. */
function shareTexts(node, language) {
  const file = `dist/nodes/${node}/locales/${language}/${node}.json`
  const own = readJson(file)
  for (const texts of Object.values(own)) texts.common = readJson(`locales/${language}.json`)
  writeFileSync(here(file), JSON.stringify(own))
}

rmSync(here('dist'), { recursive: true, force: true })
execFileSync(process.execPath, [here('../node_modules/typescript/bin/tsc'), '-p', here('tsconfig.build.json')], { stdio: 'inherit' })
cpSync(here('nodes'), here('dist/nodes'), { recursive: true, filter: path => statSync(path).isDirectory() || !path.endsWith('.ts') })
writeFileSync(here('dist/package.json'), `${JSON.stringify({ type: 'commonjs' })}\n`)
for (const node of readdirSync(here('nodes')).filter(name => statSync(here(`nodes/${name}`)).isDirectory())) {
  for (const language of readdirSync(here(`nodes/${node}/locales`))) shareTexts(node, language)
}
