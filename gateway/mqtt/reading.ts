// What one reader's connection follows. Its feeds are its queue: here waits no more than one hand-over of each, and nothing outlives the
// connection but the id of the last message that was acknowledged, in the session.
import { publishAround } from '#gateway/mqtt/codec/encode.ts'
import type { FilterWish, Version } from '#gateway/mqtt/codec/packets.ts'
import type { Properties } from '#gateway/mqtt/codec/properties.ts'
import { REASON } from '#gateway/mqtt/codec/reason.ts'
import { FeedRefusal, type Feed, type FeedEnd, type FeedMessage, type FeedOutlet, type Feeds } from '#gateway/mqtt/feeds.ts'
import type { MqttLimits } from '#gateway/mqtt/limits.ts'
import type { Session } from '#gateway/mqtt/session.ts'
import type { SubscriptionOptions } from '#gateway/mqtt/subscriptions.ts'

/**
 * Bytes that may wait in a socket before its feeds are left alone. More than a stream's own mark, so that its `drain` tells of room, and
 * little enough for a slow line to have read them before it counts as frozen.
 */
export const FEED_BYTES_MAX = 131_072

/** The connection that a reader has. */
export interface ReadingCarrier {
  readonly version: Version
  /** Messages that the client takes ahead of its acknowledgements. */
  readonly receiveMaximum: number
  /** Bytes; Infinity where the client names none. */
  readonly maximumPacketSize: number
  /** Bytes that the kernel has not taken. */
  readonly waiting: number
  send(bytes: Buffer): void
  /** Gives to the socket what was sent in this turn. */
  flush(): void
  /** Ends the connection behind what was sent, with a word for MQTT 5. */
  goodbye(word: string): void
  /** Ends it at once. */
  abandon(): void
}

export interface ReadingOptions {
  readonly readerId: string
  readonly carrier: ReadingCarrier
  readonly session: Session
  readonly feeds: Feeds
  readonly limits: MqttLimits
}

/** How a wish was answered: a reason code, and the word of a refusal. */
export interface Grant { readonly code: number, readonly word?: string }

export class Reading {
  readonly #options: ReadingOptions
  readonly #lines = new Map<string, Line>()
  /** Those that have something to send, or whose feed waits for room. */
  readonly #busy = new Set<Line>()
  /** Whose message a packet id stands for. */
  readonly #inFlight = new Map<number, Line>()
  #lastId = 0
  #isEnded = false

