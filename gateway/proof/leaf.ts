// What stands in a leaf: a text, each byte of it, behind a salt.
import { hash, randomBytes } from 'node:crypto'
import { LEAF_PREFIX } from '#gateway/proof/tree.ts'

/**
 * 24 characters of base64, hashed as they are: 144 bits, so that nobody finds a reading by trying all that it may have been. The hash of a
 * leaf travels in its neighbours' paths.
 */
export const SALT = /^[A-Za-z0-9+/]{24}$/
const SALT_LENGTH = 24

/** The end of an envelope, byte for byte. */
export interface Content {
  readonly length: number
  /** Writes it, from `at` on; gives where it ends. */
  write(into: Buffer, at: number): number
}

const BRACE = 0x7d, SALT_AT = 1, TEXT_AT = SALT_AT + SALT_LENGTH
let scratch = Buffer.alloc(1 << 12, LEAF_PREFIX), end = 0

/** The hash of a leaf, SHA-256(0x00 ‖ salt ‖ head ‖ content ‖ `}`), as a Tree wants it. `textBytes` tells how long the text was. */
export function leafHash(salt: string, head: string, content: Content): string {
  const room = TEXT_AT + 3 * head.length + content.length + 1
  if (scratch.length < room) scratch = Buffer.alloc(2 * room, LEAF_PREFIX)
  scratch.latin1Write(salt, SALT_AT)
  end = content.write(scratch, TEXT_AT + scratch.utf8Write(head, TEXT_AT))
  scratch[end++] = BRACE
  return hash('sha256', scratch.subarray(0, end), 'binary')
}

/** Of the leaf that was hashed last: head, content and brace. */
export function textBytes(): number { return end - TEXT_AT }

const POOL_BYTES = 1024 * 18
let pool = '', used = 0

/** Random bytes are cheap by the thousand only. */
export function newSalt(): string {
  if (used === pool.length) {
    pool = randomBytes(POOL_BYTES).toString('base64')
    used = 0
  }
  return pool.slice(used, used += SALT_LENGTH)
}
