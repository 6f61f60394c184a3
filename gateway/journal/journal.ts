// The journal: what was granted and may still be delivered, appended in order, on disk before it is acknowledged, kept for a while.
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { diskStorage } from '#gateway/journal/disk-storage.ts'
import type { Group } from '#gateway/journal/group.ts'
import { JournalIndex } from '#gateway/journal/journal-index.ts'
import { recordsAt } from '#gateway/journal/reading.ts'
import type { JournalRecord, Visit } from '#gateway/journal/record.ts'
import { DAMAGED, Recoverer } from '#gateway/journal/recovery.ts'
import { replaceSegment, withoutStreams } from '#gateway/journal/rewriting.ts'
import { scanUnits } from '#gateway/journal/scan.ts'
import { encodeIndex, indexName, writeIndex } from '#gateway/journal/segment-index.ts'
import { Segment } from '#gateway/journal/segment.ts'
import type { Storage } from '#gateway/journal/storage.ts'
import type { StreamIndex } from '#gateway/journal/stream-index.ts'
import { WaitingGroups } from '#gateway/journal/waiting-groups.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import type { Log } from '#gateway/telemetry/log.ts'

export const SEGMENT_BYTES_MAX = 16 << 20
/** How far one read of the disk reaches, from the first block that it brings to the beginning of the last. */
const READ_BYTES_MAX = 1 << 20
/** What is written, and cut off again, to see whether the disk takes anything. */
const PROBE = Buffer.alloc(4096)
/** What nobody waits for is written when it is so much, or so old. */
export const SOON_BYTES = 256 << 10
export const SOON_MS = 10
/** So much waits for the disk at most before nothing more is to be added that nobody waits for. */
export const BEHIND_BYTES = 4 << 20
/** Between two segments that are looked through after a start: nobody waits for it. */
const CHECK_PAUSE_MS = 50

export interface JournalOptions {
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
  /** Whichever is reached first ends the life of the oldest segment. */
  readonly retentionMs: number
  readonly retentionBytes: number
  readonly segmentBytesMax?: number
  /** The machine's disk where it is not given. */
  readonly storage?: Storage
}

/** A segment as it was at some moment: so many bytes of this file. */
export interface Pinned { readonly path: string, readonly bytes: number }

export class Journal {
  readonly #options: JournalOptions
  readonly #storage: Storage
  readonly #segments: Segment[] = []
  readonly #index = new JournalIndex()
  /** What comes is added to one while another is committed. */
  readonly #waiting = new WaitingGroups()
  #committing: Promise<void> | undefined
  #fault: Error | undefined
  #soon: NodeJS.Timeout | undefined
  /** Index files on their way to the disk. */
  readonly #indexing = new Set<Promise<void>>()
  readonly #closing = new AbortController()
  #checking: Promise<void> = Promise.resolve()
  #forgottenUntil = 0
  /** What must not be done to segments at one time. */
  #turn: Promise<unknown> = Promise.resolve()
  #isToRoll = false

  constructor(options: JournalOptions) {
    this.#options = options
    this.#storage = options.storage ?? diskStorage
  }

