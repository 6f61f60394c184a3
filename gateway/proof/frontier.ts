// The right edge of a tree that grows by a leaf at a time: enough to know the root, in so many hashes as the size has bits.
import { EMPTY_ROOT, partsOf, type Subtrees } from '#gateway/proof/paths.ts'
import { nodeHash } from '#gateway/proof/tree.ts'

/** Told of each subtree that became whole. */
export type Grown = (level: number, number: number, hash: string) => void

export class Frontier {
  /** Of the whole subtrees that make up the tree, the largest first. */
  readonly #hashes: string[] = []
  #size = 0

  /** Of the tree of the first `size` leaves. */
  static of(subtrees: Subtrees, size: number): Frontier {
    const frontier = new Frontier()
    for (const [level, number] of partsOf(size)) frontier.#hashes.push(subtrees(level, number))
    frontier.#size = size
    return frontier
  }

  get size(): number { return this.#size }
  get root(): string { return this.#hashes.length === 0 ? EMPTY_ROOT : this.#hashes.reduceRight((right, left) => nodeHash(left, right)) }

  add(leaf: string, grown: Grown = () => {}): void {
    let node = leaf, level = 0, number = this.#size++
    for (; number % 2 === 1; number = (number - 1) / 2) grown(++level, (number - 1) / 2, node = nodeHash(this.#hashes.pop()!, node))
    this.#hashes.push(node)
  }
}
