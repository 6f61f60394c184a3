// The tree of keys that a plan looks for. In an object a key is found by one multiplication: a table without a collision is looked for when it
// is written, and where there is none a key lies at most a few places behind its own.
import { ANY, type FieldPath, type ObjectForm, type OtherKeys } from '#adapters/layout.ts'
import type { KernelMemory } from '#gateway/kernel/memory.ts'

const NODE_BYTES = 48, ENTRY_BYTES = 32, ITEM_BYTES = 8, OTHER_BYTES = 32
/** So many keys get a table without a collision: so many multipliers are tried before it is made larger. */
const APART_MAX = 128, TRIALS = 50
const WORD = (1n << 64n) - 1n, GOLDEN = 0x9e3779b97f4a7c15n, PRIME = 0xc2b2ae3d27d4eb4fn
const HASH_SHIFT = 40n
const OBJECT = { FOLDED: 1, OPEN: 2, STRICT: 4 } as const, END_BYTES = 8
const ANY_CASE = 0x20n, LENGTH_MAX = 0x7fffffff
const IS_NONE = 0

interface Key { readonly bytes: Buffer, readonly first: bigint, readonly middle: bigint, readonly last: bigint }
/** Offset of a node, 0 where there is none; and a slot and 1, 0 where the place is no field. */
interface Child { readonly slot: number, readonly node: number }

/** A place in a message: a field, an object or a list on the way to fields, or both. */
export class NodeTable {
  readonly #children = new Map<FieldPath[number], NodeTable>()
  #slot = IS_NONE
  #form: ObjectForm | undefined

  /** A field that stands at a path. */
  add([step, ...rest]: FieldPath, slot: number): void {
    if (step === undefined) this.#slot = slot + 1
    else this.#at(step).add(rest, slot)
  }

  describe([step, ...rest]: FieldPath, form: ObjectForm): void {
    if (step === undefined) this.#form = form
    else this.#at(step).describe(rest, form)
  }

