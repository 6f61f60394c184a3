// The journal: what was granted and may still be delivered, appended in order, on disk before it is acknowledged, kept for a while.
import { linkSync } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { bytesOf, decodeRecord, encodeRecord, type JournalRecord } from '#gateway/journal/record.ts'
import { Segment, SEGMENT_NAME, syncDirectory } from '#gateway/journal/segment.ts'
import { offsetOf, placeOf, segmentOf, StreamIndex, type Place } from '#gateway/journal/stream-index.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import type { Log } from '#gateway/telemetry/log.ts'

export const SEGMENT_BYTES_MAX = 16 << 20
/** How far one read of the disk reaches, from the first record that it brings to the beginning of the last. */
const READ_BYTES_MAX = 1 << 20
/** Room for that last record; where it is longer, the next read brings it. */
const RECORD_BYTES = 4096
/** What is written, and cut off again, to see whether the disk takes anything. */
const PROBE = Buffer.alloc(4096)

export interface JournalOptions {
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
  /** Whichever is reached first ends the life of the oldest segment. */
  readonly retentionMs: number
  readonly retentionBytes: number
  readonly segmentBytesMax?: number
}

interface Waiting {
  readonly records: readonly JournalRecord[]
  readonly encoded: readonly Buffer[]
  readonly durable: boolean
  readonly done: () => void
  readonly fail: (error: unknown) => void
}

/** A segment as it was at some moment: so many bytes of this file. */
export interface Pinned { readonly path: string, readonly bytes: number }

const TORN = 'Cut off the torn tail of the journal'
const DAMAGED = 'Found damage in the journal: what lies behind it in this file is lost'

export class Journal {
  readonly #options: JournalOptions
  readonly #segments: Segment[] = []
  readonly #index = new Map<number, StreamIndex>()
  #waiting: Waiting[] = []
  #committing: Promise<void> | undefined
  #fault: Error | undefined

