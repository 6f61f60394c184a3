// All that is proven together: messages are added, one signature closes it, and each message gets a proof of its own.
// Hot: a message costs a hash for its leaf, one in the tree, and a text; no promise and no closure.
import { headText, MESSAGES_SCHEME } from '#gateway/proof/head.ts'
import { drawSalt, hashLeaf, leafIds, SALT_BYTES, type Content } from '#gateway/proof/leaf.ts'
import type { SigningKey } from '#gateway/proof/signing-key.ts'
import { HASH_BYTES, Tree } from '#gateway/proof/tree.ts'

const LEAVES_AT_FIRST = 16

export class Batch {
  #leaves = Buffer.allocUnsafe(LEAVES_AT_FIRST * HASH_BYTES)
  #salts = Buffer.allocUnsafe(LEAVES_AT_FIRST * SALT_BYTES)
  #size = 0

  get size(): number { return this.#size }

  /** Gives the index of its leaf. */
  add(streamId: string, messageId: string, content: Content): number {
    const index = this.#size++, leafAt = index * HASH_BYTES, saltAt = index * SALT_BYTES
    if (leafAt === this.#leaves.length) this.#grow()
    drawSalt(this.#salts, saltAt)
    hashLeaf(this.#salts, saltAt, leafIds(streamId, messageId), content, this.#leaves, leafAt)
    return index
  }

  /** Signs it: of one leaf or more. */
  seal(key: SigningKey, time: number): Sealed {
    const tree = new Tree(this.#leaves.subarray(0, this.#size * HASH_BYTES))
    const head = { scheme: MESSAGES_SCHEME, kid: key.kid, time, size: tree.size, root: tree.root }
    const signed = JSON.stringify({ ...head, signature: key.sign(headText(head)) })
    return new Sealed(signed.slice(0, -1), tree, this.#salts)
  }

  #grow(): void {
    this.#leaves = Buffer.concat([this.#leaves], 2 * this.#leaves.length)
    this.#salts = Buffer.concat([this.#salts], 2 * this.#salts.length)
  }
}

export class Sealed {
  readonly #head: string
  readonly #tree: Tree
  readonly #salts: Buffer

  constructor(head: string, tree: Tree, salts: Buffer) {
    this.#head = head
    this.#tree = tree
    this.#salts = salts
  }

  /** The proof of a leaf, as JSON. */
  proofOf(index: number): string {
    const salt = this.#salts.toString('base64', index * SALT_BYTES, (index + 1) * SALT_BYTES)
    return `${this.#head},"index":${index},"salt":"${salt}","path":"${this.#tree.path(index)}"}`
  }
}
