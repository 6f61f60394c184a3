// Segments of the journal made by hand: as a gateway would write them, and as the first one did.
import { crc32 } from 'node:zlib'
import { Group } from '#gateway/journal/group.ts'
import type { JournalRecord } from '#gateway/journal/record.ts'
import { HEADER_BYTES, writeHeader } from '#gateway/journal/segment-header.ts'

export const MARKER = 0xa5c3_9e71

/** A segment of groups, each of which begins a block of its own. */
export function segmentOf(groups: readonly (readonly JournalRecord[])[], number = 1, before = { bytes: 0, marker: 0 }): Buffer {
  const parts = [writeHeader({ number, marker: MARKER, before })]
  let end = HEADER_BYTES
  for (const records of groups) {
    const group = new Group()
    group.add(records)
    group.seal(MARKER, end)
    parts.push(Buffer.from(group.bytes))
    end += group.length
  }
  return Buffer.concat(parts)
}

/** A record as the first Sluice wrote it: u32 length · u32 CRC-32 · u8 1 · stream · position · timestamp · sequence number · chain id · content. */
export function firstRecord({ streamNumber, position, timestamp, sequenceNumber, msgChainId, content }: JournalRecord): Buffer {
  const body = Buffer.alloc(45 + content.length)
  body.writeUInt8(1, 0)
  body.writeUInt32LE(streamNumber, 1)
  body.writeDoubleLE(position, 5)
  body.writeDoubleLE(timestamp, 13)
  body.writeUInt32LE(sequenceNumber, 21)
  body.write(msgChainId, 25, 'latin1')
  content.copy(body, 45)
  const head = Buffer.alloc(8)
  head.writeUInt32LE(body.length, 0)
  head.writeUInt32LE(crc32(body), 4)
  return Buffer.concat([head, body])
}
