// A blueprint as the kernel reads it: records of fixed size that point to each other. assembly/ has the other half of this, board.ts first.
import { OWN, type FieldForm, type FieldPath, type Layout, type SignalForm, type TimeForm, type WordForm } from '#adapters/layout.ts'
import type { KernelMemory } from '#gateway/kernel/memory.ts'
import { NodeTable, prefixOf } from '#gateway/kernel/nodes.ts'
import type { Blueprint, BlueprintEntity, BlueprintRoute, ToPart } from '#semantic-models/blueprint.ts'

/** What one plan may have; a blueprint with more is not for the kernel. */
export const FIELDS_MAX = 1_024, PARTS_MAX = 4_096, STATES_MAX = 32, RANK_MAX = 255
/** Radio gateways of a signal that are compared. */
export const SIGNALS_MAX = 8

const FIELD_BYTES = 32, ROUTE_BYTES = 112, PART_BYTES = 24, ENTITY_BYTES = 16, WORD_BYTES = 16, TEXT_BYTES = 8, TIME_BYTES = 24, ALIEN_BYTES = 16
const KIND = { NUMBER: 0, WORDS: 1, TIME: 2, MARK: 3, ALIEN: 4, SIGNAL: 5, NEVER: 6 } as const
const FIELD = { TELLER: 1, REQUIRED: 2, NEVER_NULL: 4, TEXT_TOO: 8 } as const
const TIME = { MILLISECONDS: 1, SECONDS: 2, TEXT: 4, LOCAL: 8, STRICT: 16, AGREES: 32 } as const
const TYPE = { NUMBER: 1, TRUE: 2, FALSE: 3, STRING: 5, OWN: 7 } as const
const ACTION = { NOTHING: 0, PART: 1, STATE: 2, MAPPER: 3 } as const
const AS = { SENT: 0, SHIFTED: 1, AFFINE: 2, RATIO: 3 } as const
const PART = { text: 0, device: 1, value: 2, phases: 3, instant: 4 } as const

/** A plan in memory: where it lies, and where its entities do. */
export interface Plan { readonly blueprint: Blueprint, readonly at: number, readonly entities: readonly number[] }

/** A field as it is written; those of times and signals have no routes. */
interface Slot { readonly kind: number, readonly form: FieldForm, readonly routes: readonly BlueprintRoute[] }

/** Undefined where the blueprint has more than a plan may have. `zoneAt` tells where the clocks of a zone lie. */
export function writePlan(memory: KernelMemory, blueprint: Blueprint, zoneAt: (zone: string) => number): Plan | undefined {
  const { entities, layout, states } = blueprint, slots = slotsOf(blueprint), parts = entities.reduce((sum, entity) => sum + entity.parts.length, 0)
  const hasTooMany = slots.length > FIELDS_MAX || parts > PARTS_MAX || states.length > STATES_MAX
  if (hasTooMany || slots.some(({ routes }) => routes.some(({ target }) => 'rank' in target && target.rank > RANK_MAX))) return undefined
  const firstCells: number[] = []
  for (let n = 0, first = 0; n < entities.length; first += entities[n++]!.parts.length) firstCells.push(first)
  const written = entities.map((entity, n) => writeEntity(memory, entity, firstCells[n]!))
  const table = memory.take(slots.length * FIELD_BYTES)
  slots.forEach((slot, n) => writeField(memory, table + n * FIELD_BYTES, slot, entities, firstCells))
  const firstTime = blueprint.fields.length, { apart = [], times } = layout
  const at = memory.words([
    writeNodes(memory, slots.map(({ form: { path } }) => path), layout), slots.length, table, writeTimes(memory, times, firstTime, zoneAt), times.length,
    layout.ordered ?? 0, memory.words(apart), apart.length, writeSignal(memory, blueprint, firstTime + times.length),
    slots.filter(({ form }) => form.isRequired).length, slots.some(({ form }) => isTeller(form)) ? 1 : 0, states.length,
  ])
  return { blueprint, at, entities: written }
}

