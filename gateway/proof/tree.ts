// A tree of hashes as RFC 9162 §2.1 has it: one root stands for all leaves, and a path of a few hashes shows that a leaf is under it.
import { hash } from 'node:crypto'

export const HASH_BYTES = 32
/** In front of what is hashed, so that nobody can pass a pair of hashes off as a leaf (RFC 9162 §2.1.1). */
export const LEAF_PREFIX = 0, NODE_PREFIX = 1
/** Hashes in the longest path: that of a tree with more leaves than a number can count. */
export const PATH_HASHES_MAX = 53
/** Where paths of neighbours differ, for the most part. */
const LOWER_LEVELS = 3

export class Tree {
  readonly size: number
  /** All levels, the leaves first, each half as wide as the one below: a node without a sibling is moved up as it is. */
  readonly #nodes: Buffer
  readonly #levels: readonly { readonly from: number, readonly width: number }[]
  readonly #path: Buffer
  /** The upper end of the path that was asked for last, which is that of its neighbours too, and of which node it is. */
  readonly #upper: Buffer
  #upperLength = 0
  #upperOf = -1

  /** `leaves`: their hashes, one behind the other; one at least. */
  constructor(leaves: Buffer) {
    this.size = leaves.length / HASH_BYTES
    this.#levels = levelsOf(this.size)
    const { from } = this.#levels.at(-1)!
    this.#nodes = Buffer.allocUnsafe((from + 1) * HASH_BYTES)
    this.#upper = Buffer.allocUnsafe(this.#levels.length * HASH_BYTES)
    this.#path = Buffer.allocUnsafe(this.#levels.length * HASH_BYTES)
    leaves.copy(this.#nodes)
    for (let level = 1; level < this.#levels.length; level++) this.#hashLevel(level)
  }

  /** In base64. */
  get root(): string { return this.#nodes.toString('base64', this.#levels.at(-1)!.from * HASH_BYTES) }

  /** Of the text of a path. */
  pathLength(index: number): number {
    let hashes = 0
    for (let level = 0; level < this.#levels.length; level++) if (((index >>> level) ^ 1) < this.#levels[level]!.width) hashes++
    return 4 * Math.ceil(hashes * HASH_BYTES / 3)
  }

  /** The hashes beside the way from a leaf up to the root, from below, in base64. Quick for one leaf after the other. */
  path(index: number): string {
    const path = this.#path, node = index >>> LOWER_LEVELS
    if (node !== this.#upperOf) {
      this.#upperLength = this.#copySiblings(index, LOWER_LEVELS, this.#levels.length, this.#upper, 0)
      this.#upperOf = node
    }
    const lower = this.#copySiblings(index, 0, Math.min(LOWER_LEVELS, this.#levels.length), path, 0)
    return path.base64Slice(0, lower + this.#upper.copy(path, lower, 0, this.#upperLength))
  }

  /** Of some levels; gives where they end. */
  #copySiblings(index: number, from: number, to: number, into: Buffer, at: number): number {
    let end = at
    for (let level = from; level < to; level++) {
      const { from: begin, width } = this.#levels[level]!, sibling = (index >>> level) ^ 1
      if (sibling < width) end += this.#nodes.copy(into, end, (begin + sibling) * HASH_BYTES, (begin + sibling + 1) * HASH_BYTES)
    }
    return end
  }

  #hashLevel(level: number): void {
    const nodes = this.#nodes, { from, width } = this.#levels[level]!, below = this.#levels[level - 1]!
    for (let n = 0; n < width; n++) {
      const left = (below.from + 2 * n) * HASH_BYTES, into = (from + n) * HASH_BYTES
      if (2 * n + 1 < below.width) hashPair(nodes, left, nodes, into)
      else nodes.copy(nodes, into, left, left + HASH_BYTES)
    }
  }
}

function levelsOf(size: number): { from: number, width: number }[] {
  const levels = [{ from: 0, width: size }]
  for (let { from, width } = levels[0]!; width > 1; ) {
    from += width
    width = (width + 1) >>> 1
    levels.push({ from, width })
  }
  return levels
}

/** Writes the SHA-256 of bytes. A text between the two is a third of the price of a Buffer. */
export function hashInto(bytes: Uint8Array, into: Buffer, at: number): void {
  into.latin1Write(hash('sha256', bytes, 'binary'), at)
}

const pair = Buffer.alloc(1 + 2 * HASH_BYTES, NODE_PREFIX)

/** Writes the hash of the node over two neighbours that stand at `left`. */
function hashPair(nodes: Buffer, left: number, into: Buffer, at: number): void {
  nodes.copy(pair, 1, left, left + 2 * HASH_BYTES)
  hashInto(pair, into, at)
}

/**
 * The root, in base64, to which a path leads from the hash of a leaf (RFC 9162 §2.1.3.2); undefined where a path of this length cannot
 * belong to this leaf in a tree of this size.
 */
export function rootOver(leaf: Buffer, index: number, size: number, path: Buffer): string | undefined {
  if (index >= size || path.length % HASH_BYTES !== 0 || path.length > PATH_HASHES_MAX * HASH_BYTES) return undefined
  const node = Buffer.from(leaf)
  let at = index, last = size - 1, next = 0
  for (; last > 0; at = Math.floor(at / 2), last = Math.floor(last / 2)) {
    if (at === last && at % 2 === 0) continue // it has no sibling, and is moved up
    if (next === path.length) return undefined
    const sibling = path.subarray(next, next += HASH_BYTES), [left, right] = at % 2 === 1 ? [sibling, node] : [node, sibling]
    hashInto(Buffer.concat([Buffer.of(NODE_PREFIX), left, right]), node, 0)
  }
  return next === path.length ? node.toString('base64') : undefined
}
