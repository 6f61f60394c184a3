// The indexes of all streams. As a visitor of records it learns where they lie.
import type { Visit } from '#gateway/journal/record.ts'
import { RowPool } from '#gateway/journal/row-pool.ts'
import type { Visitor } from '#gateway/journal/scan.ts'
import type { IndexedRun } from '#gateway/journal/segment-index.ts'
import { ROW_WORDS, StreamIndex } from '#gateway/journal/stream-index.ts'

export class JournalIndex {
  readonly #streams = new Map<number, StreamIndex>()
  readonly #pool = new RowPool()

  of(streamNumber: number): StreamIndex | undefined { return this.#streams.get(streamNumber) }

  /** How many messages it knows. */
  get count(): number { return this.#streams.values().reduce((sum, { length }) => sum + length, 0) }

  /** Learns where the records lie that are visited, and keeps the time of the newest with their segment. */
  learn(segment: { readonly number: number, newest: number }): Visitor {
    let unitAt = 0
    const record: Visit = (streamNumber, position, timestamp, sequenceNumber) => {
      this.#made(streamNumber).add(position, timestamp, sequenceNumber, segment.number, unitAt)
      if (timestamp > segment.newest) segment.newest = timestamp
    }
    return { record, unit: offset => { unitAt = offset } }
  }

  /** Makes room for all of them at once. */
  reserve(runs: readonly IndexedRun[]): void {
    const rows = new Map<number, number>()
    for (const { streamNumber, rows: { length } } of runs) rows.set(streamNumber, (rows.get(streamNumber) ?? 0) + length / ROW_WORDS)
    for (const [streamNumber, count] of rows) this.#made(streamNumber).reserve(count)
  }

  addRuns(runs: readonly IndexedRun[]): void {
    for (const { streamNumber, run, rows } of runs) this.#made(streamNumber).addRun(run, rows)
  }

  /** What lies in one segment. */
  runsIn(segment: number): readonly IndexedRun[] {
    const found: IndexedRun[] = []
    for (const [streamNumber, index] of this.#streams) for (const each of index.runsIn(segment)) found.push({ streamNumber, ...each })
    return found
  }

  /** Forgets what lies in segments below this one. */
  dropBefore(segment: number): void { for (const index of this.#streams.values()) index.dropBefore(segment) }

  /** Forgets a stream. */
  forget(streamNumber: number): void {
    this.#streams.get(streamNumber)?.dropBefore(Infinity) // its memory is another's
    this.#streams.delete(streamNumber)
  }

  /** Forgets what begins in these bytes of a segment, and says how many messages that were. */
  drop(segment: number, offset: number, end: number): number {
    return this.#streams.values().reduce((sum, index) => sum + index.drop(segment, offset, end), 0)
  }

  #made(streamNumber: number): StreamIndex {
    let index = this.#streams.get(streamNumber)
    if (!index) this.#streams.set(streamNumber, index = new StreamIndex(this.#pool))
    return index
  }
}