  constructor(options: ReadingOptions) { this.#options = options }

  /** Opens again what its session subscribed to. What may not be had any more is left out, and told by a goodbye: there is no other way. */
  resume(): void {
    const { session, carrier } = this.#options
    let refusal: FeedRefusal | undefined
    for (const [topic, options] of [...session.subscriptions]) {
      try {
        this.#open(topic, options)
      } catch (error) {
        refusal ??= refusalOf(error)
        if (refusalOf(error).isFinal) this.#forget(topic)
      }
    }
    if (refusal) carrier.goodbye(refusal.word)
  }

  /** The exact topic of a feed, at QoS 0 or 1. Asked for again it goes on, at the QoS that is asked for now. */
  subscribe({ filter, qos, noLocal, retainAsPublished }: FilterWish, subscriptionId: number | undefined): Grant {
    const { session: { subscriptions }, limits } = this.#options, line = this.#lines.get(filter)
    if (!line && subscriptions.size >= limits.filtersPerSourceMax) return { code: REASON.QUOTA, word: 'LIMIT_REACHED' }
    const granted = Math.min(qos, 1) as 0 | 1
    const after = granted === 1 ? line?.options.after ?? new Date().toISOString() : undefined
    const options = { qos: granted, noLocal, retainAsPublished, subscriptionId, ...after !== undefined && { after } }
    try {
      if (line) line.options = options
      else this.#open(filter, options, undefined)
    } catch (error) {
      const { code, word } = refusalOf(error)
      return { code, word }
    }
    this.#remember(filter, options)
    return { code: granted }
  }

  /** False where there was none. */
  unsubscribe(topic: string): boolean {
    const line = this.#lines.get(topic)
    this.#forget(topic)
    if (!line) return false
    this.#lines.delete(topic)
    this.#busy.delete(line)
    for (const id of line.unanswered.keys()) this.#inFlight.delete(id)
    line.feed?.close()
    return true
  }

  /** PUBACK. An id that is not known is nothing. */
  acknowledged(id: number): void {
    const line = this.#inFlight.get(id)
    if (!line) return
    this.#inFlight.delete(id)
    const after = line.answered(id)
    if (after !== undefined && line.options.qos === 1) this.#remember(line.topic, line.options = { ...line.options, after })
    this.pump()
  }

  /** Goes on with what waits as far as the client takes it: each feed a message in its turn. */
  pump(): void {
    if (this.#isEnded) return
    for (let isMoving = true; isMoving;) {
      isMoving = false
      for (const line of this.#busy) isMoving = this.#sendNext(line) || isMoving
    }
    this.#options.carrier.flush()
    for (const line of this.#busy) this.#settle(line)
  }

  /** The connection says nothing more. Whoever waits for its last bytes to leave can still cut them off. */
  end(): void {
    this.#isEnded = true
    if (this.#options.carrier.waiting === 0) this.close()
  }

  /** The socket has gone. */
  close(): void {
    this.#isEnded = true
    for (const { feed } of this.#lines.values()) feed?.close()
    this.#lines.clear()
    this.#busy.clear()
  }

  #open(topic: string, options: SubscriptionOptions, from = options.after): void {
    const { readerId, feeds } = this.#options, line = new Line(topic, options)
    this.#lines.set(topic, line)
    try {
      line.feed = feeds.open(readerId, topic, from, this.#outletOf(line))
    } catch (error) {
      this.#lines.delete(topic)
      throw error
    }
  }

  #outletOf(line: Line): FeedOutlet {
    const { carrier } = this.#options
    return {
      send: messages => this.#take(line, messages),
      get isEmpty() { return line.queue.length === 0 && carrier.waiting === 0 },
      end: end => this.#endBehind(line, end),
      cut: end => this.#cut(line, end),
    }
  }

  #take(line: Line, messages: readonly FeedMessage[]): boolean {
    if (this.#isEnded) return false
    line.queue.push(...messages)
    while (this.#sendNext(line)) { /* as far as it goes */ }
    this.#options.carrier.flush()
    line.isFull = line.queue.length > 0 || !this.#hasRoom
    if (line.isFull) this.#busy.add(line)
    return !line.isFull
  }

  #endBehind(line: Line, end: FeedEnd): void {
    if (end.isFinal) this.#forget(line.topic)
    line.lastWord = end.word
    this.#busy.add(line)
    this.#settle(line)
  }

  #cut(line: Line, { word, isFinal }: FeedEnd): void {
    const { carrier } = this.#options
    if (isFinal) this.#forget(line.topic)
    line.queue.length = 0
    if (carrier.waiting > 0 || this.#isEnded) carrier.abandon()
    else carrier.goodbye(word)
  }

  /** Where nothing waits any more its feed is told, or the client, if that was all. */
  #settle(line: Line): void {
    if (line.queue.length > 0 || this.#isEnded) return
    if (line.lastWord !== undefined) return this.#options.carrier.goodbye(line.lastWord)
    if (!this.#hasRoom) return
    this.#busy.delete(line)
    if (!line.isFull) return
    line.isFull = false
    line.feed?.drained()
  }

  get #hasRoom(): boolean { return this.#options.carrier.waiting < FEED_BYTES_MAX }

  #mayGo({ options: { qos } }: Line): boolean {
    const { carrier, limits } = this.#options
    return this.#hasRoom && (qos === 0 || this.#inFlight.size < Math.min(carrier.receiveMaximum, limits.inFlightMax))
  }

  /** True where a message left its queue; one that is too large for its reader is not sent [MQTT5-3.1.2-25]. */
  #sendNext(line: Line): boolean {
    if (line.queue.length === 0 || !this.#mayGo(line)) return false
    const { carrier } = this.#options, message = line.queue.shift()!, id = line.options.qos === 0 ? 0 : this.#nextId()
    const bytes = line.frameOf(message, id, carrier.version)
    if (bytes.length > carrier.maximumPacketSize) return true
    if (id > 0) {
      this.#inFlight.set(id, line)
      line.unanswered.set(id, { messageId: message.id, isAnswered: false })
    }
    carrier.send(bytes)
    return true
  }

  #remember(topic: string, options: SubscriptionOptions): void {
    const { session } = this.#options
    session.subscriptions.set(topic, options)
    session.isDirty = true
  }

  #forget(topic: string): void {
    const { session } = this.#options
    if (session.subscriptions.delete(topic)) session.isDirty = true
  }

  /** From 1 on; 0 is none. */
  #nextId(): number {
    do this.#lastId = this.#lastId % 0xffff + 1
    while (this.#inFlight.has(this.#lastId))
    return this.#lastId
  }
}

/** One feed of a connection. */
class Line {
  readonly topic: string
  options: SubscriptionOptions
  feed: Feed | undefined
  readonly queue: FeedMessage[] = []
  /** Packet ids that were sent and not acknowledged, or not all before them, in their order. */
  readonly unanswered = new Map<number, { readonly messageId: string, isAnswered: boolean }>()
  /** Its feed waits to be told of room. */
  isFull = false
  /** To be said behind what waits. */
  lastWord: string | undefined

  readonly #topicBytes: Buffer

  constructor(topic: string, options: SubscriptionOptions) {
    this.topic = topic
    this.#topicBytes = Buffer.from(topic)
    this.options = options
  }

  /** The id of the message up to which all is acknowledged now; undefined where that has not moved. */
  answered(packetId: number): string | undefined {
    const answered = this.unanswered.get(packetId)
    if (answered) answered.isAnswered = true
    let last: string | undefined
    for (const [id, { messageId, isAnswered }] of this.unanswered) {
      if (!isAnswered) break
      this.unanswered.delete(id)
      last = messageId
    }
    return last
  }

  frameOf(message: FeedMessage, id: number, version: Version): Buffer {
    const { options: { qos, subscriptionId } } = this, properties = version === 5 ? propertiesOf(message, subscriptionId) : undefined
    const { bytes, at } = publishAround({ topic: this.#topicBytes, qos, id, retain: false, isDuplicate: false, properties }, message.length, version)
    message.write(bytes, at)
    return bytes
  }
}

function propertiesOf({ userProperties }: FeedMessage, subscriptionId: number | undefined): Properties {
  return { user: userProperties.map(([name, value]): [string, string] => [name, value]), ...subscriptionId !== undefined && { subscriptionIds: [subscriptionId] } }
}

function refusalOf(error: unknown): FeedRefusal {
  if (error instanceof FeedRefusal) return error
  throw error
}
