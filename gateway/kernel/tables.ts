// A blueprint as the kernel reads it: records of fixed size that point to each other. assembly/kernel.ts has the other half of this.
import type { FieldPath, OtherKeys, WordForm } from '#adapters/layout.ts'
import { KernelMemory } from '#gateway/kernel/memory.ts'
import { NodeTable, type Child } from '#gateway/kernel/nodes.ts'
import type { Blueprint, BlueprintEntity, BlueprintField, BlueprintPart, BlueprintRoute, ToPart } from '#semantic-models/blueprint.ts'

/** What one plan may have; a blueprint with more is not for the kernel. */
export const FIELDS_MAX = 1_024, PARTS_MAX = 4_096, RANK_MAX = 255

const FIELD_BYTES = 24, ROUTE_BYTES = 112, PART_BYTES = 24, ENTITY_BYTES = 16, OTHER_BYTES = 32, WORD_BYTES = 12, TEXT_BYTES = 8
const CHILD = { FIELD: 1 } as const
const KIND = { NUMBER: 0, WORDS: 1, TIME: 2 } as const
const TYPE = { TRUE: 2, FALSE: 3, STRING: 5 } as const
const ACTION = { NOTHING: 0, PART: 1, STATE: 2 } as const
const AS = { SENT: 0, SHIFTED: 1, AFFINE: 2 } as const
const PART: Readonly<Record<BlueprintPart['kind'], number>> = { text: 0, device: 1, value: 2, phases: 3, instant: 4 }
const ANY_CASE = 0x20n

/** A plan in memory: where it lies, and where its entities do. */
export interface Plan { readonly blueprint: Blueprint, readonly at: number, readonly entities: readonly number[] }

/** Undefined where the blueprint has more than a plan may have. */
export function writePlan(memory: KernelMemory, blueprint: Blueprint): Plan | undefined {
  const { fields, entities, time } = blueprint, parts = entities.reduce((sum, entity) => sum + entity.parts.length, 0)
  const hasTooMany = fields.length + 1 > FIELDS_MAX || parts > PARTS_MAX
  if (hasTooMany || fields.some(({ routes }) => routes.some(({ target }) => target.to !== 'nothing' && target.rank > RANK_MAX))) return undefined
  const firstCells: number[] = []
  for (let n = 0, first = 0; n < entities.length; first += entities[n++]!.parts.length) firstCells.push(first)
  const written = entities.map((entity, n) => writeEntity(memory, entity, firstCells[n]!))
  const all: readonly BlueprintField[] = time ? [...fields, { path: time, marks: 0, routes: [] }] : fields
  const table = memory.take(all.length * FIELD_BYTES)
  all.forEach((field, slot) => writeField(memory, table + slot * FIELD_BYTES, field, field.path === time, entities, firstCells))
  const root = writeNodes(memory, all.map(({ path }) => path), blueprint)
  return { blueprint, at: memory.words([root, all.length, table, entities.length, 0, parts, time ? all.length - 1 : -1, 0]), entities: written }
}

function writeEntity(memory: KernelMemory, { parts, model }: BlueprintEntity, firstCells: number): number {
  const table = memory.take(parts.length * PART_BYTES)
  let texts = 0
  parts.forEach(({ kind, bit, text }, n) => {
    memory.words([PART[kind], bit, ...memory.text(text), firstCells + n, kind === 'device' ? texts++ : 0], table + n * PART_BYTES)
  })
  return memory.words([table, parts.length, model.time === 'none' ? 0 : 1, 0], memory.take(ENTITY_BYTES))
}

function writeField(
  memory: KernelMemory, at: number, { marks, routes, words }: BlueprintField, isTime: boolean, entities: readonly BlueprintEntity[], firstCells: readonly number[],
): void {
  const table = memory.take(routes.length * ROUTE_BYTES)
  routes.forEach((route, n) => writeRoute(memory, table + n * ROUTE_BYTES, route, entities, firstCells))
  const kind = isTime ? KIND.TIME : words ? KIND.WORDS : KIND.NUMBER
  memory.words([kind, marks, table, routes.length, words ? writeWords(memory, words) : 0, words?.length ?? 0], at)
}

