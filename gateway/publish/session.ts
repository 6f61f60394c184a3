// One subscriber on one stream. The journal is its queue: as long as its transport takes what comes it is live; else it reads on from where it stopped.
import type { Outlet } from '#gateway/decision/standing.ts'
import type { ErrorCode } from '#gateway/errors.ts'
import type { Stream } from '#gateway/devices/streams.ts'
import type { Journal } from '#gateway/journal/journal.ts'
import type { JournalRecord } from '#gateway/journal/record.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import type { Log } from '#gateway/telemetry/log.ts'
import type { Meter } from '#gateway/market/meter.ts'
import type { Message } from '#gateway/publish/message.ts'
import { REFUSAL_TEXTS } from '#gateway/publish/refusal-texts.ts'
import type { Outgoing, Sink } from '#gateway/publish/sink.ts'
import { unpack, view } from '#semantic-models/entity.ts'

export interface SessionOptions {
  readonly stream: Stream
  readonly journal: Journal
  readonly meter: Meter
  readonly clock: Clock
  readonly log: Log
  readonly sink: Sink
  readonly outlet: Outlet
  /** Behind this position of the stream it begins. */
  readonly from: number
  /** Told of each hand-over. */
  readonly onDelivered: (count: number) => void
  readonly onClosed: (session: Session) => void
}

export class Session {
  readonly #options: SessionOptions
  outlet: Outlet
  #cursor: number
  #outbox: Outgoing[] = []
  #isLive = false
  #isReading = false
  #isEnded = false

  constructor(options: SessionOptions) {
    this.#options = options
    this.outlet = options.outlet
    this.#cursor = options.from
    options.sink.onDrain = () => this.resume()
    this.resume()
  }

  get isEnded(): boolean { return this.#isEnded }

  /** Takes a message that is published now; `flush` hands it over. One that comes while the session reads the journal is found there. */
  offer(message: Message, content: string): void {
    if (this.#isLive && message.position > this.#cursor) this.#take(message, content)
  }

  /** Hands over what was taken. What it costs is written down first (Meter.commit). */
  flush(): void {
    if (this.#outbox.length === 0) return
    const outbox = this.#outbox
    this.#outbox = []
    this.#options.onDelivered(outbox.length)
    if (!this.#options.sink.send(outbox)) this.#isLive = false
  }

  /** Reads on from the journal until it has caught up or the transport has had enough. */
  resume(): void {
    if (this.#isReading || this.#isEnded || this.#isLive) return
    if (this.#hasCaughtUp()) { this.#isLive = true; return }
    this.#isReading = true
    this.#readOn().catch((error: unknown) => {
      this.#options.log.error({ streamId: this.#options.stream.id, error: String(error) }, 'Failed to read the journal for a subscriber')
      this.end('UNAVAILABLE', 'What was kept could not be read. Try again.', true)
    }).finally(() => { this.#isReading = false })
  }

  /** Ends the stream: what was taken (and charged) is handed over, unless `purge` forbids that a byte leaves. */
  end(code: ErrorCode, message: string, purge = false): void {
    if (this.#isEnded) return
    this.#isEnded = true
    if (!purge) this.#handOverRest()
    this.#outbox = []
    this.#options.sink.end(code, message, purge)
    this.#options.onClosed(this)
  }

  /** What was charged is handed over, where it can be written down. */
  #handOverRest(): void {
    if (this.#outbox.length === 0) return
    try {
      this.#options.meter.commit()
      this.flush()
    } catch (error) {
      this.#options.log.error({ error: String(error) }, 'Failed to write the usage log: what it tells of is not handed over')
    }
  }

  /** The transport has gone. */
  close(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#outbox = []
    this.#options.onClosed(this)
  }

  async #readOn(): Promise<void> {
    const { journal, stream, meter, sink, onDelivered } = this.#options
    while (!this.#isEnded && !this.#hasCaughtUp()) {
      for (const record of await journal.read(stream.number, this.#cursor)) this.#replay(record)
      if (this.#isEnded) return
      meter.commit()
      const outbox = this.#outbox
      this.#outbox = []
      onDelivered(outbox.length)
      if (!sink.send(outbox)) return
    }
    this.#isLive = !this.#isEnded
  }

  /** A kept message is delivered when it was granted then, and is now. */
  #replay(record: JournalRecord): void {
    if (this.#isEnded || record.position <= this.#cursor) return
    this.#cursor = record.position
    if (record.timestamp < this.outlet.since) return
    const { stream } = this.#options
    const entity = unpack(record.content)
    this.#take({ ...record, stream, entity }, view(entity, this.outlet.mask))
  }

  #take(message: Message, content: string): void {
    if (this.#options.clock.now() >= this.outlet.until) return this.end('EXPIRED', REFUSAL_TEXTS.EXPIRED, true)
    this.#cursor = message.position
    if (this.#options.meter.charge(this.outlet.agreementId, message.position, Buffer.byteLength(content))) this.#outbox.push({ message, content })
  }

  #hasCaughtUp(): boolean { return this.#cursor >= this.#options.journal.lastPosition(this.#options.stream.number) }
}
