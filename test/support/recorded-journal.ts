// A journal under observation: what was given to it, what it acknowledged, and what it is found to hold afterwards.
import { Journal, type JournalOptions } from '#gateway/journal/journal.ts'
import type { JournalRecord } from '#gateway/journal/record.ts'
import type { Storage } from '#gateway/journal/storage.ts'
import type { Random } from '#benchmarks/corpus/random.ts'
import { silentLog, TurnedClock } from '#test/support/temporary.ts'

export const STREAMS = [1, 2, 3] as const
const CHAIN = 'abcdefghij0123456789', DIRECTORY = '/data/journal'

/** What is wrong with a journal; all of it has to be 0. */
export interface Verdict {
  readonly lost: number
  readonly wrong: number
  /** What was lost, as `<stream> <position>`. */
  readonly missing: readonly string[]
}

export class RecordedJournal {
  journal: Journal
  readonly clock = new TurnedClock()
  /** Whatever the log was told of damage. */
  readonly told: object[] = []
  readonly #options: Partial<JournalOptions>
  /** `<stream> <position>` → contents that were given: after a failure a position may be given again. */
  readonly #given = new Map<string, Set<string>>()
  readonly #safe = new Map<string, string>()
  readonly #next = new Map<number, number>()
  acknowledged = 0

  constructor(storage: Storage, options: Partial<JournalOptions> = {}) {
    this.#options = options
    this.journal = this.#made(storage)
  }

  async open(storage?: Storage): Promise<void> {
    if (storage) this.journal = this.#made(storage)
    await this.journal.open()
    for (const stream of STREAMS) this.#next.set(stream, this.journal.lastPosition(stream) + 1)
  }

  /** Appends some records of random length to one stream or several. Resolves to whether they were acknowledged. */
  async append(random: Random, durable: boolean): Promise<boolean> {
    const records = Array.from({ length: 1 + random.below(3) }, () => this.#record(random))
    try {
      await this.journal.append(records, durable)
    } catch { return false }
    if (durable) for (const record of records) this.#safe.set(keyOf(record), record.content.toString('latin1'))
    this.acknowledged += durable ? records.length : 0
    return true
  }

  /** Deletes what is too old or too much: that may be missing afterwards. */
  async retain(): Promise<void> {
    try {
      await this.journal.retain()
    } finally {
      this.#forgive()
    }
  }

  /** What it forgets is not missed. */
  #forgive(): void {
    for (const key of this.#safe.keys()) {
      const [stream, position] = key.split(' ').map(Number) as [number, number]
      if (position < (this.journal.indexOf(stream)?.firstPosition ?? Infinity)) this.#safe.delete(key)
    }
  }

  /** Reads all that is there. Lost: acknowledged and not there. Wrong: never given in this form, or out of order. */
  async verdict(): Promise<Verdict> {
    let wrong = 0
    const found = new Map<string, string>()
    for (const stream of STREAMS) {
      let last = 0
      for (let records = await this.journal.read(stream, 0); records.length > 0; records = await this.journal.read(stream, last)) {
        for (const record of records) {
          const content = record.content.toString('latin1')
          if (record.position <= last || !this.#given.get(keyOf(record))?.has(content)) wrong++
          found.set(keyOf(record), content)
          last = record.position
        }
      }
    }
    const missing = [...this.#safe].filter(([key, content]) => found.get(key) !== content).map(([key]) => key)
    return { wrong, lost: missing.length, missing }
  }

  #record(random: Random): JournalRecord {
    const streamNumber = STREAMS[random.below(STREAMS.length)]!, position = this.#next.get(streamNumber)!
    this.#next.set(streamNumber, position + 1)
    const content = Buffer.alloc(random.below(8) === 0 ? random.below(3_000) : random.below(120), `${streamNumber} ${position} ${random.next()} `)
    const record = { streamNumber, position, timestamp: this.clock.now() + position, sequenceNumber: 0, msgChainId: CHAIN, content }
    const known = this.#given.get(keyOf(record))
    if (known) known.add(content.toString('latin1'))
    else this.#given.set(keyOf(record), new Set([content.toString('latin1')]))
    return record
  }

  #made(storage: Storage): Journal {
    const log = { ...silentLog, warn: (fields: object) => { this.told.push(fields) } }
    return new Journal({ directory: DIRECTORY, clock: this.clock, log, retentionMs: 1e12, retentionBytes: 1e12, segmentBytesMax: 4_096, ...this.#options, storage })
  }
}

function keyOf({ streamNumber, position }: JournalRecord): string { return `${streamNumber} ${position}` }
