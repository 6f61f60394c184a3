// Streams over MQTT, at `streams/<stream id>`: what a reader subscribes to is opened like any other subscription, and ends like one.
import { GatewayError, type ErrorCode } from '#gateway/errors.ts'
import { REASON } from '#gateway/mqtt/codec/reason.ts'
import { FeedRefusal, type Feed, type FeedEnd, type FeedOutlet, type Feeds } from '#gateway/mqtt/feeds.ts'
import type { Party } from '#gateway/parties/parties.ts'
import type { Subscription } from '#gateway/publish/network.ts'
import type { Sink } from '#gateway/publish/sink.ts'
import type { View } from '#gateway/publish/view.ts'
import type { LiveStreams } from '#gateway/publish/websocket.ts'

export const STREAM_TOPIC = 'streams/'

export interface MqttFeedsOptions {
  readonly live: LiveStreams
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
    let sink: MqttSink | undefined
    try {
      if (!party) throw new GatewayError('UNAUTHENTICATED', 'There is no such party.')
      if (!topic.startsWith(STREAM_TOPIC)) throw new GatewayError('NOT_FOUND', `Streams are at ${STREAM_TOPIC}ID.`)
      const subscription = this.#options.live.open(party, topic.slice(STREAM_TOPIC.length), from, () => sink = new MqttSink(outlet))
      return new OpenFeed(sink!, subscription)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      throw new FeedRefusal(REASONS[error.code] ?? REASON.NOT_AUTHORIZED, endOf(error.code))
    }
  }
}

class OpenFeed implements Feed {
  readonly #sink: MqttSink
  readonly #subscription: Subscription

  constructor(sink: MqttSink, subscription: Subscription) {
    this.#sink = sink
    this.#subscription = subscription
  }

  drained(): void { this.#sink.onDrain() }
  stop(): void { this.#subscription.stop() }
  close(): void { this.#subscription.close() }
}

class MqttSink implements Sink {
  onDrain = () => {}
  readonly #outlet: FeedOutlet

  constructor(outlet: FeedOutlet) { this.#outlet = outlet }

  get isFull(): boolean { return this.#outlet.isFull }
  caughtUp(): void { this.#outlet.caughtUp() }
  get isEmpty(): boolean { return this.#outlet.isEmpty }
  send(views: readonly View[]): boolean { return this.#outlet.send(views) }
  end(code: ErrorCode): void { this.#outlet.end(endOf(code)) }
  cut(code: ErrorCode): void { this.#outlet.cut(endOf(code)) }
}

function endOf(code: ErrorCode): FeedEnd { return { word: code, isFinal: !PASSING.has(code) } }
