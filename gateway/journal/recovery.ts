// What a start finds: the segments that are there, their messages, and what of them is damaged.
import { join } from 'node:path'
import { FIRST_FORMAT } from '#gateway/journal/format.ts'
import type { JournalIndex } from '#gateway/journal/journal-index.ts'
import { openingOf, scanUnits, type Damage, type Opening } from '#gateway/journal/scan.ts'
import { HEADER_BYTES, readHeader, type Ending } from '#gateway/journal/segment-header.ts'
import { INDEX_NAME, indexName, readIndex, type SegmentIndex } from '#gateway/journal/segment-index.ts'
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
    const found: Found[] = []
    for (const number of numbers) found.push(await this.#find(number))
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
    if (opening) await this.#read(found, opening, ending, next === undefined)
    else if (next === undefined && isBlank(found)) await this.#storage.remove(join(this.#directory, segmentName(found.number)))
    else this.#setAside(found)
  }

  /** `ending`: how the next segment says that this one ended. */
  async #read(found: Found, opening: Opening, ending: Ending | undefined, isNewest: boolean): Promise<void> {
    const segment = new Segment({ storage: this.#storage, directory: this.#directory, number: found.number }, opening.format, opening.marker)
    const known = ending && ending.bytes > 0 && ending.marker === opening.marker ? ending.bytes : undefined
    const index = found.index?.marker === opening.marker ? found.index : undefined, expected = known ?? index?.bytes ?? 0
    const limit = Math.min(known ?? found.bytes, found.bytes), isIndexed = index !== undefined && index.bytes <= limit
    if (isIndexed) this.#index.addRuns(index.runs)
    segment.newest = isIndexed ? index.newest : 0
    segment.size = limit
    const from = isIndexed ? index.bytes : opening.from, bytes = from < limit ? await segment.read(from, limit - from) : Buffer.alloc(0)
    const { damage, end, tornBytes } = scanUnits(bytes, from, opening.format, this.#index.learn(segment)), isTorn = isNewest && tornBytes > 0 && found.bytes >= expected
    const all = [
      ...opening.isDamaged ? [{ offset: 0, bytes: opening.from }] : [], ...damage,
      ...tornBytes > 0 && !isTorn ? [{ offset: end, bytes: tornBytes }] : [],
      ...found.bytes < expected ? [{ offset: found.bytes, bytes: expected - found.bytes }] : [],
    ]
    if (isTorn) this.#log.warn({ file: segment.path, offset: end, bytes: tornBytes }, TORN)
    if (isTorn) segment.size = end
    segment.committed = segment.size
    this.#report(segment, all)
    this.#segments.push(segment)
    if (isIndexed) this.#unread.push(segment)
    else if (all.length === 0 && !isNewest) this.#unindexed.push(segment)
    if (isNewest && all.length === 0 && opening.marker !== 0) await segment.resume().catch(() => { /* what comes goes to a new one */ })
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

  async #removeIndexesBut(numbers: ReadonlySet<number>, names: readonly string[]): Promise<void> {
    for (const number of numbersIn(names, INDEX_NAME)) {
      if (!numbers.has(number)) await this.#storage.remove(join(this.#directory, indexName(number)))
    }
  }
}

function numbersIn(names: readonly string[], pattern: RegExp): readonly number[] {
  return names.flatMap(name => pattern.exec(name)?.[1] ?? []).map(Number).sort((a, b) => a - b)
}

/** It was made, and its power went before anything was written: there is nothing to lose. */
function isBlank({ bytes, head }: Found): boolean { return bytes <= HEADER_BYTES && (bytes < HEADER_BYTES || head.every(byte => byte === 0)) }
