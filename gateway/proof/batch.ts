// All that is proven together: messages are added, one signature closes it, and each gets a proof of its own.
// Hot: a message costs a hash for its leaf, one in the tree, and a text; no promise and no closure.
import { headText, MESSAGES_SCHEME } from '#gateway/proof/head.ts'
import { leafHash, newSalt, textBytes, type Content } from '#gateway/proof/leaf.ts'
import { PROOF_MEMBER } from '#gateway/proof/proof.ts'
import type { SigningKey } from '#gateway/proof/signing-key.ts'
import { Tree } from '#gateway/proof/tree.ts'

export class Batch {
  readonly #leaves: string[] = []
  readonly #salts: string[] = []
  #tree: Tree | undefined
  /** What all proofs begin with. */
  #signed = Buffer.alloc(0)

  /** How many there are, and the index of the next. */
  get size(): number { return this.#leaves.length }

  get isSealed(): boolean { return this.#tree !== undefined }

  /** Adds an envelope, `head` + content + `}`. Gives its length in bytes. */
  add(head: string, content: Content): number {
    const salt = newSalt()
    this.#leaves.push(leafHash(salt, head, content))
    this.#salts.push(salt)
    return textBytes()
  }

  /** Signs what was added, one message or more. There are proofs from now on, and nothing more may be added. */
  seal(key: SigningKey, time: number): void {
    const tree = this.#tree = new Tree(this.#leaves), head = { scheme: MESSAGES_SCHEME, kid: key.kid, time, size: tree.size, root: tree.root }
    this.#signed = Buffer.from(`${PROOF_MEMBER}${JSON.stringify({ ...head, signature: key.sign(headText(head)) }).slice(0, -1)},"index":`)
  }

  /** Of the member of an envelope that is a proof, the part that differs from one to the other. */
  tailOf(index: number): string { return `${index},"salt":"${this.#salts[index]}","path":"${this.#tree!.path(index)}"}` }

  /** Bytes of the whole member. */
  lengthOf(tail: string): number { return this.#signed.length + tail.length }

  /** Writes it, from `at` on; gives where it ends. */
  write(tail: string, into: Buffer, at: number): number {
    const tailAt = at + this.#signed.copy(into, at)
    return tailAt + into.latin1Write(tail, tailAt)
  }
}