  /** Why nothing can be kept at the moment; undefined while all is well. It is tried again with each append, and by `probe`. */
  get fault(): Error | undefined { return this.#fault }
  get bytes(): number { return this.#segments.reduce((sum, segment) => sum + segment.size, 0) }
  /** Bytes that wait for the disk: being committed, and coming next. */
  get waitingBytes(): number { return this.#waiting.bytes }
  /** Whether it takes only what somebody waits for: the disk does not keep up, or fails. */
  get isBehind(): boolean { return this.#fault !== undefined || this.waitingBytes > BEHIND_BYTES }
  /** How many messages are kept. */
  get count(): number { return this.#index.count }
  /** Of what came up to this time something may be gone with old segments. */
  get forgottenUntil(): number { return this.#forgottenUntil }
  /** Resolves when every segment that a start found was looked through. */
  get checked(): Promise<void> { return this.#checking }

  /**
   * Finds what is there: by the index of each segment, and by reading the newest as far as it has none. A torn tail of the newest is cut off;
   * damage is reported by file and offset, and what lies behind it is used. The rest is looked through afterwards, while it is used already.
   */
  async open(): Promise<void> {
    const { directory, log, clock } = this.#options
    await this.#storage.makeDirectory(directory)
    await this.#storage.syncDirectory(dirname(directory))
    const { segments, unread, unindexed } = await new Recoverer({ storage: this.#storage, directory, log }, this.#index).recover()
    this.#segments.push(...segments)
    const [oldest] = segments
    if (oldest && oldest.number > 1) this.#forgottenUntil = oldest.newest || clock.now()
    for (const segment of unindexed) this.#keepIndex(segment)
    this.#checking = this.#check(unread).catch((error: unknown) => log.warn({ error: String(error) }, 'Failed to look through the journal'))
  }

  /**
   * Appends in order. Resolves when the records are written, and where `durable`, when they are on disk (fdatasync); rejects when they are
   * not to be trusted, or with a RangeError where one of them is too long. All that comes while one group is being committed forms the next.
   */
  append(records: readonly JournalRecord[], durable: boolean): Promise<void> {
    return this.#add(durable, group => group.add(records))
  }

  /** The same for records that are bytes already (record.ts), one behind the other, of one chain; they are copied at once. */
  appendReady(ready: Buffer, from: number, to: number, msgChainId: string, durable: boolean): Promise<void> {
    return this.#add(durable, group => group.addReady(ready, from, to, msgChainId))
  }

  /**
   * The same without haste: they are written within `SOON_MS`, or with the next that somebody waits for. What it gives is for all of its
   * group, and may be left alone. Until they are written, `read` waits for them, and `positionAt` knows them.
   */
  appendSoon(ready: Buffer, from: number, to: number, msgChainId: string): Promise<void> {
    const group = this.#waiting.filling
    group.addReady(ready, from, to, msgChainId)
    if (group.length >= SOON_BYTES) this.#hurry()
    else this.#soon ??= setTimeout(this.#hurry, SOON_MS)
    return group.shared()
  }

  /** Resolves when all that was added until now has been written, or could not be: what comes meanwhile is not waited for, it may never end. */
  async written(): Promise<void> {
    const groups = this.#waiting.all.map(group => group.shared())
    if (groups.length > 0) this.#hurry()
    await Promise.allSettled(groups)
  }

  /** To be called now and then: tries whether a fault has passed. Else it would last for as long as it keeps everybody from sending. */
  async probe(): Promise<void> {
    if (this.#fault) await this.append([], true).catch(() => { /* not yet */ })
  }

  /** Of what is written. */
  lastPosition(streamNumber: number): number { return this.#index.of(streamNumber)?.lastPosition ?? 0 }
  indexOf(streamNumber: number): StreamIndex | undefined { return this.#index.of(streamNumber) }

  /** The last position at or before a message id's time and number, of what is written or will be; 0 when there is none. */
  positionAt(streamNumber: number, timestamp: number, sequenceNumber: number): number {
    let last = this.#index.of(streamNumber)?.positionAt(timestamp, sequenceNumber) ?? 0
    const visit: Visit = (stream, position, at, number) => {
      if (stream === streamNumber && (at < timestamp || (at === timestamp && number <= sequenceNumber))) last = Math.max(last, position)
    }
    for (const group of this.#waiting.all) group.visitAll(visit)
    return last
  }

  /**
   * Some of the records behind a position, in order; none only when there are none of those that were added before. What cannot be read any
   * more is left out.
   */
  async read(streamNumber: number, position: number): Promise<readonly JournalRecord[]> {
    for (let hasWaited = false; ;) {
      const places = this.#index.of(streamNumber)?.placesBehind(position, READ_BYTES_MAX)
      if (!places && (hasWaited || this.waitingBytes === 0)) return []
      if (!places) {
        await this.written()
        hasWaited = true
        continue
      }
      const segment = this.#segments.find(({ number }) => number === places.segment)!
      const records = await recordsAt(segment, places.offsets, { streamNumber, position })
      if (records.length > 0) return records
      if (!this.#index.of(streamNumber)) return [] // erased meanwhile: its block is sound, and others' as well
      if (this.#segments.includes(segment)) this.#lose(segment, places.offsets[0]!, 1)
    }
  }

  /**
   * Fixes what is committed at this moment, all of it and nothing else: a hard link in `folder` to each segment, which retention cannot take
   * away, and how much of it counts. Throws the system's error where the disk has no hard links.
   */
  pin(folder: string): readonly Pinned[] {
    return this.#segments.filter(({ hasRecords }) => hasRecords).map(({ path, committed }) => {
      const link = join(folder, basename(path))
      this.#storage.link(path, link)
      return { path: link, bytes: committed }
    })
  }

  /** Deletes the segments whose time has come. */
  retain(): Promise<void> { return this.#inTurn(() => this.#retain()) }

  /**
   * Erases all that is kept of some streams, to which nothing more is added: when this resolves it is in no file, and gives how many records
   * that were. Appending and reading go on meanwhile. Where it rejects, or was killed, it is to be called again.
   */
  erase(streams: ReadonlySet<number>): Promise<number> {
    return this.#inTurn(async () => {
      await this.written()
      for (const number of streams) this.#index.forget(number)
      await this.#roll()
      await Promise.all(this.#indexing)
      let erased = 0
      for (const segment of this.#segments.filter(({ isOpen }) => !isOpen)) erased += await this.#rewrite(segment, streams)
      return erased
    })
  }

  async #retain(): Promise<void> {
    const { clock, retentionMs, retentionBytes, directory } = this.#options
    while (this.#segments.length > 1 && (this.bytes > retentionBytes || this.#segments[0]!.newest < clock.now() - retentionMs)) {
      const [oldest] = this.#segments.splice(0, 1)
      this.#index.dropBefore(this.#segments[0]!.number)
      this.#forgottenUntil = Math.max(this.#forgottenUntil, oldest!.newest)
      await oldest!.remove()
      await this.#storage.remove(join(directory, indexName(oldest!.number))).catch(() => { /* it had none */ })
      await this.#storage.syncDirectory(directory)
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.written()
    await this.#committing
    const newest = this.#segments.at(-1)
    if (newest?.isOpen) await this.#complete(newest).catch(() => newest.finish())
    await Promise.all([...this.#indexing, this.#checking, this.#turn])
  }

  /** One after the other: what deletes segments, and what puts others in their place. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => { /* told to whoever asked for it */ })
    return done
  }

  /** The newest segment takes no more: what comes from now on goes to another. */
  async #roll(): Promise<void> {
    if (!this.#segments.at(-1)?.isOpen) return
    this.#isToRoll = true
    await this.append([], true)
  }

  /** The index goes first: it tells of what is to go, and can be lost. */
  async #rewrite(segment: Segment, streams: ReadonlySet<number>): Promise<number> {
    const { directory } = this.#options, { bytes, erased, isChanged } = await withoutStreams(segment, streams)
    const hadIndex = await this.#storage.remove(join(directory, indexName(segment.number))).then(() => true, () => false)
    if (isChanged) await replaceSegment(this.#storage, directory, segment, bytes)
    if (hadIndex) this.#keepIndex(segment)
    await Promise.all(this.#indexing)
    return erased
  }

  #add(durable: boolean, add: (group: Group) => void): Promise<void> {
    return Promise.try(() => {
      const group = this.#waiting.filling
      add(group)
      group.isDurable ||= durable
      const answered = group.answered()
      this.#hurry()
      return answered
    })
  }

  readonly #hurry = (): void => {
    clearTimeout(this.#soon)
    this.#soon = undefined
    this.#waiting.hurry()
    this.#committing ??= this.#commitAll()
  }

  async #commitAll(): Promise<void> {
    for (let group = this.#waiting.next(); group; group = this.#waiting.next()) {
      try {
        await this.#commit(group)
        this.#fault = undefined
        this.#waiting.done(group)
      } catch (error) {
        this.#fault = error as Error
        this.#waiting.done(group, error)
      }
    }
    this.#committing = undefined // at once, not a turn later: what is appended from now on has to begin anew
  }

  async #commit(group: Group): Promise<void> {
    const segment = await this.#current(), start = segment.size, isProbe = group.length === 0
    try {
      if (!isProbe) group.seal(segment.marker, start)
      await segment.append(isProbe ? PROBE : group.bytes)
      if (group.isDurable) await segment.sync()
      if (isProbe) await segment.cut(start)
    } catch (error) {
      await this.#abandon(segment, start)
      throw error
    }
    segment.committed = segment.size
    group.visit(start, this.#index.learn(segment))
  }

  /** The segment that takes the next group. */
  async #current(): Promise<Segment> {
    const { directory, segmentBytesMax = SEGMENT_BYTES_MAX } = this.#options, newest = this.#segments.at(-1)
    if (newest?.isOpen && newest.size < segmentBytesMax && !this.#isToRoll) return newest
    if (newest?.isOpen) await this.#complete(newest)
    const segment = await Segment.create({ storage: this.#storage, directory, number: (newest?.number ?? 0) + 1 }, newest?.ending ?? { bytes: 0, marker: 0 })
    this.#segments.push(segment)
    this.#isToRoll = false
    return segment
  }

  /** It takes no more: all of it on the disk, and its index beside it. */
  async #complete(segment: Segment): Promise<void> {
    try {
      if (segment.isUnsynced) await segment.sync()
    } catch (error) {
      await this.#abandon(segment, segment.size)
      throw error
    }
    this.#keepIndex(segment)
    await segment.finish()
  }

  /** What failed once is not trusted again: the next group begins a new file. One that holds nothing goes, a full disk would be full of them. */
  async #abandon(segment: Segment, goodBytes: number): Promise<void> {
    try {
      if (segment.hasRecords) await segment.cut(goodBytes)
      else await this.#segments.pop()?.remove()
    } catch { /* a broken disk: the next segment says how much of this one counts, or is the next file of this name */ }
    await segment.finish().catch(() => { /* it is not used any more */ })
  }

  /** Where it cannot be written, the next start reads the segment. */
  #keepIndex(segment: Segment): void {
    const bytes = encodeIndex(segment, this.#index.runsIn(segment.number)), { directory } = this.#options
    const writing = writeIndex(this.#storage, directory, segment.number, bytes).catch(() => {}).finally(() => this.#indexing.delete(writing))
    this.#indexing.add(writing)
  }

  /** Looks through segments that a start knew by their index alone. */
  async #check(segments: readonly Segment[]): Promise<void> {
    const { signal } = this.#closing
    for (const segment of segments) {
      await delay(CHECK_PAUSE_MS, undefined, { ref: false, signal }).catch(() => {})
      if (signal.aborted) return
      const from = segment.firstAt, bytes = await segment.read(from, segment.committed - from)
      const { damage, end, tornBytes } = scanUnits(bytes, from, segment.format)
      for (const { offset, bytes: length } of damage) this.#lose(segment, offset, length)
      if (tornBytes > 0) this.#lose(segment, end, tornBytes)
    }
  }

  /** Forgets the messages that lay there, and tells of it once. */
  #lose({ number, path }: Segment, offset: number, bytes: number): void {
    if (this.#index.drop(number, offset, offset + bytes) > 0) this.#options.log.warn({ file: path, offset }, DAMAGED)
  }
}
