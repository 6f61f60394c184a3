// Lets a fleet or a recording speak: takes message by message, waits until each is due and there is room for it, and counts.
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { realClock, type Clock } from '#simulators/clock.ts'
import { Pool, type CredentialsOf } from '#simulators/pool.ts'
import type { Counts, Outgoing, RunOptions } from '#simulators/run-options.ts'
import type { Dialect, Source, SourcePlan } from '#simulators/source-plan.ts'
import { traffic } from '#simulators/traffic.ts'

export type { Credentials } from '#simulators/connection.ts'
export type { CredentialsOf } from '#simulators/pool.ts'
export type { Counts, Progress, RunOptions } from '#simulators/run-options.ts'

/** How long the end waits for acknowledgements. */
export const DRAIN_MS_MAX = 10_000
const PROGRESS_MS = 200
/** Messages that are due follow each other without a pause, but acknowledgements must get a turn as well. */
const BURST_MAX = 32

/**
 * Runs a fleet until its time, its count or the signal ends it, then waits for acknowledgements and says goodbye.
 * A broker that cannot be reached is tried again; a source that it refuses falls silent. Rejects only when `credentialsOf` or `record`
 * does.
 */
export function runFleet(plan: readonly SourcePlan[], credentialsOf: CredentialsOf<SourcePlan>, options: RunOptions = {}): Promise<Counts> {
  const { rate, speedup = 1 } = options
  return runMessages(plan, startMs => traffic(plan, { startMs, rate: rate && rate / speedup }), credentialsOf, options)
}

/** Runs whatever sources have to say, in its order; it is told when it begins. Ends with it as well; rejects when it does. */
export async function runMessages<S extends Source>(
  sources: readonly S[], messages: (startMs: number) => Iterable<Outgoing<S>> | AsyncIterable<Outgoing<S>>,
  credentialsOf: CredentialsOf<S>, options: RunOptions = {},
): Promise<Counts> {
  const pool = new Pool(credentialsOf, options.qos ?? 1)
  const run = new Run(sources.length, pool, options)
  const ticker = setInterval(() => run.tell(), PROGRESS_MS)
  try {
    await run.speak(messages)
    await pool.drained(AbortSignal.timeout(DRAIN_MS_MAX))
    run.tell()
    return run.counts
  } finally {
    clearInterval(ticker)
    await pool.close()
  }
}

class Run<S extends Source> {
  readonly #sources: number
  readonly #pool: Pool<S>
  readonly #options: RunOptions
  readonly #clock: Clock
  readonly #startMs: number
  readonly #endMs: number
  readonly #lifeEndMs: number
  readonly #tally = { sent: 0, duplicates: 0, malformed: 0, reordered: 0, disconnects: 0 }
  readonly #byDialect: Partial<Record<Dialect, number>> = {}
  #reachedMs: number
  #behindMs = 0

  constructor(sources: number, pool: Pool<S>, options: RunOptions) {
    const { seconds = Infinity, lifeS = Infinity, speedup = 1, startMs } = options
    this.#sources = sources
    this.#pool = pool
    this.#options = options
    this.#clock = options.clock ?? realClock(speedup, startMs)
    this.#startMs = this.#reachedMs = startMs ?? this.#clock.nowMs()
    this.#endMs = this.#startMs + seconds * 1000 * speedup
    this.#lifeEndMs = this.#startMs + lifeS * 1000
  }

  get counts(): Counts {
    return { ...this.#tally, ...this.#pool.settled, byDialect: { ...this.#byDialect } }
  }

  tell(): void {
    const { inFlight, states } = this.#pool
    const elapsedMs = (this.#clock.nowMs() - this.#startMs) / (this.#options.speedup ?? 1)
    this.#options.onProgress?.({
      counts: this.counts, elapsedMs, inFlight, connected: states.up, sources: this.#sources, behindMs: this.#behindMs,
      share: this.#share(elapsedMs),
    })
  }

  #share(elapsedMs: number): number | undefined {
    const { seconds = Infinity, count = Infinity, lifeS = Infinity } = this.#options
    if (seconds === Infinity && count === Infinity && lifeS === Infinity) return undefined
    const livedS = (this.#reachedMs - this.#startMs) / 1000
    return Math.min(1, Math.max(elapsedMs / 1000 / seconds, this.#tally.sent / count, livedS / lifeS))
  }

  async speak(messages: (startMs: number) => Iterable<Outgoing<S>> | AsyncIterable<Outgoing<S>>): Promise<void> {
    const { count = Infinity } = this.#options
    const over = this.#over()
    let burst = 0
    for await (const outgoing of messages(this.#startMs)) {
      if (outgoing.atMs > this.#lifeEndMs || this.#tally.sent >= count || this.#pool.states.refused === this.#sources) return
      if (outgoing.atMs > this.#clock.nowMs()) await this.#clock.until(Math.min(outgoing.atMs, this.#endMs), over)
      else if (++burst % BURST_MAX === 0) await turnOfTheLoop()
      if (outgoing.atMs > this.#endMs || over.aborted) return
      await this.#send(outgoing, over)
    }
  }

  /** Aborted when the caller says so, or when the time is over although a broker kept us waiting. */
  #over(): AbortSignal {
    const { signal, seconds, clock } = this.#options
    return AbortSignal.any([...signal ? [signal] : [], ...seconds !== undefined && !clock ? [AbortSignal.timeout(seconds * 1000)] : []])
  }

  async #send(outgoing: Outgoing<S>, over: AbortSignal): Promise<void> {
    const { source, message, fault, isCut, atMs } = outgoing
    const connection = await this.#pool.withRoom(source, over)
    if (!connection) return
    this.#reachedMs = atMs
    this.#behindMs = Math.max(0, this.#clock.nowMs() - atMs) / (this.#options.speedup ?? 1)
    this.#pool.inFlight++
    connection.send(message)
    this.#count(source.dialect, fault)
    if (isCut && connection.cut()) this.#tally.disconnects++
    if (this.#options.record) await this.#options.record(outgoing)
  }

  #count(dialect: Dialect, fault: Outgoing['fault']): void {
    this.#tally.sent++
    this.#byDialect[dialect] = (this.#byDialect[dialect] ?? 0) + 1
    if (fault) this.#tally[COUNTED_AS[fault]]++
  }
}

const COUNTED_AS = { duplicate: 'duplicates', malformed: 'malformed', reordered: 'reordered' } as const
