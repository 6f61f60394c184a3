// Segments as Sluice wrote them first, without a header: they are read until retention takes them. Little-endian, each record:
//   u32 length of the body · u32 CRC-32 of the body · body: u8 kind (1) · u32 stream number · f64 position · f64 timestamp
//   · u32 sequence number · 20 bytes chain id · content
import { crc32 } from 'node:zlib'
import { ERASED, type Visit } from '#gateway/journal/record.ts'

const HEADER_BYTES = 8, FIXED_BYTES = 45, CHAIN_AT = 25, KIND = 1
const BODY_BYTES_MAX = 1 << 20

/** Whether a file begins as one of these does, whose first record may be torn: with a length, where another has its name. */
export function isFirstFormat(bytes: Buffer): boolean { return endOfRecord(bytes, 0) !== undefined }

/** Where the record that begins at `at` says that it ends; undefined where none begins. */
export function endOfRecord(bytes: Buffer, at: number): number | undefined {
  const length = at + HEADER_BYTES <= bytes.length ? bytes.readUInt32LE(at) : 0
  return length >= FIXED_BYTES && length <= BODY_BYTES_MAX ? at + HEADER_BYTES + length : undefined
}

/** Where it ends; undefined where there is no whole and sound one. */
export function soundRecord(bytes: Buffer, at: number): number | undefined {
  const end = endOfRecord(bytes, at), body = at + HEADER_BYTES
  if (end === undefined || end > bytes.length) return undefined
  return crc32(bytes.subarray(body, end)) === bytes.readUInt32LE(at + 4) && bytes[body] === KIND ? end : undefined
}

export function visitRecord(bytes: Buffer, at: number, end: number, visit: Visit): void {
  const body = at + HEADER_BYTES, positionAt = body + 5, timeAt = body + 13, sequenceAt = body + 21, streamNumber = bytes.readUInt32LE(body + 1)
  if (streamNumber === ERASED) return
  visit(streamNumber, bytes.readDoubleLE(positionAt), bytes.readDoubleLE(timeAt), bytes.readUInt32LE(sequenceAt), body + FIXED_BYTES, end)
}

/** Leaves nothing of the record of such a stream but its length and its kind. Gives how many were erased: 0 or 1. */
export function eraseRecord(bytes: Buffer, at: number, end: number, streams: ReadonlySet<number>): number {
  const body = at + HEADER_BYTES
  if (!streams.has(bytes.readUInt32LE(body + 1))) return 0
  bytes.fill(0, body + 1, end)
  bytes.writeUInt32LE(crc32(bytes.subarray(body, end)), at + 4)
  return 1
}

export function chainIdOf(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at + HEADER_BYTES + CHAIN_AT, at + HEADER_BYTES + FIXED_BYTES)
}