function writeWords(memory: KernelMemory, words: readonly WordForm[]): number {
  const at = memory.take(words.length * WORD_BYTES)
  words.forEach(({ sent }, n) => {
    const type = typeof sent === 'string' ? TYPE.STRING : sent ? TYPE.TRUE : TYPE.FALSE
    memory.words([type, ...(typeof sent === 'string' ? memory.text(sent) : [0, 0])], at + n * WORD_BYTES)
  })
  return at
}

function writeRoute(memory: KernelMemory, at: number, { needs, lacks, from, to, target }: BlueprintRoute, entities: readonly BlueprintEntity[], firstCells: readonly number[]): void {
  memory.words([needs, lacks], at)
  memory.view.setFloat64(at + 8, from, true)
  memory.view.setFloat64(at + 16, to, true)
  if (target.to === 'nothing') return void memory.words([ACTION.NOTHING], at + 24)
  if (target.to === 'state') return void memory.words([ACTION.STATE, target.state, 0, 0, target.rank], at + 24)
  const part = firstCells[target.entity]! + entities[target.entity]!.parts.findIndex(({ index }) => index === target.part)
  memory.words([ACTION.PART, target.entity, part, target.cell, target.rank, ...scaleOf(target), target.isInteger ? 1 : 0], at + 24)
  memory.view.setFloat64(at + 56, target.min, true)
  memory.view.setFloat64(at + 64, target.max, true)
  writeFactor(memory, at + 72, target)
  memory.words([...memory.text(target.close), target.words ? writeTexts(memory, target.words) : 0], at + 96)
}

/** How, and by how many places; for an affine conversion the decimals of what is added. */
function scaleOf({ places, add }: ToPart): readonly [number, number] {
  if (add) return [AS.AFFINE, String(add.denominator).length - 1]
  return [places === 0 ? AS.SENT : AS.SHIFTED, places]
}

/** `add` is a decimal, so that its denominator is a power of ten. */
function writeFactor(memory: KernelMemory, at: number, { add, factor }: ToPart): void {
  if (!add || !factor) return
  memory.view.setBigInt64(at, add.numerator, true)
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
function writeNodes(memory: KernelMemory, paths: readonly FieldPath[], { others, hasEndpoints }: Blueprint): number {
  const root = new NodeTable()
  paths.forEach((path, slot) => root.add(path, { kind: CHILD.FIELD, target: slot } satisfies Child))
  const at = root.write(memory)
  memory.view.setUint32(at + 20, writeOthers(memory, others), true)
  memory.view.setInt32(at + 24, others.length, true)
  memory.view.setInt32(at + 28, hasEndpoints ? 1 : 0, true)
  return at
}

function writeOthers(memory: KernelMemory, others: readonly OtherKeys[]): number {
  const at = memory.take(others.length * OTHER_BYTES)
  others.forEach(({ startsWith, isAnyCase, lengthMax = 0x7fffffff, marks = 0 }, n) => {
    const bytes = Buffer.alloc(8), bits = isAnyCase ? ANY_CASE : 0n
    bytes.write(startsWith, 'latin1')
    let mask = 0n, cases = 0n
    for (let index = 0; index < startsWith.length; index++) {
      mask |= 0xffn << BigInt(8 * index)
      cases |= bits << BigInt(8 * index)
    }
    memory.view.setBigUint64(at + n * OTHER_BYTES, mask, true)
    memory.view.setBigUint64(at + n * OTHER_BYTES + 8, cases, true)
    memory.words([lengthMax, marks], at + n * OTHER_BYTES + 16)
    memory.view.setBigUint64(at + n * OTHER_BYTES + 24, bytes.readBigUInt64LE(), true)
  })
  return at
}
