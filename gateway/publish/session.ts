// One subscriber on one stream. The journal is its queue: as long as its transport takes what comes it is live; else it reads on from where
// it stopped. What it may have is asked at each message: a session holds no permission of its own.
import type { Plan, Plans } from '#gateway/decision/plans.ts'
import type { Outlet } from '#gateway/decision/standing.ts'
import type { ErrorCode } from '#gateway/errors.ts'
import type { Journal } from '#gateway/journal/journal.ts'
import type { JournalRecord } from '#gateway/journal/record.ts'
import type { Account, Meter } from '#gateway/market/meter.ts'
import type { Channel } from '#gateway/publish/channel.ts'
import type { Message } from '#gateway/publish/message.ts'
import { Sampler, type Sampled } from '#gateway/publish/sampler.ts'
import type { Sink } from '#gateway/publish/sink.ts'
import { View } from '#gateway/publish/view.ts'
import type { Log } from '#gateway/telemetry/log.ts'
import type { Transform } from '#gateway/transforms/transform.ts'
import { unpack } from '#semantic-models/packed.ts'

export interface SessionOptions {
  readonly channel: Channel
  readonly agreementId: string
  readonly journal: Journal
  readonly plans: Plans
  readonly meter: Meter
  readonly log: Log
  readonly sink: Sink
  /** Behind this position of the stream it begins. */
  readonly from: number
  /** Writes down what was charged. False: it cannot be written now, and nothing of it may be handed over. */
  readonly commit: () => boolean
  /** Told of each hand-over. */
  readonly onDelivered: (count: number) => void
  /** Nothing more is delivered … */
  readonly onEnded: () => void
  /** … and the transport has gone. */
  readonly onClosed: () => void
}

/** Most streams bring one message in a turn: what waits is made for it, and gone with it. */
const NOTHING: readonly View[] = []

export class Session {
  readonly agreementId: string
  readonly #options: SessionOptions
  readonly #meter: Meter
  readonly #sink: Sink
  #sampler: Sampler | undefined
  #cursor: number
  #outbox: readonly View[] = NOTHING
  /** The plan that was asked last, and what it said. */
  #plan: Plan | undefined
  #outlet: Outlet | undefined
  #account: Account | undefined
  #fedBy: string | undefined
  /** Has handed over all that was published, and gets what comes from memory. */
  #isLive = false
  #isReading = false
  #hasRoom: boolean
  #isEnded = false

