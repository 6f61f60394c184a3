// The tree of keys that a plan looks for. In an object a key is found by one multiplication: a table without a collision is looked for
// when it is written.
import type { FieldPath } from '#adapters/layout.ts'
import type { KernelMemory } from '#gateway/kernel/memory.ts'

/** What stands at the end of a step: a field by its slot, or a node by its offset. */
export interface Child { readonly kind: number, readonly target: number }

const NODE_BYTES = 40, ENTRY_BYTES = 32, ITEM_BYTES = 8
const IS_NODE = 2
/** Multipliers that are tried for a size of table before a larger one is. */
const TRIALS = 200
const WORD = (1n << 64n) - 1n, GOLDEN = 0x9e3779b97f4a7c15n, PRIME = 0xc2b2ae3d27d4eb4fn
const HASH_SHIFT = 40n

interface Key { readonly bytes: Buffer, readonly first: bigint, readonly middle: bigint, readonly last: bigint }

export class NodeTable {
  readonly #children = new Map<string | number, NodeTable | Child>()

  /** A field that stands at a path. What stands within it is not looked at then. */
  add([step, ...rest]: FieldPath, field: Child): void {
    if (rest.length === 0) return void this.#children.set(step!, field)
    let child = this.#children.get(step!)
    if (!(child instanceof NodeTable)) this.#children.set(step!, child = new NodeTable())
    child.add(rest, field)
  }

  /** Answers with its offset. */
  write(memory: KernelMemory): number {
    const children = Array.from(this.#children, ([step, child]) => [step, child instanceof NodeTable ? { kind: IS_NODE, target: child.write(memory) } : child] as const)
    const at = memory.take(NODE_BYTES), isList = children.some(([step]) => typeof step === 'number')
    if (isList) writeList(memory, at, children as readonly (readonly [number, Child])[])
    else writeObject(memory, at, children as readonly (readonly [string, Child])[])
    return at
  }
}

function writeList(memory: KernelMemory, at: number, children: readonly (readonly [number, Child])[]): void {
  const length = Math.max(...children.map(([step]) => step)) + 1, items = memory.take(length * ITEM_BYTES)
  for (const [step, { kind, target }] of children) memory.words([kind, target], items + step * ITEM_BYTES)
  memory.words([items, 0, 0, 0, 0, 0, length, 0, 1], at)
}

function writeObject(memory: KernelMemory, at: number, children: readonly (readonly [string, Child])[]): void {
  const keys = children.map(([step]) => keyOf(step)), { size, multiplier } = findTable(keys), table = memory.take(size * ENTRY_BYTES)
  children.forEach(([, { kind, target }], n) => {
    const { bytes, first, last } = keys[n]!, entry = table + placeOf(keys[n]!, multiplier, size) * ENTRY_BYTES
    memory.view.setBigUint64(entry, first, true)
    memory.view.setBigUint64(entry + 8, last, true)
    memory.words([bytes.length, memory.text(bytes.toString())[0], kind, target], entry + 16)
  })
  memory.words([table], at)
  memory.view.setBigUint64(at + 8, multiplier, true)
  memory.words([size - 1], at + 16)
}

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

/** A multiplier by which no two keys meet. The same keys give the same table. */
function findTable(keys: readonly Key[]): { readonly size: number, readonly multiplier: bigint } {
  let seed = GOLDEN
  for (let size = 4; ; size *= 2) {
    if (size < 2 * keys.length) continue
    for (let trial = 0; trial < TRIALS; trial++) {
      seed = (seed * 6364136223846793005n + 1442695040888963407n) & WORD
      const multiplier = seed | 1n
      if (new Set(keys.map(key => placeOf(key, multiplier, size))).size === keys.length) return { size, multiplier }
    }
  }
}
