// One feed of a reader's connection: what of it waits here, and how far it has come. A city follows thousands that are mostly idle, so that
// it makes nothing before it is needed.
import { encodeProperties } from '#gateway/mqtt/codec/encode.ts'
import type { Version } from '#gateway/mqtt/codec/packets.ts'
import type { Properties } from '#gateway/mqtt/codec/properties.ts'
import type { Feed, FeedEnd, FeedMessage, FeedOutlet } from '#gateway/mqtt/feeds.ts'
import type { SubscriptionOptions } from '#gateway/mqtt/subscriptions.ts'
import type { Sent } from '#gateway/mqtt/unacknowledged.ts'

/** Where a line's messages go. */
export interface FeedLineHost {
  take(line: FeedLine, messages: readonly FeedMessage[]): boolean
  caughtUp(line: FeedLine): void
  /** Whether bytes of it wait in the socket. */
  isInSocket(line: FeedLine): boolean
  endBehind(line: FeedLine, end: FeedEnd): void
  cut(line: FeedLine, end: FeedEnd): void
  reset(line: FeedLine, end: FeedEnd): void
}

export class FeedLine implements FeedOutlet {
  readonly topic: string
  options: SubscriptionOptions
  feed: Feed | undefined
  readonly queue: FeedMessage[] = []
  /** Its feed waits to be told of room. */
  isFull: boolean
  /** All that there was when it was opened has been handed over. */
  hasCaughtUp = false
  /** Its connection ends for it: what waits goes all the same. */
  isEnding = false
  /** Of the bytes of the connection, so many had been sent behind its last message. */
  sentUntil = 0
  /** Of the last message that was sent to a reader with a session. */
  lastId: string | undefined
  /** Milliseconds since 1970. */
  readonly openedAt = Date.now()
  readonly #host: FeedLineHost
  /** What another connection has sent of it, by message id, until it has passed the last of that. */
  #before: Map<string, Sent> | undefined
  #beforeUntil = 0
  #topicBytes: Buffer | undefined

  constructor(topic: string, options: SubscriptionOptions, host: FeedLineHost, isFull: boolean) {
    this.topic = topic
    this.options = options
    this.isFull = isFull
    this.#host = host
  }

  get qos(): 0 | 1 { return this.options.qos as 0 | 1 }
  get isEmpty(): boolean { return this.queue.length === 0 && !this.#host.isInSocket(this) }
  /** Nothing that it had when it was opened is still to come. */
  get isExhausted(): boolean { return this.hasCaughtUp && this.queue.length === 0 }

  send(messages: readonly FeedMessage[]): boolean { return this.#host.take(this, messages) }
  caughtUp(): void {
    this.hasCaughtUp = true
    this.#before = undefined
    this.#host.caughtUp(this)
  }

  end(end: FeedEnd): void { this.#host.endBehind(this, end) }
  cut(end: FeedEnd): void { this.#host.cut(this, end) }
  reset(end: FeedEnd): void { this.#host.reset(this, end) }

  /** What a connection before this one has sent. */
  expect(sent: Sent): void {
    if (this.hasCaughtUp) return
    this.#before ??= new Map()
    this.#before.set(sent.messageId, sent)
    this.#beforeUntil = Math.max(this.#beforeUntil, sent.position)
  }

  /** Lets messages wait. Up to the last that was sent before, those that were not sent then, or are acknowledged, do not come now. */
  admit(messages: readonly FeedMessage[]): void {
    if (!this.#before) return void this.queue.push(...messages)
    for (const message of messages) {
      const sent = this.#before?.get(message.id), isNew = !this.#before || message.position > this.#beforeUntil
      if (isNew) this.#before = undefined
      if (isNew || (sent && !sent.isAnswered)) this.queue.push(message)
    }
  }

  get topicBytes(): Buffer { return this.#topicBytes ??= Buffer.from(this.topic) }

  /** What of a message MQTT 5 is told beside it, encoded. */
  propertiesOf(message: FeedMessage, version: Version): Buffer | undefined {
    return version === 5 ? encodeProperties(propertiesOf(message, this.options.subscriptionId)) : undefined
  }
}

function propertiesOf({ userProperties }: FeedMessage, subscriptionId: number | undefined): Properties {
  return { user: userProperties.map(([name, value]): [string, string] => [name, value]), ...subscriptionId !== undefined && { subscriptionIds: [subscriptionId] } }
}
