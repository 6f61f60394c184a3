// The index of one segment as a file beside it, so that a start need not read the segment. It can be lost: then the segment is read.
// Little-endian: 8 bytes name · u32 number · u32 marker · u32 bytes of the segment that it covers · f64 time of the newest record · u32 runs
//   · for each run: u32 stream number · u32 rows · f64 position · f64 timestamp · rows (stream-index.ts) · at the end u32 CRC-32 of the former
import { endianness } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { readFrom, type Segment } from '#gateway/journal/segment.ts'
import type { Storage } from '#gateway/journal/storage.ts'
import { ROW_WORDS, type Run } from '#gateway/journal/stream-index.ts'

export const INDEX_NAME = /^(\d{10})\.idx$/
export const indexName = (number: number): string => `${String(number).padStart(10, '0')}.idx`

/** Another layout has another name: this one's files are then made anew. */
const NAME = Buffer.from('SLUICE-1', 'latin1')
const HEAD_BYTES = 32, RUN_BYTES = 24, CRC_BYTES = 4, WORD_BYTES = 4
const IS_SWAPPED = endianness() === 'BE'

export interface IndexedRun { readonly streamNumber: number, readonly run: Run, readonly rows: Uint32Array }

export interface SegmentIndex {
  readonly number: number
  readonly marker: number
  /** How much of the segment it covers. */
  readonly bytes: number
  readonly newest: number
  readonly runs: readonly IndexedRun[]
}

export function encodeIndex({ number, marker, committed, newest }: Segment, runs: readonly IndexedRun[]): Buffer {
  const rowBytes = runs.reduce((sum, { rows }) => sum + RUN_BYTES + 4 * rows.length, 0), bytes = Buffer.allocUnsafe(HEAD_BYTES + rowBytes + CRC_BYTES)
  let at = NAME.copy(bytes)
  for (const word of [number, marker, committed]) at = bytes.writeUInt32LE(word, at)
  at = bytes.writeDoubleLE(newest, at)
  at = bytes.writeUInt32LE(runs.length, at)
  for (const { streamNumber, run, rows } of runs) {
    at = bytes.writeUInt32LE(streamNumber, at)
    at = bytes.writeUInt32LE(rows.length / ROW_WORDS, at)
    at = bytes.writeDoubleLE(run.position, at)
    at = bytes.writeDoubleLE(run.timestamp, at)
    at += swapped(Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength)).copy(bytes, at)
  }
  bytes.writeUInt32LE(crc32(bytes.subarray(0, at)), at)
  return bytes
}

/** What a sound index says; undefined where it is none. */
export function decodeIndex(bytes: Buffer): SegmentIndex | undefined {
  const end = bytes.length - CRC_BYTES
  if (end < HEAD_BYTES || bytes.length % WORD_BYTES !== 0 || !bytes.subarray(0, NAME.length).equals(NAME) || crc32(bytes.subarray(0, end)) !== bytes.readUInt32LE(end)) return undefined
  const number = bytes.readUInt32LE(8), runs: IndexedRun[] = [], words = wordsIn(bytes)
  for (let at = HEAD_BYTES; at < end;) {
    const from = (at + RUN_BYTES) / WORD_BYTES, rows = words.subarray(from, from + bytes.readUInt32LE(at + 4) * ROW_WORDS)
    const run = { segment: number, position: bytes.readDoubleLE(at + 8), timestamp: bytes.readDoubleLE(at + 16) }
    runs.push({ streamNumber: bytes.readUInt32LE(at), run, rows })
    at += RUN_BYTES + rows.byteLength
  }
  return { number, marker: bytes.readUInt32LE(12), bytes: bytes.readUInt32LE(16), newest: bytes.readDoubleLE(20), runs }
}

/** All of it as numbers of 32 bits: whatever is in it begins at a fourth byte. */
function wordsIn(bytes: Buffer): Uint32Array {
  const aligned = Buffer.allocUnsafeSlow(bytes.length)
  swapped(bytes).copy(aligned)
  return new Uint32Array(aligned.buffer, 0, bytes.length / WORD_BYTES)
}

/** In the order of this machine, or back in that of the file. */
function swapped(bytes: Buffer): Buffer { return IS_SWAPPED ? Buffer.from(bytes).swap32() : bytes }

/** Writes it down. Whoever reads a half of it finds that it is none, so it need not be synced. */
export async function writeIndex(storage: Storage, directory: string, number: number, bytes: Buffer): Promise<void> {
  const file = await storage.open(join(directory, indexName(number)), 'new')
  try {
    for (let done = 0; done < bytes.length;) {
      const taken = await file.write(bytes.subarray(done), done)
      if (taken === 0) return
      done += taken
    }
  } finally { await file.close() }
}

/** What is written down of a segment; undefined where nothing sound is. */
export async function readIndex(storage: Storage, directory: string, number: number): Promise<SegmentIndex | undefined> {
  try {
    const file = await storage.open(join(directory, indexName(number)), 'read')
    try {
      const index = decodeIndex(await readFrom(file, 0, await file.size()))
      return index?.number === number ? index : undefined
    } finally { await file.close() }
  } catch { return undefined }
}