  constructor(options: JournalOptions) { this.#options = options }

  /** Why nothing can be kept at the moment; undefined while all is well. It is tried again with each append, and by `probe`. */
  get fault(): Error | undefined { return this.#fault }
  get bytes(): number { return this.#segments.reduce((sum, segment) => sum + segment.size, 0) }

  /**
   * Finds what is there. A torn tail of the newest segment is cut off; damage elsewhere is reported by its offset, and what lies behind it
   * in that segment is not used.
   */
  async open(): Promise<void> {
    const { directory, log } = this.#options
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await syncDirectory(dirname(directory))
    const numbers = (await readdir(directory)).flatMap(name => SEGMENT_NAME.exec(name)?.[1] ?? []).map(Number).sort((a, b) => a - b)
    for (const number of numbers) {
      const segment = new Segment(directory, number)
      const size = await segment.open((record, offset) => this.#note(record, segment, offset))
      this.#segments.push(segment)
      if (size === segment.size) continue
      if (number === numbers.at(-1)) await segment.truncate()
      log.warn({ file: segment.path, offset: segment.size, bytes: size - segment.size }, number === numbers.at(-1) ? TORN : DAMAGED)
    }
  }

  /**
   * Appends in order. Resolves when the records are written, and where `durable`, when they are on disk (fdatasync); rejects when they are
   * not to be trusted. All that comes while one group is being committed forms the next.
   */
  append(records: readonly JournalRecord[], durable: boolean): Promise<void> {
    return new Promise((done, fail) => {
      this.#waiting.push({ records, encoded: records.map(encodeRecord), durable, done, fail })
      this.#committing ??= this.#commitAll()
    })
  }

  /** To be called now and then: tries whether a fault has passed. Else it would last for as long as it keeps everybody from sending. */
  async probe(): Promise<void> {
    if (this.#fault) await this.append([], true).catch(() => { /* not yet */ })
  }

  lastPosition(streamNumber: number): number { return this.#index.get(streamNumber)?.lastPosition ?? 0 }
  indexOf(streamNumber: number): StreamIndex | undefined { return this.#index.get(streamNumber) }

  /** Some of the records behind a position, in order; none only when there are none. One that cannot be read any more is left out. */
  async read(streamNumber: number, position: number): Promise<readonly JournalRecord[]> {
    for (;;) {
      // Taken before the disk is waited for: rows move when the oldest segment goes.
      const index = this.#index.get(streamNumber), places = index?.placesBehind(position, READ_BYTES_MAX) ?? [], [first] = places
      if (!index || first === undefined) return []
      const segment = this.#segments.find(({ number }) => number === segmentOf(first))!
      const records = await recordsAt(segment, places)
      if (records.length > 0) return records
      if (this.#segments.includes(segment)) this.#lose(index, first, segment)
    }
  }

  /** How many messages are kept. */
  get count(): number { return this.#index.values().reduce((sum, { length }) => sum + length, 0) }

  /**
   * Fixes what is committed at this moment, all of it and nothing else: a hard link in `folder` to each segment, which retention cannot take
   * away, and how much of it counts. Throws the system's error where the disk has no hard links.
   */
  pin(folder: string): readonly Pinned[] {
    return this.#segments.filter(({ committed }) => committed > 0).map(({ path, committed }) => {
      const link = join(folder, basename(path))
      linkSync(path, link)
      return { path: link, bytes: committed }
    })
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
    }
    this.#committing = undefined // at once, not a turn later: what is appended from now on has to begin anew
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    const segment = await this.#current(), encoded = group.flatMap(each => each.encoded), start = segment.size
    try {
      await segment.append(encoded.length > 0 ? Buffer.concat(encoded) : PROBE)
      if (group.some(({ durable }) => durable)) await segment.sync()
      if (encoded.length === 0) await cut(segment, start)
    } catch (error) {
      await this.#abandon(segment, start)
      throw error
    }
    segment.committed = segment.size
    let offset = start, row = 0
    for (const record of group.flatMap(({ records }) => records)) {
      this.#note(record, segment, offset)
      segment.newest = Math.max(segment.newest, record.timestamp)
      offset += encoded[row++]!.length
    }
  }

  /** After a failed write or sync the next group begins a new file. One that holds nothing goes: a full disk would be full of them. */
  async #abandon(segment: Segment, goodBytes: number): Promise<void> {
    segment.isAbandoned = true
    try {
      if (goodBytes > 0) return await cut(segment, goodBytes)
      this.#segments.pop()
      await segment.remove()
    } catch { /* a broken disk: the next start, or the next file of this name, cuts it off */ }
  }

  async #current(): Promise<Segment> {
    const newest = this.#segments.at(-1)
    if (newest && !newest.isAbandoned && newest.size < (this.#options.segmentBytesMax ?? SEGMENT_BYTES_MAX)) return newest
    const segment = new Segment(this.#options.directory, (newest?.number ?? 0) + 1)
    await segment.create()
    this.#segments.push(segment)
    return segment
  }

  #lose(index: StreamIndex, place: Place, { path }: Segment): void {
    this.#options.log.warn({ file: path, offset: offsetOf(place) }, 'Found damage in the journal: this message is lost')
    index.drop(place)
  }

  #note(record: JournalRecord, segment: Segment, offset: number): void {
    let index = this.#index.get(record.streamNumber)
    if (!index) this.#index.set(record.streamNumber, index = new StreamIndex())
    index.add(record.position, record.timestamp, record.sequenceNumber, placeOf(segment.number, offset))
  }
}

/** The records at some places of one segment, as far as one read of it brings them; none where the first is damaged or its segment gone. */
async function recordsAt(segment: Segment, places: readonly Place[]): Promise<JournalRecord[]> {
  const from = offsetOf(places[0]!), rest = segment.size - from
  let span = await segment.read(from, Math.min(places.at(-1)! - places[0]! + RECORD_BYTES, rest))
  const firstBytes = bytesOf(span)
  if (firstBytes > span.length && firstBytes <= rest) span = await segment.read(from, firstBytes)
  const records: JournalRecord[] = []
  for (const place of places) {
    const found = decodeRecord(span, place - places[0]!)
    if (!found) break
    records.push(found.record)
  }
  return records
}

async function cut(segment: Segment, size: number): Promise<void> {
  segment.size = size
  await segment.truncate()
}