  #at(step: FieldPath[number]): NodeTable {
    let child = this.#children.get(step)
    if (!child) this.#children.set(step, child = new NodeTable())
    return child
  }

  /** Answers with its offset. */
  write(memory: KernelMemory): number {
    const other = this.#children.get(ANY), rest = other ? other.#childIn(memory).node : IS_NONE, steps = [...this.#children].filter(([step]) => step !== ANY)
    const children = steps.map(([step, child]) => [step, child.#childIn(memory)] as const), at = memory.take(NODE_BYTES)
    if (children.some(([step]) => typeof step === 'number')) writeList(memory, at, children as readonly (readonly [number, Child])[])
    else writeObject(memory, at, children as readonly (readonly [string, Child])[], rest, this.#form)
    return at
  }

  #childIn(memory: KernelMemory): Child { return { slot: this.#slot, node: this.#children.size > 0 || this.#form ? this.write(memory) : IS_NONE } }
}

function writeList(memory: KernelMemory, at: number, children: readonly (readonly [number, Child])[]): void {
  const length = Math.max(...children.map(([step]) => step)) + 1, items = memory.take(length * ITEM_BYTES)
  for (const [step, { slot, node }] of children) memory.words([slot, node], items + step * ITEM_BYTES)
  memory.words([items, 0, 0, 0, 0, 0, length, 0, 1], at)
}

function writeObject(memory: KernelMemory, at: number, children: readonly (readonly [string, Child])[], rest: number, form: ObjectForm | undefined): void {
  const keys = children.map(([step]) => keyOf(step)), { size, multiplier } = findTable(keys), table = memory.take(size * ENTRY_BYTES), taken = new Set<number>()
  children.forEach(([, { slot, node }], n) => {
    const { bytes, first, last } = keys[n]!, place = freePlace(placeOf(keys[n]!, multiplier, size), size, taken), entry = table + place * ENTRY_BYTES
    memory.view.setBigUint64(entry, first, true)
    memory.view.setBigUint64(entry + 8, last, true)
    memory.words([bytes.length, memory.text(bytes.toString())[0], slot, node], entry + 16)
  })
  memory.words([table, rest], at)
  memory.view.setBigUint64(at + 8, multiplier, true)
  memory.words([size - 1, ...writeOthers(memory, form?.others ?? []), flagsOf(form)], at + 16)
  memory.words(writeEndpoints(memory, form?.endpoints ?? []), at + 40)
}

function flagsOf(form: ObjectForm | undefined): number {
  return (form?.isFolded ? OBJECT.FOLDED : 0) | (form?.isOpen ? OBJECT.OPEN : 0) | (form?.isStrict ? OBJECT.STRICT : 0)
}

/** Where they lie, and how many there are. */
function writeOthers(memory: KernelMemory, others: readonly OtherKeys[]): readonly [number, number] {
  const at = memory.take(others.length * OTHER_BYTES)
  others.forEach(({ startsWith, isAnyCase, lengthMax = LENGTH_MAX, marks = 0 }, n) => {
    const { text, mask } = prefixOf(startsWith), other = at + n * OTHER_BYTES
    memory.view.setBigUint64(other, mask, true)
    memory.view.setBigUint64(other + 8, isAnyCase ? mask & casesOf(startsWith) : 0n, true)
    memory.words([lengthMax, marks], other + 16)
    memory.view.setBigUint64(other + 24, text, true)
  })
  return [at, others.length]
}

function writeEndpoints(memory: KernelMemory, ends: readonly string[]): readonly [number, number] {
  const at = memory.take(ends.length * END_BYTES)
  for (const [n, end] of ends.entries()) memory.view.setBigUint64(at + n * END_BYTES, prefixOf(end).text, true)
  return [at, ends.length]
}

/** The first eight characters as a number, and which bits of it count. */
export function prefixOf(text: string): { readonly text: bigint, readonly mask: bigint } {
  const bytes = Buffer.alloc(8), length = bytes.write(text.slice(0, 8), 'latin1')
  return { text: bytes.readBigUInt64LE(), mask: length === 8 ? WORD : (1n << BigInt(8 * length)) - 1n }
}

function casesOf(text: string): bigint { return Array.from(text.slice(0, 8)).reduce((bits, _, index) => bits | ANY_CASE << BigInt(8 * index), 0n) }

function keyOf(text: string): Key {
  const bytes = Buffer.from(text), padded = Buffer.alloc(8)
  bytes.copy(padded)
  const first = padded.readBigUInt64LE(), { length } = bytes
  if (length < 8) return { bytes, first, middle: first, last: first }
  return { bytes, first, middle: bytes.readBigUInt64LE((length >> 1) - 4), last: bytes.readBigUInt64LE(length - 8) }
}

function placeOf({ bytes, first, middle, last }: Key, multiplier: bigint, size: number): number {
  const mixed = (((first + middle * PRIME) ^ (last * GOLDEN) ^ BigInt(bytes.length)) * multiplier) & WORD
  return Number(mixed >> HASH_SHIFT) & (size - 1)
}

function freePlace(place: number, size: number, taken: Set<number>): number {
  while (taken.has(place)) place = (place + 1) & (size - 1)
  taken.add(place)
  return place
}

/** A multiplier by which no two keys meet; of many keys some may. The same keys give the same table. */
function findTable(keys: readonly Key[]): { readonly size: number, readonly multiplier: bigint } {
  let seed = GOLDEN, size = 4
  while (size < 2 * keys.length) size *= 2
  for (; keys.length <= APART_MAX; size *= 2) {
    for (let trial = 0; trial < TRIALS; trial++) {
      seed = (seed * 6364136223846793005n + 1442695040888963407n) & WORD
      const multiplier = seed | 1n
      if (new Set(keys.map(key => placeOf(key, multiplier, size))).size === keys.length) return { size, multiplier }
    }
  }
  return { size, multiplier: GOLDEN }
}