function slotsOf({ fields, layout: { times, signal } }: Blueprint): readonly Slot[] {
  const bare = (kind: number, path: FieldPath): Slot => ({ kind, form: { path, marks: 0, routes: [] }, routes: [] })
  return [
    ...fields.map(({ form, routes }): Slot => ({ kind: kindOf(form, routes), form, routes })), ...times.map(({ path }) => bare(KIND.TIME, path)),
    ...signal ? signalPaths(signal).map(path => bare(KIND.SIGNAL, path)) : [], ...signal ? [bare(KIND.NUMBER, [...signal.list, SIGNALS_MAX])] : [],
  ]
}

function signalPaths({ list }: SignalForm): readonly FieldPath[] {
  return Array.from({ length: SIGNALS_MAX }, (_, n) => [[...list, n, 'rssi'], [...list, n, 'snr']]).flat()
}

function kindOf({ words, isMark, alien }: FieldForm, routes: readonly BlueprintRoute[]): number {
  return isMark ? routes.length > 0 ? KIND.MARK : KIND.NEVER : alien ? KIND.ALIEN : words ? KIND.WORDS : KIND.NUMBER
}

/** What it says is of the whole message, and has to be known before any field is placed. */
function isTeller({ words, isRequired }: FieldForm): boolean { return isRequired === true || words?.some(({ marks }) => marks) === true }

function writeEntity(memory: KernelMemory, { parts, model }: BlueprintEntity, firstCells: number): number {
  const table = memory.take(parts.length * PART_BYTES)
  let texts = 0
  parts.forEach(({ kind, bit, text }, n) => {
    memory.words([PART[kind], bit, ...memory.text(text), firstCells + n, kind === 'device' ? texts++ : 0], table + n * PART_BYTES)
  })
  return memory.words([table, parts.length, model.time === 'none' ? 0 : 1], memory.take(ENTITY_BYTES))
}

function writeField(memory: KernelMemory, at: number, { kind, form, routes }: Slot, entities: readonly BlueprintEntity[], firstCells: readonly number[]): void {
  const table = memory.take(routes.length * ROUTE_BYTES), { alien, isNeverNull, isRequired, isTextToo, marks, words } = form
  routes.forEach((route, n) => writeRoute(memory, table + n * ROUTE_BYTES, route, entities, firstCells))
  const texts = alien ? writeAlien(memory, alien) : words ? writeWords(memory, words) : 0
  const flags = (isTeller(form) ? FIELD.TELLER : 0) | (isRequired ? FIELD.REQUIRED : 0) | (isNeverNull ? FIELD.NEVER_NULL : 0) | (isTextToo ? FIELD.TEXT_TOO : 0)
  memory.words([kind, marks, table, routes.length, texts, (alien ?? words)?.length ?? 0, flags, 0], at)
}

function writeWords(memory: KernelMemory, words: readonly WordForm[]): number {
  const at = memory.take(words.length * WORD_BYTES)
  words.forEach(({ sent, marks = 0 }, n) => { memory.words([...wordOf(memory, sent), marks], at + n * WORD_BYTES) })
  return at
}

/** Its type, and its text or its number. */
function wordOf(memory: KernelMemory, sent: WordForm['sent']): readonly [number, number, number] {
  if (sent === OWN) return [TYPE.OWN, 0, 0]
  if (typeof sent === 'string') return [TYPE.STRING, ...memory.text(sent)]
  return typeof sent === 'number' ? [TYPE.NUMBER, sent, 0] : [sent ? TYPE.TRUE : TYPE.FALSE, 0, 0]
}

function writeAlien(memory: KernelMemory, alien: readonly string[]): number {
  const at = memory.take(alien.length * ALIEN_BYTES)
  alien.forEach((start, n) => {
    const { text, mask } = prefixOf(start)
    memory.view.setBigUint64(at + n * ALIEN_BYTES, mask, true)
    memory.view.setBigUint64(at + n * ALIEN_BYTES + 8, text, true)
  })
  return at
}

