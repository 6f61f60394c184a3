// Brings points to the store: in batches, in order, one batch at a time, again until it is kept. What waits is bounded; the rest waits in
// the journal.
import { setTimeout as delay } from 'node:timers/promises'
import type { Point } from '#gateway/history/point.ts'
import { StoreError, type Store } from '#gateway/history/store.ts'
import type { Log } from '#gateway/telemetry/log.ts'

/** Points in one request. */
export const BATCH_MAX = 5_000
/** Points that may wait before the sessions are left on the journal. */
export const WAITING_MAX = 20_000
/** A batch is sent when it is full, or after so long. */
const GATHER_MS = 500
const RETRY_MS_MIN = 500
const RETRY_MS_MAX = 15_000

/** Where points come from: told what became of them. */
export interface Origin {
  /** All up to this message is kept, or is such as the store does not take. */
  kept(messageId: string): void
}

export interface Waiting<From extends Origin> {
  readonly origin: From
  readonly messageId: string
  /** undefined: nothing in the message can be kept. */
  readonly point: Point | undefined
  readonly hours: number
}

export interface WriterCounts { readonly written: number, readonly unfit: number, readonly retries: number, readonly waiting: number }

export class Writer<From extends Origin> {
  readonly #store: Store
  readonly #log: Log
  #queue: Waiting<From>[] = []
  #inFlight: readonly Waiting<From>[] = []
  #isRunning = false
  #isStopped = false
  #fault: StoreError | undefined
  readonly #counts = { written: 0, unfit: 0, retries: 0 }
  /** Told when a batch is kept and when there is room again. */
  onSettled: () => void = () => {}

  constructor(store: Store, log: Log) {
    this.#store = store
    this.#log = log
  }

  get hasRoom(): boolean { return this.#waiting < WAITING_MAX }
  get counts(): WriterCounts { return { ...this.#counts, waiting: this.#waiting } }
  /** Why nothing is kept at the moment; undefined while all is well. */
  get fault(): StoreError | undefined { return this.#fault }

  add(waiting: readonly Waiting<From>[]): void {
    this.#queue.push(...waiting)
    if (!this.#isRunning && !this.#isStopped) void this.#run()
  }

  isWaiting(origin: From): boolean { return [this.#inFlight, this.#queue].some(list => list.some(waiting => waiting.origin === origin)) }

  /** Forgets what waits of an origin: none of it reaches the socket any more. */
  drop(origin: From): void {
    const isOther = (waiting: Waiting<From>) => waiting.origin !== origin
    this.#queue = this.#queue.filter(isOther)
    if (this.#inFlight.every(isOther)) return
    this.#inFlight = this.#inFlight.filter(isOther)
    this.#store.cut()
  }

  /** Waits until all is kept, at most so long. */
  async stop(graceMs: number): Promise<void> {
    for (const until = Date.now() + graceMs; this.#waiting > 0 && !this.#fault && Date.now() < until;) await delay(20)
    this.#isStopped = true
    this.#store.cut()
  }

  get #waiting(): number { return this.#queue.length + this.#inFlight.length }

  async #run(): Promise<void> {
    this.#isRunning = true
    let pauseMs = RETRY_MS_MIN
    while (this.#waiting > 0 && !this.#isStopped) {
      if (this.#inFlight.length === 0) await this.#gather()
      if (await this.#send()) pauseMs = RETRY_MS_MIN
      else await delay(pauseMs = Math.min(RETRY_MS_MAX, pauseMs * (1.5 + Math.random())), undefined, { ref: false })
    }
    this.#isRunning = false
  }

  /** Takes from the head of the queue what is kept equally long. */
  async #gather(): Promise<void> {
    if (this.#queue.length < BATCH_MAX) await delay(GATHER_MS, undefined, { ref: false })
    const [first] = this.#queue
    const end = this.#queue.findIndex(({ hours }, index) => hours !== first?.hours || index === BATCH_MAX)
    this.#inFlight = this.#queue.splice(0, end < 0 ? this.#queue.length : end)
  }

  async #send(): Promise<boolean> {
    const batch = this.#inFlight, points = batch.flatMap(({ point }) => point ?? [])
    try {
      if (points.length > 0) await this.#store.write(points, batch[0]!.hours)
      this.#counts.written += points.length
    } catch (error) {
      if (!(error instanceof StoreError) || error.fault !== 'unfit') return this.#failed(error)
      this.#counts.unfit += error.count
      this.#counts.written += Math.max(0, points.length - error.count)
      this.#log.warn({ error: error.message }, 'Left out readings that the history does not take')
    }
    // What was dropped meanwhile is somebody's who is told nothing any more.
    return this.#settle(this.#inFlight)
  }

  #settle(kept: readonly Waiting<From>[]): true {
    this.#inFlight = []
    if (this.#fault) this.#log.info('The history is kept again')
    this.#fault = undefined
    const last = new Map(kept.map(({ origin, messageId }) => [origin, messageId]))
    for (const [origin, messageId] of last) origin.kept(messageId)
    this.onSettled()
    return true
  }

  #failed(error: unknown): false {
    this.#counts.retries++
    if (!this.#fault && !this.#isStopped && this.#inFlight.length > 0) this.#log.warn({ error: String(error) }, 'Failed to keep history: it waits in the journal, and is tried again')
    this.#fault = error instanceof StoreError ? error : new StoreError('unreachable', String(error), { cause: error })
    return false
  }
}
