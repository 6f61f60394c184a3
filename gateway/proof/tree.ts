// A tree of hashes as RFC 9162 §2.1 has it: one root stands for all leaves, and a path of a few hashes shows that a leaf is under it.
// A hash is a string of 32 characters, one for each byte: for thousands of them a third of the price of Buffers.
import { hash } from 'node:crypto'

export const HASH_BYTES = 32
/** In front of what is hashed, so that nobody can pass a pair of hashes off as a leaf (RFC 9162 §2.1.1). */
export const LEAF_PREFIX = 0, NODE_PREFIX = 1
/** Hashes in the longest path: that of a tree with more leaves than a number can count. */
export const PATH_HASHES_MAX = 53
/** Where paths of neighbours differ, for the most part. */
const LOWER_LEVELS = 3

export class Tree {
  /** The leaves first, each level half as wide as the one below: a node without a sibling is moved up as it is. */
  readonly #levels: (readonly string[])[]
  /** The upper end of the path that was asked for last, which is that of its neighbours too, and of which node it is. */
  #upper = ''
  #upperOf = -1

  /** `leaves`: their hashes; one at least. */
  constructor(leaves: readonly string[]) {
    this.#levels = [leaves]
    for (let level = leaves; level.length > 1;) this.#levels.push(level = levelAbove(level))
  }

  get size(): number { return this.#levels[0]!.length }
  /** In base64. */
  get root(): string { return btoa(this.#levels.at(-1)![0]!) }

  /** The hashes beside the way from a leaf up to the root, from below, in base64. Quick for one leaf after the other. */
  path(index: number): string {
    const node = index >>> LOWER_LEVELS
    if (node !== this.#upperOf) {
      this.#upper = this.#siblings(index, LOWER_LEVELS, this.#levels.length)
      this.#upperOf = node
    }
    return btoa(this.#siblings(index, 0, Math.min(LOWER_LEVELS, this.#levels.length)) + this.#upper)
  }

  #siblings(index: number, from: number, to: number): string {
    let siblings = ''
    for (let level = from; level < to; level++) siblings += this.#levels[level]![(index >>> level) ^ 1] ?? ''
    return siblings
  }
}

function levelAbove(level: readonly string[]): string[] {
  const above: string[] = []
  for (let n = 0; n < level.length; n += 2) above.push(n + 1 < level.length ? nodeHash(level[n]!, level[n + 1]!) : level[n]!)
  return above
}

const pair = Buffer.alloc(1 + 2 * HASH_BYTES, NODE_PREFIX)

/** Of two nodes beside each other, the hash above them. */
export function nodeHash(left: string, right: string): string {
  pair.latin1Write(left, 1)
  pair.latin1Write(right, 1 + HASH_BYTES)
  return hash('sha256', pair, 'binary')
}

/**
 * The root, in base64, to which a path leads from the hash of a leaf (RFC 9162 §2.1.3.2); undefined where a path of this length cannot
 * belong to this leaf in a tree of this size.
 */
export function rootOver(leaf: string, index: number, size: number, path: Buffer): string | undefined {
  if (index >= size || path.length % HASH_BYTES !== 0 || path.length > PATH_HASHES_MAX * HASH_BYTES) return undefined
  let node = leaf, at = index, next = 0
  for (let last = size - 1; last > 0; at = Math.floor(at / 2), last = Math.floor(last / 2)) {
    if (at === last && at % 2 === 0) continue // it has no sibling, and is moved up
    if (next === path.length) return undefined
    const sibling = path.latin1Slice(next, next += HASH_BYTES)
    node = at % 2 === 1 ? nodeHash(sibling, node) : nodeHash(node, sibling)
  }
  return next === path.length ? btoa(node) : undefined
}
