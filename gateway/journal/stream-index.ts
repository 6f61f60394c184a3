// Where the messages of one stream lie, in order: twelve bytes for each, found by position or by message id. Positions and times are kept
// once for a run of messages that follow each other in one segment; a row says what differs.
import { RowPool } from '#gateway/journal/row-pool.ts'

/** Of a row: offset of the message's block in the segment · milliseconds since the run's time · sequence number. */
export const ROW_WORDS = 3
const OFFSET = 0, ELAPSED = 1, SEQUENCE = 2, WORD_END = 2 ** 32
/** Room that is not worth giving back. */
const ROWS_SPARE = 16

/** Messages whose positions follow each other, in one segment. */
export interface Run {
  readonly segment: number
  /** Of the first of them. */
  readonly position: number
  /** From which their times are counted. */
  readonly timestamp: number
}

interface Placed extends Run { row: number }

/** Where some messages lie: blocks of one segment, in order. */
export interface Places { readonly segment: number, readonly offsets: readonly number[] }

export class StreamIndex {
  readonly #pool: RowPool
  #rows: Uint32Array = new Uint32Array(0)
  #runs: Placed[] = []
  #length = 0

  constructor(pool = new RowPool()) { this.#pool = pool }

  get length(): number { return this.#length }
  /** 0 where there are none; so are the others. */
  get firstPosition(): number { return this.#runs[0]?.position ?? 0 }
  get lastPosition(): number { return this.#length === 0 ? 0 : this.#positionOf(this.#length - 1) }
  get lastTimestamp(): number { return this.#length === 0 ? 0 : this.#timestampOf(this.#runs.at(-1)!, this.#length - 1) }
  get lastSequenceNumber(): number { return this.#length === 0 ? 0 : this.#word(this.#length - 1, SEQUENCE) }

  add(position: number, timestamp: number, sequenceNumber: number, segment: number, offset: number): void {
    const last = this.#runs[this.#runs.length - 1], row = this.#length
    const elapsed = last ? timestamp - last.timestamp : 0
    const goesOn = last?.segment === segment && position === last.position + row - last.row && elapsed >= 0 && elapsed < WORD_END
    if (!goesOn) this.#runs.push({ segment, position, timestamp, row })
    this.reserve(1)
    const at = row * ROW_WORDS
    this.#rows[at + OFFSET] = offset
    this.#rows[at + ELAPSED] = goesOn ? elapsed : 0
    this.#rows[at + SEQUENCE] = sequenceNumber
    this.#length++
  }

  /** Adds a run as `runsIn` gave it. */
  addRun({ segment, position, timestamp }: Run, rows: Uint32Array): void {
    this.#runs.push({ segment, position, timestamp, row: this.#length })
    this.reserve(rows.length / ROW_WORDS)
    this.#rows.set(rows, this.#length * ROW_WORDS)
    this.#length += rows.length / ROW_WORDS
  }

  /** Makes room for so many messages more. */
  reserve(rows: number): void {
    const words = (this.#length + rows) * ROW_WORDS
    if (words > this.#rows.length) this.#move(words)
  }

  /** What lies in a segment, as it is kept in its index file. */
  runsIn(segment: number): readonly { readonly run: Run, readonly rows: Uint32Array }[] {
    const from = firstOf(this.#runs.length, n => this.#runs[n]!.segment >= segment)
    const until = firstOf(this.#runs.length, n => this.#runs[n]!.segment > segment)
    return this.#runs.slice(from, until).map((run, n) => ({ run, rows: this.#rows.subarray(run.row * ROW_WORDS, this.#endOf(from + n) * ROW_WORDS) }))
  }

  /** Where the messages behind a position lie, as far as they do so in one segment and begin within so many bytes of the first. */
  placesBehind(position: number, reach: number): Places | undefined {
    const row = this.#firstRow((run, at) => run.position + at - run.row > position)
    if (row >= this.#length) return undefined
    const nth = this.#runOf(row), { segment } = this.#runs[nth]!, first = this.#word(row, OFFSET), offsets: number[] = []
    const next = firstOf(this.#runs.length, n => this.#runs[n]!.segment > segment), end = this.#runs[next]?.row ?? this.#length
    for (let at = row; at < end && this.#word(at, OFFSET) < first + reach; at++) {
      const offset = this.#word(at, OFFSET)
      if (offsets.at(-1) !== offset) offsets.push(offset)
    }
    return { segment, offsets }
  }

  /** The last position at or before a message id's time and number; 0 when there is none. */
  positionAt(timestamp: number, sequenceNumber: number): number {
    const row = this.#firstRow((run, at) => {
      const own = this.#timestampOf(run, at)
      return own > timestamp || (own === timestamp && this.#word(at, SEQUENCE) > sequenceNumber)
    })
    return row === 0 ? 0 : this.#positionOf(row - 1)
  }

  /** Forgets what lies in segments below this one. */
  dropBefore(segment: number): void {
    const runs = firstOf(this.#runs.length, n => this.#runs[n]!.segment >= segment)
    if (runs === 0) return
    this.#cut(0, this.#runs[runs]?.row ?? this.#length)
    this.#runs = this.#runs.slice(runs)
    if ((this.#length + ROWS_SPARE) * ROW_WORDS * 4 < this.#rows.length) this.#move(this.#length * ROW_WORDS)
  }

  /** Forgets what begins from one offset of a segment up to another, and says how many messages that were. */
  drop(segment: number, offset: number, end: number): number {
    const behind = (limit: number) => this.#firstRow((run, at) => run.segment > segment || (run.segment === segment && this.#word(at, OFFSET) >= limit))
    const from = behind(offset), until = behind(end)
    if (until === from) return 0
    this.#splitAt(until)
    this.#splitAt(from)
    this.#runs = this.#runs.filter(({ row }) => row < from || row >= until)
    this.#cut(from, until)
    return until - from
  }

  /** A run begins with this row. */
  #splitAt(row: number): void {
    if (row === 0 || row >= this.#length) return
    const nth = this.#runOf(row), { segment, position, timestamp, row: first } = this.#runs[nth]!
    if (first !== row) this.#runs.splice(nth + 1, 0, { segment, timestamp, position: position + row - first, row })
  }

  #cut(from: number, until: number): void {
    this.#rows.copyWithin(from * ROW_WORDS, until * ROW_WORDS, this.#length * ROW_WORDS)
    this.#length -= until - from
    for (const run of this.#runs) if (run.row >= until) run.row -= until - from
  }

  /** To a piece of memory that holds so many words. */
  #move(words: number): void {
    const rows = this.#rows
    this.#rows = this.#pool.take(words)
    this.#rows.set(rows.subarray(0, this.#length * ROW_WORDS))
    this.#pool.give(rows)
  }

  #word(row: number, word: number): number { return this.#rows[row * ROW_WORDS + word]! }
  #timestampOf(run: Run, row: number): number { return run.timestamp + this.#word(row, ELAPSED) }
  #endOf(nth: number): number { return this.#runs[nth + 1]?.row ?? this.#length }
  #runOf(row: number): number { return firstOf(this.#runs.length, n => this.#runs[n]!.row > row) - 1 }
  #positionOf(row: number): number {
    const run = this.#runs[this.#runOf(row)]!
    return run.position + row - run.row
  }

  /** The first row for which it holds, as it does for all behind it; `length` where it holds for none. */
  #firstRow(holds: (run: Placed, row: number) => boolean): number {
    const behind = firstOf(this.#runs.length, n => holds(this.#runs[n]!, this.#runs[n]!.row))
    if (behind === 0) return 0
    const run = this.#runs[behind - 1]!
    return run.row + firstOf(this.#endOf(behind - 1) - run.row, n => holds(run, run.row + n))
  }
}

/** The first number from 0 below `length` for which it holds, as it does for all above it; `length` where it holds for none. */
function firstOf(length: number, holds: (n: number) => boolean): number {
  let low = 0, high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
