// One record of the journal, as bytes. Little-endian:
//   u32 length of the body · u32 CRC-32 of the body
//   body: u8 kind · u32 stream number · f64 position · f64 timestamp · u32 sequence number · 20 bytes chain id · content
import { crc32 } from 'node:zlib'

/** A message as it is kept: what was granted of one observation, under its place in the stream and its message id. */
export interface JournalRecord {
  readonly streamNumber: number
  /** Counts the messages of a stream from 1. */
  readonly position: number
  /** Receipt in integer milliseconds since 1970. */
  readonly timestamp: number
  /** From 0, +1 within one millisecond. */
  readonly sequenceNumber: number
  /** 20 ASCII characters. */
  readonly msgChainId: string
  /** A packed entity (semantic-models/packed.ts). */
  readonly content: Buffer
}

const HEADER_BYTES = 8
const FIXED_BYTES = 1 + 4 + 8 + 8 + 4 + 20
/** Far above any entity; a longer length in a file is damage. */
export const BODY_BYTES_MAX = 1 << 20
const MESSAGE = 1

/** Throws a RangeError for a content above the limit: it could be written and not be read. */
export function encodeRecord(record: JournalRecord): Buffer {
  if (FIXED_BYTES + record.content.length > BODY_BYTES_MAX) throw new RangeError(`${record.content.length} bytes are too long for a record`)
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + FIXED_BYTES + record.content.length)
  let at = HEADER_BYTES
  at = bytes.writeUInt8(MESSAGE, at)
  at = bytes.writeUInt32LE(record.streamNumber, at)
  at = bytes.writeDoubleLE(record.position, at)
  at = bytes.writeDoubleLE(record.timestamp, at)
  at = bytes.writeUInt32LE(record.sequenceNumber, at)
  at += bytes.write(record.msgChainId, at, 20, 'latin1')
  bytes.set(record.content, at)
  bytes.writeUInt32LE(bytes.length - HEADER_BYTES, 0)
  bytes.writeUInt32LE(crc32(bytes.subarray(HEADER_BYTES)), 4)
  return bytes
}

/** How long the record that begins here says it is. */
export function bytesOf(bytes: Buffer): number {
  return bytes.length < HEADER_BYTES ? HEADER_BYTES : HEADER_BYTES + bytes.readUInt32LE(0)
}

/** The record at `at` and where it ends; undefined where there is no whole and sound one. The content is a view into `bytes`. */
export function decodeRecord(bytes: Buffer, at: number): { record: JournalRecord, end: number } | undefined {
  if (at + HEADER_BYTES + FIXED_BYTES > bytes.length) return undefined
  const length = bytes.readUInt32LE(at), from = at + HEADER_BYTES, end = from + length
  if (length < FIXED_BYTES || length > BODY_BYTES_MAX || end > bytes.length) return undefined
  if (crc32(bytes.subarray(from, end)) !== bytes.readUInt32LE(at + 4) || bytes.readUInt8(from) !== MESSAGE) return undefined
  const record: JournalRecord = {
    streamNumber: bytes.readUInt32LE(from + 1), position: bytes.readDoubleLE(from + 5),
    timestamp: bytes.readDoubleLE(from + 13), sequenceNumber: bytes.readUInt32LE(from + 21),
    msgChainId: bytes.toString('latin1', from + 25, from + 45), content: bytes.subarray(from + FIXED_BYTES, end),
  }
  return { record, end }
}