function writeRoute(memory: KernelMemory, at: number, { needs, lacks, from, to, target }: BlueprintRoute, entities: readonly BlueprintEntity[], firstCells: readonly number[]): void {
  memory.words([needs, lacks], at)
  memory.view.setFloat64(at + 8, from, true)
  memory.view.setFloat64(at + 16, to, true)
  if (target.to === 'nothing' || target.to === 'mapper') return void memory.words([target.to === 'nothing' ? ACTION.NOTHING : ACTION.MAPPER], at + 24)
  if (target.to === 'state') return void memory.words([ACTION.STATE, target.state, 0, 0, target.rank, AS.SHIFTED, target.places], at + 24)
  const part = firstCells[target.entity]! + entities[target.entity]!.parts.findIndex(({ index }) => index === target.part)
  memory.words([ACTION.PART, target.entity, part, target.cell, target.rank, ...scaleOf(target), target.isInteger ? 1 : 0], at + 24)
  memory.view.setFloat64(at + 56, target.min, true)
  memory.view.setFloat64(at + 64, target.max, true)
  writeFactor(memory, at + 72, target)
  memory.words([...memory.text(target.close), target.words ? writeTexts(memory, target.words) : 0], at + 96)
}

/** How, and by how many places; for an affine conversion the decimals of what is added. */
function scaleOf({ places, add, factor }: ToPart): readonly [number, number] {
  if (add) return [AS.AFFINE, String(add.denominator).length - 1]
  return [factor ? AS.RATIO : places === 0 ? AS.SENT : AS.SHIFTED, places]
}

/** `add` is a decimal, so that its denominator is a power of ten. */
function writeFactor(memory: KernelMemory, at: number, { add, factor }: ToPart): void {
  if (!factor) return
  memory.view.setBigInt64(at, add?.numerator ?? 0n, true)
  memory.view.setBigInt64(at + 8, factor.numerator, true)
  memory.view.setBigInt64(at + 16, factor.denominator, true)
}

/** Offset and length of each. */
export function writeTexts(memory: KernelMemory, texts: readonly string[]): number {
  const at = memory.take(texts.length * TEXT_BYTES)
  texts.forEach((text, n) => memory.words(memory.text(text), at + n * TEXT_BYTES))
  return at
}

/** The tree of the paths; answers with its root. */
function writeNodes(memory: KernelMemory, paths: readonly FieldPath[], { objects }: Layout): number {
  const root = new NodeTable()
  paths.forEach((path, slot) => { root.add(path, slot) })
  for (const form of objects) root.describe(form.path, form)
  return root.write(memory)
}

function writeTimes(memory: KernelMemory, times: readonly TimeForm[], firstSlot: number, zoneAt: (zone: string) => number): number {
  const at = memory.take(times.length * TIME_BYTES)
  times.forEach((time, n) => {
    const to = at + n * TIME_BYTES, { zone, from = 0 } = time
    memory.words([firstSlot + n, flagsOf(time), zone === undefined ? 0 : zoneAt(zone)], to)
    memory.view.setFloat64(to + 16, from, true)
  })
  return at
}

function flagsOf({ number, text, from, agrees }: TimeForm): number {
  const ofNumber = number === 'milliseconds' ? TIME.MILLISECONDS : number === 'seconds' ? TIME.SECONDS : 0
  const ofText = text === 'local' ? TIME.TEXT | TIME.LOCAL : text === 'instant' ? TIME.TEXT : 0
  return ofNumber | ofText | (from === undefined ? 0 : TIME.STRICT) | (agrees ? TIME.AGREES : 0)
}

/** First slot, how many there are, the states, and whether a missing snr is 0. */
function writeSignal(memory: KernelMemory, { layout, signal }: Blueprint, firstSlot: number): number {
  if (!layout.signal || !signal) return 0
  return memory.words([firstSlot, SIGNALS_MAX, signal.rssi, signal.snr, layout.signal.snrLeftOut === 0 ? 1 : 0])
}
