// Streams over MQTT, at `streams/<stream id>`: what a reader subscribes to is opened like any other subscription, and ends like one. At
// `proofs/<stream id>` the same messages come in their envelopes, with proofs: a topic is a wish that every version of MQTT can say.
import { GatewayError, type ErrorCode } from '#gateway/errors.ts'
import { REASON } from '#gateway/mqtt/codec/reason.ts'
import { FeedRefusal, type Feed, type FeedEnd, type FeedOutlet, type Feeds } from '#gateway/mqtt/feeds.ts'
import type { Party } from '#gateway/parties/parties.ts'
import type { Subscription } from '#gateway/publish/network.ts'
import type { ProvenMessage } from '#gateway/publish/proven-message.ts'
import { SealedSink, type ProvenSink, type Seals } from '#gateway/publish/sealed-sink.ts'
import type { Sink } from '#gateway/publish/sink.ts'
import type { View } from '#gateway/publish/view.ts'
import type { LiveStreams } from '#gateway/publish/websocket.ts'

export const STREAM_TOPIC = 'streams/', PROOFS_TOPIC = 'proofs/'

export interface MqttFeedsOptions {
  readonly live: LiveStreams
  readonly seals: Seals
  readonly party: (id: string) => Party | undefined
}

/** What is refused for what it is, and not for who asks, by the reason code of a SUBACK (MQTT 5 §3.9.3). Else it is not authorised. */
const REASONS: Partial<Record<ErrorCode, number>> = {
  NOT_FOUND: REASON.BAD_FILTER, BAD_REQUEST: REASON.BAD_FILTER, LIMIT_REACHED: REASON.QUOTA, UNAVAILABLE: REASON.UNSPECIFIED,
}
/** These pass: what was subscribed to stays so. */
const PASSING: ReadonlySet<ErrorCode> = new Set(['UNAUTHENTICATED', 'LIMIT_REACHED', 'UNAVAILABLE'])

export class MqttFeeds implements Feeds {
  readonly #options: MqttFeedsOptions

  constructor(options: MqttFeedsOptions) { this.#options = options }

  /** Wildcards and shares name no stream, and are answered as such. */
  open(readerId: string, topic: string, from: string | undefined, outlet: FeedOutlet): Feed {
    const party = this.#options.party(readerId)
    let sink: MqttSink | undefined, sealed: SealedSink | undefined
    try {
      if (!party) throw new GatewayError('UNAUTHENTICATED', 'There is no such party.')
      const { streamId, hasProof } = wishOf(topic), { live, seals } = this.#options
      const connect = (): Sink => {
        sink = new MqttSink(outlet)
        return hasProof ? sealed = new SealedSink(sink, seals) : sink
      }
      const subscription = live.open(party, streamId, from, connect)
      return new OpenFeed(sink!, subscription, sealed)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      throw new FeedRefusal(REASONS[error.code] ?? REASON.NOT_AUTHORIZED, endOf(error.code))
    }
  }
}

function wishOf(topic: string): { streamId: string, hasProof: boolean } {
  for (const prefix of [STREAM_TOPIC, PROOFS_TOPIC]) {
    if (topic.startsWith(prefix)) return { streamId: topic.slice(prefix.length), hasProof: prefix === PROOFS_TOPIC }
  }
  throw new GatewayError('NOT_FOUND', `Streams are at ${STREAM_TOPIC}ID, with proofs at ${PROOFS_TOPIC}ID.`)
}

class OpenFeed implements Feed {
  readonly #sink: MqttSink
  readonly #subscription: Subscription
  readonly #sealed: SealedSink | undefined

  constructor(sink: MqttSink, subscription: Subscription, sealed: SealedSink | undefined) {
    this.#sink = sink
    this.#subscription = subscription
    this.#sealed = sealed
  }

  drained(): void { this.#sink.onDrain() }
  stop(): void {
    this.#subscription.stop()
    this.#sealed?.flush()
  }

  close(): void { this.#subscription.close() }
}

class MqttSink implements Sink, ProvenSink {
  onDrain = () => {}
  readonly #outlet: FeedOutlet

  constructor(outlet: FeedOutlet) { this.#outlet = outlet }

  get isFull(): boolean { return this.#outlet.isFull }
  caughtUp(): void { this.#outlet.caughtUp() }
  get isEmpty(): boolean { return this.#outlet.isEmpty }
  send(views: readonly View[]): boolean { return this.#outlet.send(views) }
  sendProven(messages: readonly ProvenMessage[]): boolean { return this.#outlet.send(messages) }
  end(code: ErrorCode): void { this.#outlet.end(endOf(code)) }
  cut(code: ErrorCode): void { this.#outlet.cut(endOf(code)) }
  reset(code: ErrorCode): void { this.#outlet.reset(endOf(code)) }
}

function endOf(code: ErrorCode): FeedEnd { return { word: code, isFinal: !PASSING.has(code) } }
