// The journal: what was granted and may still be delivered, appended in order, on disk before it is acknowledged, kept for a while.
import { mkdir, open as openFile, readdir } from 'node:fs/promises'
import { decodeRecord, encodeRecord, type JournalRecord } from '#gateway/journal/record.ts'
import { Segment, SEGMENT_NAME } from '#gateway/journal/segment.ts'
import { offsetOf, placeOf, segmentOf, StreamIndex } from '#gateway/journal/stream-index.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import type { Log } from '#gateway/telemetry/log.ts'

export const SEGMENT_BYTES_MAX = 16 << 20
/** What one read of the disk brings at most, but always one record. */
const READ_BYTES_MAX = 1 << 20

export interface JournalOptions {
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
  /** Whichever is reached first ends the life of the oldest segment. */
  readonly retentionMs: number
  readonly retentionBytes: number
  readonly segmentBytesMax?: number
}

interface Waiting { readonly records: readonly JournalRecord[], readonly durable: boolean, readonly done: () => void, readonly fail: (error: unknown) => void }

export class Journal {
  readonly #options: JournalOptions
  readonly #segments: Segment[] = []
  readonly #index = new Map<number, StreamIndex>()
  #waiting: Waiting[] = []
  #committing: Promise<void> | undefined
  #fault: Error | undefined

  constructor(options: JournalOptions) { this.#options = options }

  /** Why nothing can be kept at the moment; undefined while all is well. It is tried again with each append. */
  get fault(): Error | undefined { return this.#fault }
  get bytes(): number { return this.#segments.reduce((sum, segment) => sum + segment.size, 0) }
  get waitingCount(): number { return this.#waiting.length }

  /** Finds what is there. A torn tail of the newest segment is cut off; damage elsewhere is reported by its offset, and what lies behind it in that segment is not used. */
  async open(): Promise<void> {
    const { directory, log } = this.#options
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const numbers = (await readdir(directory)).map(name => SEGMENT_NAME.exec(name)?.[1]).filter(name => name !== undefined).map(Number).sort((a, b) => a - b)
    for (const number of numbers) {
      const segment = new Segment(directory, number)
      await segment.open()
      const size = await segment.scan((record, offset) => this.#note(record, segment, offset))
      this.#segments.push(segment)
      if (size === segment.size) continue
      if (number === numbers.at(-1)) await segment.truncate()
      log.warn({ file: segment.path, offset: segment.size, bytes: size - segment.size }, number === numbers.at(-1) ? 'Cut off the torn tail of the journal' : 'Found damage in the journal: what lies behind it in this file is lost')
    }
  }

  /**
   * Appends in order. Resolves when the records are written, and where `durable`, when they are on disk (fdatasync); rejects when they are not to be trusted.
   * All that comes while one group is being committed forms the next.
   */
  append(records: readonly JournalRecord[], durable: boolean): Promise<void> {
    return new Promise((done, fail) => {
      this.#waiting.push({ records, durable, done, fail })
      this.#committing ??= this.#commitAll().finally(() => { this.#committing = undefined })
    })
  }

  lastPosition(streamNumber: number): number { return this.#index.get(streamNumber)?.lastPosition ?? 0 }
  indexOf(streamNumber: number): StreamIndex | undefined { return this.#index.get(streamNumber) }

  /** Some of the records behind a position, in order; none only when there are none. */
  async read(streamNumber: number, position: number): Promise<readonly JournalRecord[]> {
    const index = this.#index.get(streamNumber)
    const first = index?.rowAfter(position) ?? 0
    const place = index?.places[first]
    if (!index || place === undefined) return []
    const segment = this.#segments.find(({ number }) => number === segmentOf(place))
    if (!segment) return []
    const from = offsetOf(place)
    const span = await this.#span(segment, from)
    const records: JournalRecord[] = []
    for (let row = first; row < index.length && segmentOf(index.places[row]!) === segment.number; row++) {
      const found = decodeRecord(span, offsetOf(index.places[row]!) - from)
      if (!found) break
      records.push(found.record)
    }
    return records
  }

  /** Deletes the segments whose time has come. */
  async retain(): Promise<void> {
    const { clock, retentionMs, retentionBytes } = this.#options
    while (this.#segments.length > 1 && (this.bytes > retentionBytes || this.#segments[0]!.newest < clock.now() - retentionMs)) {
      const [oldest] = this.#segments.splice(0, 1)
      for (const index of this.#index.values()) index.dropBefore(this.#segments[0]!.number)
      await oldest!.remove()
    }
  }

  async close(): Promise<void> {
    await this.#committing
    for (const segment of this.#segments) await segment.close()
  }

  /** Large enough for the first record, else one read's worth. */
  async #span(segment: Segment, from: number): Promise<Buffer> {
    const span = await segment.read(from, Math.min(READ_BYTES_MAX, segment.size - from))
    if (decodeRecord(span, 0) || span.length < 4) return span
    return segment.read(from, Math.min(span.readUInt32LE(0) + 8, segment.size - from))
  }

  async #commitAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      try {
        await this.#commit(group)
        this.#fault = undefined
        for (const { done } of group) done()
      } catch (error) {
        this.#fault = error as Error
        for (const { fail } of group) fail(error)
      }
      await Promise.resolve() // whoever waited goes on before the next group: what is published keeps the order of what is kept
    }
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    const segment = await this.#current()
    const encoded = group.flatMap(({ records }) => records.map(encodeRecord))
    const start = segment.size
    try {
      await segment.append(Buffer.concat(encoded))
      if (group.some(({ durable }) => durable)) await segment.sync()
    } catch (error) {
      await this.#abandon(segment, start)
      throw error
    }
    let offset = start, row = 0
    for (const { records } of group) {
      for (const record of records) {
        this.#note(record, segment, offset)
        segment.newest = record.timestamp
        offset += encoded[row++]!.length
      }
    }
  }

  /** After a failed write or sync nothing more is trusted to this file: what it held before stays, the next group begins a new one. */
  async #abandon(segment: Segment, goodBytes: number): Promise<void> {
    segment.size = goodBytes
    await segment.truncate().catch(() => { /* a full or broken disk: the scan at the next start cuts it */ })
    this.#isAbandoned = true
  }

  #isAbandoned = false

  async #current(): Promise<Segment> {
    const newest = this.#segments.at(-1)
    if (newest && !this.#isAbandoned && newest.size < (this.#options.segmentBytesMax ?? SEGMENT_BYTES_MAX)) return newest
    const segment = new Segment(this.#options.directory, (newest?.number ?? 0) + 1)
    await segment.open()
    await syncDirectory(this.#options.directory)
    this.#isAbandoned = false
    this.#segments.push(segment)
    return segment
  }

  #note(record: JournalRecord, segment: Segment, offset: number): void {
    let index = this.#index.get(record.streamNumber)
    if (!index) this.#index.set(record.streamNumber, index = new StreamIndex())
    index.add(record.position, record.timestamp, record.sequenceNumber, placeOf(segment.number, offset))
  }
}

/** A new file is there after a power cut only when its directory was synced. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await openFile(path, 'r')
  try { await directory.sync() } finally { await directory.close() }
}
