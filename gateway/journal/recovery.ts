// What a start finds: the segments that are there, their messages, and what of them is damaged.
import { join } from 'node:path'
import { FIRST_FORMAT } from '#gateway/journal/format.ts'
import type { JournalIndex } from '#gateway/journal/journal-index.ts'
import { openingOf, scanUnits, type Damage, type Opening, type Scan } from '#gateway/journal/scan.ts'
import { HEADER_BYTES, readHeader } from '#gateway/journal/segment-header.ts'
import { INDEX_NAME, indexName, readIndex, type SegmentIndex } from '#gateway/journal/segment-index.ts'
import { REWRITTEN_NAME } from '#gateway/journal/rewriting.ts'
import { readFrom, Segment, SEGMENT_NAME, segmentName } from '#gateway/journal/segment.ts'
import type { Storage } from '#gateway/journal/storage.ts'
import type { Log } from '#gateway/telemetry/log.ts'

export interface Recovery {
  /** In order. */
  readonly segments: readonly Segment[]
  /** Those whose messages are known by their index alone: nobody has looked at them yet. */
  readonly unread: readonly Segment[]
  /** Those that were read, are sound, and have no index yet. */
  readonly unindexed: readonly Segment[]
}

/** How a segment ended, where the next one says so, and whether there is none. */
interface Known { readonly bytes: number | undefined, readonly isNewest: boolean }

interface Found { readonly number: number, readonly bytes: number, readonly head: Buffer, readonly index: SegmentIndex | undefined }

export const TORN = 'Cut off the torn tail of the journal: what was never finished'
export const DAMAGED = 'Found damage in the journal: what lay there is lost'
export const MISSING = 'Found damage in the journal: a segment is gone'

export class Recoverer {
  readonly #storage: Storage
  readonly #directory: string
  readonly #index: JournalIndex
  readonly #log: Log
  readonly #segments: Segment[] = []
  readonly #unread: Segment[] = []
  readonly #unindexed: Segment[] = []

  constructor({ storage, directory, log }: { readonly storage: Storage, readonly directory: string, readonly log: Log }, index: JournalIndex) {
    this.#storage = storage
    this.#directory = directory
    this.#index = index
    this.#log = log
  }

