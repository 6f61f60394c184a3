// What stands in a leaf: which message of which stream it is, and each byte of it as its receiver got it.
import { randomFillSync } from 'node:crypto'
import { hashInto, LEAF_PREFIX } from '#gateway/proof/tree.ts'

/** Enough that nobody finds a reading by trying all that it may have been: the hash of a leaf travels in its neighbours' paths. */
export const SALT_BYTES = 16

/** The content of a message, byte for byte. */
export interface Content {
  readonly length: number
  /** Writes it, from `at` on; gives where it ends. */
  write(into: Buffer, at: number): number
}

let scratch = Buffer.alloc(1 << 12, LEAF_PREFIX)

/** Which message it is. No id has a line feed in it, so that no two messages have the same leaf. */
export function leafIds(streamId: string, messageId: string): string { return `${streamId}\n${messageId}\n` }

/** Writes the hash of a leaf, SHA-256(0x00 ‖ salt ‖ ids ‖ content), to `at`. Its salt stands at `saltAt`. */
export function hashLeaf(salts: Buffer, saltAt: number, ids: string, content: Content, into: Buffer, at: number): void {
  const room = 1 + SALT_BYTES + 3 * ids.length + content.length
  if (scratch.length < room) scratch = Buffer.alloc(2 * room, LEAF_PREFIX)
  salts.copy(scratch, 1, saltAt, saltAt + SALT_BYTES)
  const from = 1 + SALT_BYTES + scratch.write(ids, 1 + SALT_BYTES)
  hashInto(scratch.subarray(0, content.write(scratch, from)), into, at)
}

const pool = Buffer.alloc(256 * SALT_BYTES)
let used = pool.length

/** Writes a new salt. Random bytes are cheap by the thousand only. */
export function drawSalt(into: Buffer, at: number): void {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += pool.copy(into, at, used, used + SALT_BYTES)
}
