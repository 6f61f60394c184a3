// All that is proven together: messages are added, one signature closes it, and each gets a proof of its own.
// Hot: a message costs a hash for its leaf, one in the tree, and a text; no promise and no closure, and little memory of its own.
import { headText, MESSAGES_SCHEME } from '#gateway/proof/head.ts'
import { hashLeaf, SALT_BYTES, type Content } from '#gateway/proof/leaf.ts'
import { PROOF_MEMBER } from '#gateway/proof/proof.ts'
import type { SigningKey } from '#gateway/proof/signing-key.ts'
import { HASH_BYTES, Tree } from '#gateway/proof/tree.ts'

const LEAVES_AT_FIRST = 8
const INDEX = ',"index":', SALT = ',"salt":"', PATH = '","path":"', END = '"}'
const SALT_TEXT_LENGTH = 4 * Math.ceil(SALT_BYTES / 3)
const FIXED_LENGTH = INDEX.length + SALT.length + SALT_TEXT_LENGTH + PATH.length + END.length

export class Batch {
  #leaves = Buffer.allocUnsafe(LEAVES_AT_FIRST * HASH_BYTES)
  #salts = Buffer.allocUnsafe(LEAVES_AT_FIRST * SALT_BYTES)
  #size = 0
  #tree: Tree | undefined
  /** What all proofs begin with. */
  #signed = Buffer.alloc(0)

  get size(): number { return this.#size }

  /** Adds an envelope, `head` + content + `}`. Gives the index of its leaf. */
  add(head: string, content: Content): number {
    const index = this.#size++, leafAt = index * HASH_BYTES
    if (leafAt === this.#leaves.length) this.#grow()
    hashLeaf(head, content, this.#salts, index * SALT_BYTES, this.#leaves, leafAt)
    return index
  }

  /** Signs what was added, one message or more. There are proofs from now on, and nothing more may be added. */
  seal(key: SigningKey, time: number): void {
    const tree = new Tree(this.#leaves.subarray(0, this.#size * HASH_BYTES))
    const head = { scheme: MESSAGES_SCHEME, kid: key.kid, time, size: tree.size, root: tree.root }
    this.#signed = Buffer.from(`${PROOF_MEMBER}${JSON.stringify({ ...head, signature: key.sign(headText(head)) }).slice(0, -1)}`)
    this.#tree = tree
  }

  /** Bytes of the member of an envelope that is the proof of a leaf. */
  lengthOf(index: number): number {
    return this.#signed.length + FIXED_LENGTH + digitsOf(index) + this.#tree!.pathLength(index)
  }

  /** Writes that member, from `at` on; gives where it ends. */
  write(index: number, into: Buffer, at: number): number {
    const saltAt = index * SALT_BYTES, salt = this.#salts.base64Slice(saltAt, saltAt + SALT_BYTES), from = at + this.#signed.copy(into, at)
    return from + into.latin1Write(INDEX + index + SALT + salt + PATH + this.#tree!.path(index) + END, from)
  }

  #grow(): void {
    this.#leaves = Buffer.concat([this.#leaves], 2 * this.#leaves.length)
    this.#salts = Buffer.concat([this.#salts], 2 * this.#salts.length)
  }
}

function digitsOf(index: number): number {
  let digits = 1
  for (let rest = index; rest >= 10; rest = Math.floor(rest / 10)) digits++
  return digits
}
