// The names of messages by their positions, for whoever has kept nothing but those.
import type { Journal } from '#gateway/journal/journal.ts'
import type { JournalRecord } from '#gateway/journal/record.ts'

type Reading = Pick<Journal, 'read'>

/** Tells each message of a stream at these positions, which rise, that the journal has. A read of it brings many, and none is read twice. */
export async function recordsIn(journal: Reading, streamNumber: number, runs: Iterable<readonly [first: number, last: number]>, each: (record: JournalRecord) => void): Promise<void> {
  let records: readonly JournalRecord[] = [], at = 0
  for (const [first, last] of runs) {
    for (let next = first; next <= last;) {
      while (at < records.length && records[at]!.position < next) at++
      if (at === records.length) {
        records = await journal.read(streamNumber, next - 1)
        at = 0
        if (records.length === 0) return
        continue
      }
      // What was read begins before `next`: nothing is left out in it.
      const record = records[at]!
      if (record.position > last) break
      each(record)
      next = record.position + 1
    }
  }
}
