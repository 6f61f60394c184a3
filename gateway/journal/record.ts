// A message as it is kept, and its bytes inside of a block (block.ts). Little-endian:
//   u32 length of the content · u32 stream number · f64 position · f64 timestamp · u32 sequence number · content

/** What was granted of one observation, under its place in the stream and its message id. */
export interface JournalRecord {
  /** Names the stream, and by it the owner: whatever is theirs can be found, and erased, by it. */
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

/** Told of a record without making an object of it: its content lies from `from` to `to` in the bytes that are walked. */
export type Visit = (streamNumber: number, position: number, timestamp: number, sequenceNumber: number, from: number, to: number) => void

/** In the place of a stream's number: what stood there was erased. Streams count from 1. */
export const ERASED = 0
/** Of a record, before its content. */
export const RECORD_BYTES = 28
/** Far above any entity; a longer content in a file is damage. */
export const CONTENT_BYTES_MAX = 1 << 20

/** Writes what stands before the content; gives where that begins. */
export function writeRecord(
  into: Buffer, at: number, length: number, streamNumber: number, position: number, timestamp: number, sequenceNumber: number,
): number {
  into.writeUInt32LE(length, at)
  into.writeUInt32LE(streamNumber, at + 4)
  into.writeDoubleLE(position, at + 8)
  into.writeDoubleLE(timestamp, at + 16)
  into.writeUInt32LE(sequenceNumber, at + 24)
  return at + RECORD_BYTES
}

/** Visits the records from `at` to `end`, which are known to be sound, but for those that were erased. */
export function walkRecords(bytes: Buffer, at: number, end: number, visit: Visit): void {
  for (let next = at; next < end;) {
    const from = next + RECORD_BYTES, to = from + bytes.readUInt32LE(next), streamNumber = bytes.readUInt32LE(next + 4)
    if (streamNumber !== ERASED) visit(streamNumber, bytes.readDoubleLE(next + 8), bytes.readDoubleLE(next + 16), bytes.readUInt32LE(next + 24), from, to)
    next = to
  }
}

/** Leaves of the records of some streams nothing but their lengths, and says how many those were. */
export function eraseRecords(bytes: Buffer, at: number, end: number, streams: ReadonlySet<number>): number {
  let erased = 0
  for (let next = at; next < end;) {
    const to = next + RECORD_BYTES + bytes.readUInt32LE(next)
    if (streams.has(bytes.readUInt32LE(next + 4))) {
      bytes.fill(0, next + 4, to)
      erased++
    }
    next = to
  }
  return erased
}

/** Throws a RangeError for a content above the limit: it could be written and not be read. */
export function assertLength(length: number): void {
  if (length > CONTENT_BYTES_MAX) throw new RangeError(`${length} bytes are too long for a record`)
}