  /** Reads what no index tells. The newest segment is taken up again where it is sound. */
  async recover(): Promise<Recovery> {
    const names = await this.#storage.list(this.#directory), numbers = numbersIn(names, SEGMENT_NAME)
    await this.#removeIndexesBut(new Set(numbers), names)
    for (const name of names) if (REWRITTEN_NAME.test(name)) await this.#storage.remove(join(this.#directory, name))
    const found: Found[] = []
    for (const number of numbers) found.push(await this.#find(number))
    while (found.length > 0 && isBlank(found.at(-1)!)) await this.#removeBlank(found.pop()!)
    this.#index.reserve(found.flatMap(({ index }) => index?.runs ?? []))
    for (const [n, each] of found.entries()) await this.#take(each, found[n - 1], found[n + 1])
    return { segments: this.#segments, unread: this.#unread, unindexed: this.#unindexed }
  }

  async #find(number: number): Promise<Found> {
    const file = await this.#storage.open(join(this.#directory, segmentName(number)), 'read')
    try {
      const bytes = await file.size(), head = await readFrom(file, 0, Math.min(bytes, HEADER_BYTES))
      return { number, bytes, head, index: await readIndex(this.#storage, this.#directory, number) }
    } finally { await file.close() }
  }

  async #take(found: Found, previous: Found | undefined, next: Found | undefined): Promise<void> {
    const ending = next && readHeader(next.head, next.number)?.before, opening = openingOf(found.head, found.number, ending?.marker || found.index?.marker)
    if (previous && previous.number + 1 !== found.number) this.#log.warn({ from: previous.number + 1, to: found.number - 1 }, MISSING)
    if (!opening) return this.#setAside(found)
    const segment = new Segment({ storage: this.#storage, directory: this.#directory, number: found.number }, opening.format, opening.marker)
    const known = ending && ending.bytes > 0 && ending.marker === opening.marker ? ending.bytes : undefined
    this.#segments.push(segment)
    await this.#read(segment, found, opening, { bytes: known, isNewest: next === undefined })
  }

  /** Learns what is in a segment, by its index and by reading the rest of it, and takes up the newest again. */
  async #read(segment: Segment, found: Found, opening: Opening, { bytes: known, isNewest }: Known): Promise<void> {
    const index = found.index?.marker === opening.marker ? found.index : undefined, expected = known ?? index?.bytes ?? 0
    segment.size = Math.min(known ?? found.bytes, found.bytes)
    const isIndexed = index !== undefined && index.bytes <= segment.size
    if (isIndexed) this.#index.addRuns(index.runs)
    segment.newest = isIndexed ? index.newest : 0
    const damage = opening.isDamaged ? [{ offset: 0, bytes: opening.from }] : []
    const { tornBytes, ...rest } = await this.#scan(segment, isIndexed ? index.bytes : opening.from), isTorn = isNewest && tornBytes > 0 && found.bytes >= expected
    damage.push(...rest.damage)
    if (isTorn) this.#cutOff(segment, rest.end, tornBytes)
    else if (tornBytes > 0) damage.push({ offset: rest.end, bytes: tornBytes })
    if (found.bytes < expected) damage.push({ offset: found.bytes, bytes: expected - found.bytes })
    segment.committed = segment.size
    this.#report(segment, damage)
    if (isIndexed) this.#unread.push(segment)
    else if (damage.length === 0 && !isNewest) this.#unindexed.push(segment)
    if (isNewest && damage.length === 0 && opening.marker !== 0) await segment.resume().catch(() => { /* what comes goes to a new one */ })
  }

  async #scan(segment: Segment, from: number): Promise<Scan> {
    const bytes = from < segment.size ? await segment.read(from, segment.size - from) : Buffer.alloc(0)
    return scanUnits(bytes, from, segment.format, this.#index.learn(segment))
  }

  #cutOff(segment: Segment, end: number, bytes: number): void {
    this.#log.warn({ file: segment.path, offset: end, bytes }, TORN)
    segment.size = end
  }

  /** Nothing in it can be told apart: it is kept as it is, until its time has come. */
  #setAside({ number, bytes }: Found): void {
    const segment = new Segment({ storage: this.#storage, directory: this.#directory, number }, FIRST_FORMAT, 0)
    segment.size = bytes
    segment.newest = this.#segments.at(-1)?.newest ?? 0
    this.#report(segment, [{ offset: 0, bytes }])
    this.#segments.push(segment)
  }

  #report({ path }: Segment, damage: readonly Damage[]): void {
    for (const { offset, bytes } of damage) this.#log.warn({ file: path, offset, bytes }, DAMAGED)
  }

  async #removeBlank({ number, bytes }: Found): Promise<void> {
    const file = join(this.#directory, segmentName(number))
    this.#log.warn({ file, offset: 0, bytes }, TORN)
    await this.#storage.remove(file)
  }

  async #removeIndexesBut(numbers: ReadonlySet<number>, names: readonly string[]): Promise<void> {
    for (const number of numbersIn(names, INDEX_NAME)) {
      if (!numbers.has(number)) await this.#storage.remove(join(this.#directory, indexName(number)))
    }
  }
}

function numbersIn(names: readonly string[], pattern: RegExp): readonly number[] {
  return names.flatMap(name => pattern.exec(name)?.[1] ?? []).map(Number).sort((a, b) => a - b)
}

/** It was made, and the power went before anything was written: as far as can be known there is nothing to lose. */
function isBlank({ bytes, head, index }: Found): boolean {
  return !index && bytes <= HEADER_BYTES && (bytes < HEADER_BYTES || head.every(byte => byte === 0))
}
