// How a segment begins: what it is, its marker, and how the one before it ended, which it alone knows for certain. Little-endian:
//   8 bytes name · u32 format · u32 number · u32 marker · u32 bytes of the segment before · u32 its marker · u32 CRC-32 of the former
import { crc32 } from 'node:zlib'

export const HEADER_BYTES = 32
/** 1 had no header and a checksum for each record. A newer one is for a newer Sluice, which the state's schema says first. */
export const FORMAT = 2

const NAME = Buffer.from('SLUICE-J', 'latin1'), CRC_AT = 28

/** How a segment ended: bytes that count, and its marker. Of none, zeros. */
export interface Ending { readonly bytes: number, readonly marker: number }

export interface SegmentHeader {
  readonly number: number
  readonly marker: number
  readonly before: Ending
}

export function writeHeader({ number, marker, before }: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES)
  let at = NAME.copy(bytes)
  for (const word of [FORMAT, number, marker, before.bytes, before.marker]) at = bytes.writeUInt32LE(word, at)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, CRC_AT)), CRC_AT)
  return bytes
}

/** What a sound header of this segment says; undefined where there is none. */
export function readHeader(bytes: Buffer, number: number): SegmentHeader | undefined {
  if (!isNamed(bytes) || crc32(bytes.subarray(0, CRC_AT)) !== bytes.readUInt32LE(CRC_AT)) return undefined
  const [format, own, marker, length, markerBefore] = [8, 12, 16, 20, 24].map(at => bytes.readUInt32LE(at)) as [number, number, number, number, number]
  return format === FORMAT && own === number ? { number, marker, before: { bytes: length, marker: markerBefore } } : undefined
}

function isNamed(bytes: Buffer): boolean {
  return bytes.length >= HEADER_BYTES && bytes.subarray(0, NAME.length).equals(NAME)
}