  constructor(options: SessionOptions) {
    this.#options = options
    this.#meter = options.meter
    this.#sink = options.sink
    this.agreementId = options.agreementId
    this.#cursor = options.from
    this.#hasRoom = options.sink.isFull !== true
    options.sink.onDrain = () => { this.#hasRoom = true; this.resume() }
    this.resume()
  }

  /** The consent by which it was fed last, if it was; also by which whatever waits in its transport left. */
  get fedBy(): string | undefined { return this.#fedBy }
  /** Whether bytes wait in its transport. */
  get isWaiting(): boolean { return !this.#sink.isEmpty }

  /** By which outlet it may have a message that is published now; undefined where it may not, or will find it in the journal. */
  outletFor(message: Message, plan: Plan): Outlet | undefined {
    return this.#isLive && message.position > this.#cursor ? this.#outletIn(plan, message, message.content.mask) : undefined
  }

  /** Nothing waits for `flush`. */
  get isEmpty(): boolean { return this.#outbox.length === 0 }

  /** Takes a message, charged; `flush` hands it over. False where that is not paid for. */
  take(view: View, { consentId }: Outlet): boolean {
    const { message, length } = view
    if (this.#fedBy !== consentId && this.#outbox.length > 0) this.flush()
    this.#cursor = message.position
    if (!this.#charge(message, length, consentId)) return false
    this.#fedBy = consentId
    if (this.#outbox === NOTHING) this.#outbox = [view]
    else (this.#outbox as View[]).push(view)
    return true
  }

  #charge(message: Message, bytes: number, consentId: string): boolean {
    if (!this.#account?.isOpenToCharges) this.#account = this.#meter.accountOf(this.agreementId)
    return this.#meter.charge(this.#account, message.position, bytes, message, consentId)
  }

  /**
   * Hands over what was taken. What cannot be written down is taken back (false), and found in the journal again: it is charged once.
   * `isCommitted`: whether it is written down, where somebody has seen to that for several sessions.
   */
  flush(isCommitted?: boolean): boolean {
    const outbox = this.#outbox, { length } = outbox
    if (length === 0) return true
    this.#outbox = NOTHING
    const isSafe = isCommitted ?? this.#options.commit()
    if (isSafe) {
      this.#options.onDelivered(length)
      this.#hasRoom = this.#sink.send(outbox, this.#fedBy)
    } else this.#cursor = outbox[0]!.message.position - 1
    this.#isLive &&= isSafe && this.#hasRoom
    return isSafe
  }

  /** Reads on from the journal until it has caught up or the transport has had enough. */
  resume(): void {
    if (this.#isLive || this.#isReading || this.#isEnded || !this.#hasRoom) return
    if (this.#hasCaughtUp()) this.#goLive()
    else void this.#readOn()
  }

  /**
   * Ends the stream with a code, behind what was charged. With `purge` nothing of it may reach a socket any more, also when the stream had
   * ended before: the transport is cut if bytes wait in it.
   */
  end(code: ErrorCode, message: string, purge = false): void {
    const wasOpen = !this.#isEnded
    if (wasOpen && !purge) this.flush()
    if (wasOpen) this.#end()
    if (purge && this.isWaiting) this.#sink.cut(code)
    else if (wasOpen) this.#sink.end(code, message)
  }

  /** As `end` with `purge`, whether or not anything is known to wait: the kernel does not say. */
  reset(code: ErrorCode): void {
    if (!this.#isEnded) this.#end()
    if (this.#sink.reset) this.#sink.reset(code)
    else this.#sink.cut(code)
  }

  /** Takes nothing more. What was handed over can still be cut off. */
  stop(): void {
    if (this.#isEnded) return
    this.flush()
    this.#end()
  }

  /** The transport has gone. */
  close(): void {
    if (!this.#isEnded) this.#end()
    this.#options.onClosed()
  }

  #goLive(): void {
    this.#isLive = true
    this.#sink.caughtUp?.()
  }

  #end(): void {
    this.#isEnded = true
    this.#isLive = false
    this.#outbox = NOTHING
    this.#options.onEnded()
  }

  async #readOn(): Promise<void> {
    const { journal, channel, log } = this.#options, { stream } = channel
    let isCommitted = true
    this.#isReading = true
    try {
      while (isCommitted && this.#hasRoom && !this.#isEnded && !this.#hasCaughtUp()) {
        const { published } = channel, records = await journal.read(stream.number, this.#cursor)
        for (const record of records) this.#replay(record)
        if (records.length === 0) this.#cursor = Math.max(this.#cursor, published) // of what had gone out by then nothing is left to be had
        isCommitted = this.flush()
      }
    } catch (error) {
      log.error({ streamId: stream.id, error: String(error) }, 'Failed to read the journal for a subscriber')
      this.end('UNAVAILABLE', 'What was kept could not be read. Try again.', true)
    }
    this.#isReading = false
    if (this.#hasRoom && !this.#isEnded && this.#hasCaughtUp()) this.#goLive()
  }

  #replay(record: JournalRecord): void {
    if (this.#isEnded) return
    this.#cursor = record.position
    const { channel: { stream } } = this.#options, content = unpack(record.content), outlet = this.#outletIn(this.#options.plans.of(stream), record, content.mask)
    const view = outlet && new View({ ...record, stream, content }, outlet.mask & content.mask, outlet.transform)
    if (view && !view.isEmpty) this.take(view, outlet)
  }

  /** A message is delivered when something of it was granted as it came, and is now. */
  #outletIn(plan: Plan, message: Sampled, mask: number): Outlet | undefined {
    if (plan !== this.#plan) {
      this.#plan = plan
      this.#outlet = plan.outlets.get(this.agreementId)
    }
    const outlet = this.#outlet
    if (!outlet || message.timestamp < outlet.since || (outlet.mask & mask) === 0) return undefined
    return outlet.transform === undefined || this.#isSample(outlet.transform, message) ? outlet : undefined
  }

  #isSample(transform: Transform, message: Sampled): boolean {
    this.#sampler ??= new Sampler(this.#options.journal, this.#options.channel.stream.number)
    return this.#sampler.takes(transform, message)
  }

  #hasCaughtUp(): boolean { return this.#cursor >= this.#options.channel.published }
}
