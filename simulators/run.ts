// Lets a fleet speak: takes its traffic message by message, waits until each is due and there is room for it, and counts.
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { realClock, type Clock } from '#simulators/clock.ts'
import { Pool, type CredentialsOf } from '#simulators/pool.ts'
import type { Dialect, SourcePlan } from '#simulators/source-plan.ts'
import { traffic, type TimedSending } from '#simulators/traffic.ts'

export type { Credentials } from '#simulators/connection.ts'
export type { CredentialsOf } from '#simulators/pool.ts'

/** sent = acknowledged + refused, and whatever was still in flight when nobody wanted to wait any longer. */
export interface Counts {
  /** Duplicates, malformed ones and birth messages included; what mqtt.js sends again after a break is not counted again. */
  readonly sent: number
  /** By PUBACK, or written to the socket with QoS 0. */
  readonly acknowledged: number
  /** Of a source whose credentials the broker does not know (any more). */
  readonly refused: number
  readonly duplicates: number
  readonly malformed: number
  /** Pairs that changed places. */
  readonly reordered: number
  /** Sockets cut on purpose. */
  readonly disconnects: number
  /** Of those sent. */
  readonly byDialect: Readonly<Partial<Record<Dialect, number>>>
}

/** How far a run is, for whoever draws it. */
export interface Progress {
  readonly counts: Counts
  readonly elapsedMs: number
  readonly inFlight: number
  readonly connected: number
  readonly sources: number
  /** 0 to 1; undefined where the run has no end. */
  readonly share: number | undefined
}

export interface RunOptions {
  /** Messages a second over the whole fleet; absent: each device keeps its own period. */
  readonly rate?: number
  /** Ends the run after so many seconds. */
  readonly seconds?: number
  /** Ends the run after so many messages. */
  readonly count?: number
  /** Simulated seconds in one real second: devices live faster, and the times that they tell run ahead of the real one. */
  readonly speedup?: number
  /** Time itself, for tests; `seconds` are then this clock's. */
  readonly clock?: Clock
  readonly qos?: 0 | 1
  /** A few times a second, and once at the end. */
  readonly onProgress?: (progress: Progress) => void
  /** Ends the run early, as if its time were over. */
  readonly signal?: AbortSignal
}

/** How long the end waits for acknowledgements. */
export const DRAIN_MS_MAX = 10_000
const PROGRESS_MS = 200
/** Messages that are due follow each other without a pause, but acknowledgements must get a turn as well. */
const BURST_MAX = 32

/**
 * Runs a fleet until its time, its count or the signal ends it, then waits for acknowledgements and says goodbye.
 * A broker that cannot be reached is tried again; a source that it refuses falls silent. Rejects only when `credentialsOf` does.
 */
export async function runFleet(plan: readonly SourcePlan[], credentialsOf: CredentialsOf, options: RunOptions = {}): Promise<Counts> {
  const pool = new Pool(credentialsOf, options.qos ?? 1)
  const run = new Run(plan, pool, options)
  const ticker = setInterval(() => run.tell(), PROGRESS_MS)
  try {
    await run.speak()
    await pool.drained(AbortSignal.timeout(DRAIN_MS_MAX))
    run.tell()
    return run.counts
  } finally {
    clearInterval(ticker)
    await pool.close()
  }
}

class Run {
  readonly #plan: readonly SourcePlan[]
  readonly #pool: Pool
  readonly #options: RunOptions
  readonly #clock: Clock
  readonly #startMs: number
  readonly #endMs: number
  readonly #tally = { sent: 0, duplicates: 0, malformed: 0, reordered: 0, disconnects: 0 }
  readonly #byDialect: Partial<Record<Dialect, number>> = {}

  constructor(plan: readonly SourcePlan[], pool: Pool, options: RunOptions) {
    const { seconds = Infinity, speedup = 1 } = options
    this.#plan = plan
    this.#pool = pool
    this.#options = options
    this.#clock = options.clock ?? realClock(speedup)
    this.#startMs = this.#clock.nowMs()
    this.#endMs = this.#startMs + seconds * 1000 * speedup
  }

  get counts(): Counts {
    return { ...this.#tally, ...this.#pool.settled, byDialect: { ...this.#byDialect } }
  }

  tell(): void {
    const { inFlight, states } = this.#pool
    const elapsedMs = (this.#clock.nowMs() - this.#startMs) / (this.#options.speedup ?? 1)
    const share = this.#share(elapsedMs)
    this.#options.onProgress?.({ counts: this.counts, elapsedMs, inFlight, connected: states.up, sources: this.#plan.length, share })
  }

  #share(elapsedMs: number): number | undefined {
    const { seconds = Infinity, count = Infinity } = this.#options
    if (seconds === Infinity && count === Infinity) return undefined
    return Math.min(1, Math.max(elapsedMs / 1000 / seconds, this.#tally.sent / count))
  }

  async speak(): Promise<void> {
    const { rate, count = Infinity, speedup = 1 } = this.#options
    const over = this.#over()
    let burst = 0
    for (const sending of traffic(this.#plan, { startMs: this.#startMs, rate: rate && rate / speedup })) {
      if (this.#tally.sent >= count || this.#pool.states.refused === this.#plan.length) return
      if (sending.atMs > this.#clock.nowMs()) await this.#clock.until(Math.min(sending.atMs, this.#endMs), over)
      else if (++burst % BURST_MAX === 0) await turnOfTheLoop()
      if (sending.atMs > this.#endMs || over.aborted) return
      await this.#send(sending, over)
    }
  }

  /** Aborted when the caller says so, or when the time is over although a broker kept us waiting. */
  #over(): AbortSignal {
    const { signal, seconds, clock } = this.#options
    return AbortSignal.any([...signal ? [signal] : [], ...seconds !== undefined && !clock ? [AbortSignal.timeout(seconds * 1000)] : []])
  }

  async #send({ source, message, fault, isCut }: TimedSending, over: AbortSignal): Promise<void> {
    const connection = await this.#pool.withRoom(source, over)
    if (!connection) return
    this.#pool.inFlight++
    connection.send(message)
    this.#tally.sent++
    this.#byDialect[source.dialect] = (this.#byDialect[source.dialect] ?? 0) + 1
    if (fault) this.#tally[COUNTED_AS[fault]]++
    if (isCut && connection.cut()) this.#tally.disconnects++
  }
}

const COUNTED_AS = { duplicate: 'duplicates', malformed: 'malformed', reordered: 'reordered' } as const
