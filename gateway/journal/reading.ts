// Reads records of one stream from a segment, as far as one read of it brings them.
import type { JournalRecord } from '#gateway/journal/record.ts'
import type { Segment } from '#gateway/journal/segment.ts'

/** A stream, and how far its reader has come. */
export interface Reader { readonly streamNumber: number, readonly position: number }

/** What these blocks hold behind the reader's position; none where the first of them is damaged, or its segment gone. */
export async function recordsAt(segment: Segment, offsets: readonly number[], reader: Reader): Promise<JournalRecord[]> {
  const { format } = segment, from = offsets[0]!, span = await spanOf(segment, from, offsets.at(-1)!), records: JournalRecord[] = []
  for (const offset of offsets) {
    const at = offset - from, end = format.sound(span, at, offset)
    if (end === undefined) break
    const msgChainId = format.chainIdOf(span, at)
    format.visit(span, at, end, (streamNumber, position, timestamp, sequenceNumber, begin, finish) => {
      if (streamNumber !== reader.streamNumber || position <= reader.position) return
      records.push({ streamNumber, position, timestamp, sequenceNumber, msgChainId, content: span.subarray(begin, finish) })
    })
  }
  return records
}

/** From the first block to the last, or where the first is longer than blocks usually are, to its end. */
async function spanOf(segment: Segment, first: number, last: number): Promise<Buffer> {
  const rest = segment.size - first, span = await segment.read(first, Math.min(last - first + segment.format.usualBytes, rest))
  const end = segment.format.endOf(span, 0) ?? 0
  return end > span.length && end <= rest ? segment.read(first, end) : span
}
