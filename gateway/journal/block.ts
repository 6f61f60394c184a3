// A run of records under one checksum: what one flipped bit costs, and what one call of crc32 covers. Little-endian:
//   u32 marker of the segment · u32 CRC-32 of all behind it, begun with the block's offset
//   · u32 length of the records · u32 the same, inverted: a length that is damaged is no end · 20 bytes chain id · records
// The marker is a random number of the segment's own, so that behind damage the next block can be found, and nothing that a device may have
// made its readings say can pass for one. With the offset in the checksum a block that was moved is none.
import { crc32 } from 'node:zlib'
import { CONTENT_BYTES_MAX, RECORD_BYTES } from '#gateway/journal/record.ts'

export const CHAIN_ID_BYTES = 20
/** Of a block, before its records. */
export const BLOCK_BYTES = 16 + CHAIN_ID_BYTES
/** A block of more takes no further record: one record may be longer by itself. */
export const BLOCK_BYTES_FULL = 16 << 10
/** Of the records of a block. A longer one is damage. */
const LENGTH_MAX = BLOCK_BYTES_FULL + RECORD_BYTES + CONTENT_BYTES_MAX

const CRC_AT = 4, LENGTH_AT = 8, INVERTED_AT = 12, CHAIN_AT = 16

/** Begins a block; it is finished by `sealBlock`. Gives where its first record begins. */
export function beginBlock(into: Buffer, at: number, msgChainId: string): number {
  into.write(msgChainId, at + CHAIN_AT, CHAIN_ID_BYTES, 'latin1')
  return at + BLOCK_BYTES
}

/** Makes a block of the bytes from `at` to `end`, for this place in this segment. */
export function sealBlock(bytes: Buffer, at: number, end: number, marker: number, offset: number): void {
  bytes.writeUInt32LE(marker, at)
  const length = end - at - BLOCK_BYTES
  bytes.writeUInt32LE(length, at + LENGTH_AT)
  bytes.writeUInt32LE(~length >>> 0, at + INVERTED_AT)
  bytes.writeUInt32LE(crc32(bytes.subarray(at + LENGTH_AT, end), offset), at + CRC_AT)
}

/** The checksum of a block whose records have changed since it was sealed. */
export function resealBlock(bytes: Buffer, at: number, end: number, offset: number): void {
  bytes.writeUInt32LE(crc32(bytes.subarray(at + LENGTH_AT, end), offset), at + CRC_AT)
}

/** Where the block that begins at `at` says that it ends; undefined where none begins. */
export function endOfBlock(bytes: Buffer, at: number, marker: number): number | undefined {
  if (at + BLOCK_BYTES > bytes.length || bytes.readUInt32LE(at) !== marker) return undefined
  const length = bytes.readUInt32LE(at + LENGTH_AT)
  return ~length >>> 0 === bytes.readUInt32LE(at + INVERTED_AT) && length <= LENGTH_MAX ? at + BLOCK_BYTES + length : undefined
}

/** Where the block that begins at `at` ends; undefined where there is no whole and sound one. `offset`: of `at` in its segment. */
export function soundBlock(bytes: Buffer, at: number, marker: number, offset: number): number | undefined {
  const end = endOfBlock(bytes, at, marker)
  if (end === undefined || end > bytes.length) return undefined
  return crc32(bytes.subarray(at + LENGTH_AT, end), offset) === bytes.readUInt32LE(at + CRC_AT) ? end : undefined
}

export function chainIdOf(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at + CHAIN_AT, at + CHAIN_AT + CHAIN_ID_BYTES)
}
