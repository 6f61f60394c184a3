// What stands in a leaf: a text, each byte of it, behind a salt.
import { randomFillSync } from 'node:crypto'
import { hashInto, LEAF_PREFIX } from '#gateway/proof/tree.ts'

/** Enough that nobody finds a reading by trying all that it may have been: the hash of a leaf travels in its neighbours' paths. */
export const SALT_BYTES = 16

/** The end of an envelope, byte for byte. */
export interface Content {
  readonly length: number
  /** Writes it, from `at` on; gives where it ends. */
  write(into: Buffer, at: number): number
}

const BRACE = 0x7d, TEXT_AT = 1 + SALT_BYTES
let scratch = Buffer.alloc(1 << 12, LEAF_PREFIX)

/** Draws a salt, and writes the hash of a leaf: SHA-256(0x00 ‖ salt ‖ head ‖ content ‖ `}`). */
export function hashLeaf(head: string, content: Content, salts: Buffer, saltAt: number, into: Buffer, at: number): void {
  const room = TEXT_AT + 3 * head.length + content.length + 1
  if (scratch.length < room) scratch = Buffer.alloc(2 * room, LEAF_PREFIX)
  drawSalt(salts, saltAt)
  salts.copy(scratch, 1, saltAt, saltAt + SALT_BYTES)
  const end = content.write(scratch, TEXT_AT + scratch.utf8Write(head, TEXT_AT))
  scratch[end] = BRACE
  hashInto(scratch.subarray(0, end + 1), into, at)
}

const pool = Buffer.alloc(256 * SALT_BYTES)
let used = pool.length

/** Random bytes are cheap by the thousand only. */
function drawSalt(into: Buffer, at: number): void {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += pool.copy(into, at, used, used + SALT_BYTES)
}
