// The configuration file: YAML 1.2, of which JSON is a part, with the line and column of every word in it.
import { closeSync, openSync, readSync } from 'node:fs'
import { isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Document, type Node, type Pair } from 'yaml'
import type { Fault, Layer, Place } from '#gateway/config/layer.ts'

export const FILE_BYTES_MAX = 1 << 20
/** What is repeated by anchor and alias, itself counted. A handful is a convenience; aliases of aliases of aliases fill the memory. */
export const ALIASES_MAX = 100

/** What a fault of the syntax asks for, by the parser's code. */
const REMEDIES: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'Indent with spaces.',
  MULTIPLE_DOCS: 'Keep one document: remove the line --- and what does not belong.',
  MISSING_CHAR: 'Close what is open here.',
  BAD_INDENT: 'Close what is open here, or indent what belongs in it.',
  BLOCK_AS_IMPLICIT_KEY: 'Put the value in quotes, or begin a new line.',
  TAG_RESOLVE_FAILED: 'Remove the tag: no setting needs one.',
  RESOURCE_EXHAUSTION: 'Remove the nesting: settings are two levels deep at most.',
}

/** Never throws: a file that cannot be read or parsed is a layer with faults that says nothing. */
export function fileLayer(file: string): Layer {
  try {
    return parsed(file, readText(file))
  } catch (error) {
    const message = `The file cannot be read: ${(error as Error).message}.`
    const remedy = 'Name another with --config or SLUICE_CONFIG, or mend this one.'
    return { origin: 'file', written: {}, placeOf: () => ({ file }), faults: [{ file, path: '', message, remedy }] }
  }
}

/** Throws what the system says, or for a file that is too large or not UTF-8. */
function readText(file: string): string {
  const handle = openSync(file, 'r'), bytes = Buffer.alloc(FILE_BYTES_MAX + 1)
  let length = 0
  try {
    for (let read = 1; read > 0 && length < bytes.length; length += read) {
      read = readSync(handle, bytes, length, bytes.length - length, null)
    }
  } finally {
    closeSync(handle)
  }
  if (length > FILE_BYTES_MAX) throw new Error(`it has more than ${FILE_BYTES_MAX} bytes`)
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length))
}

/** Exported for tests: what a file of this text says. */
export function parsed(file: string, text: string): Layer {
  const counter = new LineCounter()
  const at = (offset: number): Place => { const { line, col } = counter.linePos(offset); return { file, line, column: col } }
  // Its own search for equal keys takes a minute for a megabyte of them.
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: false, logLevel: 'error' })
  const broken = [...document.errors, ...document.warnings].map(({ code, message, pos }): Fault => (
    { ...at(pos[0]), path: '', message: `This is not YAML: ${message}.`, remedy: REMEDIES[code] ?? 'Mend the syntax.' }))
  const twice = doubles(document).map(({ name, offset }): Fault => (
    { ...at(offset), path: name, message: `${name} is there twice.`, remedy: 'Keep one.' }))
  const { written, fault } = valueOf(document)
  const faults = [...broken, ...twice, ...fault === undefined ? [] : [{ ...at(0), ...fault }]]
  const placeOf = (path: readonly string[], part: 'value' | 'name') => at(offsetOf(document.contents, path, part))
  return { origin: 'file', written: broken.length + (fault ? 1 : 0) > 0 ? {} : written ?? {}, placeOf, faults }
}

function valueOf(document: Document): { written?: unknown, fault?: Pick<Fault, 'path' | 'message' | 'remedy'> } {
  if (document.errors.length > 0) return {}
  try {
    return { written: document.toJS({ maxAliasCount: ALIASES_MAX }) as unknown }
  } catch (error) {
    const message = `This is not YAML: ${(error as Error).message}.`
    return { fault: { path: '', message, remedy: 'Write the values out, without anchors and aliases.' } }
  }
}

function doubles(document: Document): readonly { name: string, offset: number }[] {
  const found: { name: string, offset: number }[] = []
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<string>()
      for (const { key } of items) {
        const name = nameOf(key)
        if (seen.has(name)) found.push({ name, offset: startOf(key) ?? 0 })
        seen.add(name)
      }
    },
  })
  return found
}

/** Walks down as far as the path is there, so that what is missing is shown where it would be. */
function offsetOf(contents: unknown, path: readonly string[], part: 'value' | 'name'): number {
  let node = contents, found = startOf(node) ?? 0
  for (const word of path) {
    const pair: Pair | undefined = isMap(node) ? node.items.find(({ key }) => nameOf(key) === word) : undefined
    const next: unknown = pair?.value ?? (isSeq(node) ? node.items[Number(word)] : undefined)
    if (pair === undefined && next === undefined) break
    const isNamed = word !== path.at(-1) || part === 'name' || isEmpty(next)
    found = (isNamed ? startOf(pair?.key) : undefined) ?? startOf(next) ?? found
    node = next
  }
  return found
}

function isEmpty(node: unknown): boolean { return isScalar(node) && node.value === null }
function nameOf(key: unknown): string { return isScalar(key) ? String(key.value) : '' }
function startOf(node: unknown): number | undefined { return (node as Node | null | undefined)?.range?.[0] }
