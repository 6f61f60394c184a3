// What one reader's connection follows. Its feeds are its queue: here waits no more than one hand-over of each, and nothing outlives the
// connection but how far each feed has come and the packet ids that are not acknowledged, in the session.
import { packetBytes, publishLength, writePublish } from '#gateway/mqtt/codec/encode.ts'
import type { FilterWish } from '#gateway/mqtt/codec/packets.ts'
import { REASON } from '#gateway/mqtt/codec/reason.ts'
import { FeedLine, type FeedLineHost } from '#gateway/mqtt/feed-line.ts'
import { refusalOf, type FeedEnd, type FeedMessage, type FeedRefusal, type Feeds } from '#gateway/mqtt/feeds.ts'
import type { MqttLimits } from '#gateway/mqtt/limits.ts'
import type { ReadingCarrier, ReadingSession } from '#gateway/mqtt/reading-carrier.ts'
import { ReaderState } from '#gateway/mqtt/reader-state.ts'
import type { SubscriptionOptions } from '#gateway/mqtt/subscriptions.ts'
import type { Unacknowledged } from '#gateway/mqtt/unacknowledged.ts'

/**
 * Bytes that may wait in a socket before its feeds are left alone. No less than a stream's own mark, so that its `drain` tells of room, and
 * no more: what a socket has cannot be taken back from it, and a withdrawal has to cut it then.
 */
export const FEED_BYTES_MAX = 65_536
/** As long as less than this waits, what comes is sent without being looked at twice. */
const FREE_BYTES_MAX = FEED_BYTES_MAX / 2
/** Feeds that read on from where they were at one time: each may hand over a mebibyte. */
export const CATCHING_UP_MAX = 8

export interface ReadingOptions {
  readonly readerId: string
  readonly carrier: ReadingCarrier
  readonly session: ReadingSession
  readonly feeds: Feeds
  readonly limits: MqttLimits
}

/** How a wish was answered: a reason code, and the word of a refusal. */
export interface Grant { readonly code: number, readonly word?: string }

export class Reading implements FeedLineHost {
  readonly #options: ReadingOptions
  readonly #lines = new Map<string, FeedLine>()
  /** Those with something to send, by QoS: each a message in its turn. */
  readonly #busy: readonly [Set<FeedLine>, Set<FeedLine>] = [new Set(), new Set()]
  /** Those whose feed waits to be told of room. */
  readonly #thirsty = new Set<FeedLine>()
  readonly #catchingUp = new Set<FeedLine>()
  /** Not followed any more, and something of theirs still waits in the socket: it can be cut off. */
  readonly #parted = new Set<FeedLine>()
  readonly #unacknowledged: Unacknowledged
  readonly #moved: Set<string>
  /** Packet ids of the connection before, to be sent again ahead of anything new at QoS 1. */
  #again: number[] = []
  /** The connection ends with it as soon as what waits has left. */
  #lastWord: string | undefined
  #leavingSince: number | undefined
  #isPumpDue = false
  #isEnded = false

  constructor(options: ReadingOptions) {
    this.#options = options
    const { unacknowledged, moved } = options.session.reader ??= new ReaderState()
    this.#unacknowledged = unacknowledged
    this.#moved = moved
    unacknowledged.onProgress = (topic, messageId) => this.#note(topic, messageId)
  }

  /**
   * Opens again what its session subscribed to, and goes on with what is not acknowledged. What may not be had any more is left out, and told
   * by a goodbye: there is no other way.
   */
  resume(): void {
    const { subscriptions } = this.#options.session
    let refusal: FeedRefusal | undefined
    for (const [topic, options] of [...subscriptions]) {
      try {
        this.#open(topic, options, options.after)
        if (options.qos === 0 && options.after !== undefined) this.#remember(topic, this.#lines.get(topic)!.options = without(options))
      } catch (error) {
        refusal ??= refusalOf(error)
        if (refusalOf(error).isFinal) this.#forget(topic)
      }
    }
    this.#again = this.#unacknowledged.begin()
    for (const sent of this.#unacknowledged) if (sent.topic !== undefined) this.#lines.get(sent.topic)?.expect(sent)
    if (refusal) this.#leave(refusal.word)
    else this.pump()
  }

  /** The exact topic of a feed, at QoS 0 or 1. Asked for again it goes on, at the QoS that is asked for now. */
  subscribe({ filter, qos, noLocal, retainAsPublished }: FilterWish, subscriptionId: number | undefined): Grant {
    const { session: { subscriptions }, limits } = this.#options, line = this.#lines.get(filter)
    if (this.#lastWord !== undefined) return { code: REASON.UNSPECIFIED, word: this.#lastWord }
    if (!subscriptions.has(filter) && subscriptions.size >= limits.feedsPerReaderMax) return { code: REASON.QUOTA, word: 'LIMIT_REACHED' }
    const granted = Math.min(qos, 1) as 0 | 1
    const after = granted === 1 ? line?.options.after ?? line?.lastId ?? new Date().toISOString() : undefined
    const options = { qos: granted, noLocal, retainAsPublished, subscriptionId, ...after !== undefined && { after } }
    try {
      if (line) this.#change(line, options)
      else this.#open(filter, options, undefined)
    } catch (error) {
      const { code, word } = refusalOf(error)
      return { code, word }
    }
    this.#remember(filter, options)
    return { code: granted }
  }

  /** False where there was none. What is in flight keeps its packet id until it is acknowledged [MQTT-3.10.4-3]. */
  unsubscribe(topic: string): boolean {
    const line = this.#lines.get(topic), isKnown = this.#forget(topic)
    this.#unacknowledged.detach(topic)
    if (!line) return isKnown
    line.feed?.stop()
    this.#lines.delete(topic)
    for (const set of [...this.#busy, this.#thirsty, this.#catchingUp]) set.delete(line)
    line.queue.length = 0
    this.#parted.add(line)
    this.#closeParted()
    this.#pumpSoon()
    return true
  }

  /** PUBACK. */
  acknowledged(id: number): void {
    this.#unacknowledged.acknowledge(id)
    this.pump()
  }

  /** Goes on with what waits as far as the client takes it, and tells feeds of room. */
  pump(): void {
    if (this.#isEnded) return
    this.#closeParted()
    this.#advance()
    if (this.#lastWord === undefined) return this.#quench()
    const { carrier } = this.#options
    carrier.flush()
    if (this.#busy.every(({ size }) => size === 0) && carrier.waiting === 0) carrier.goodbye(this.#lastWord)
  }

  /** To be called in intervals, with milliseconds that never run backwards: a reader who takes too long to leave is left. */
  sweep(now: number): void {
    this.#closeParted()
    if (this.#lastWord === undefined || this.#isEnded) return
    const { carrier, limits } = this.#options
    this.#leavingSince ??= now
    if (now - this.#leavingSince <= limits.leavingMsMax) return this.pump()
    if (carrier.waiting > 0) carrier.abandon()
    else carrier.goodbye(this.#lastWord)
  }

  /** The connection says nothing more. Whoever waits for its last bytes to leave can still cut them off. */
  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    for (const line of this.#lines.values()) {
      line.feed?.stop()
      this.#bookmark(line)
      line.queue.length = 0
      if (!this.isInSocket(line)) this.#close(line)
    }
    this.#closeParted()
  }

  /** The socket has gone. */
  close(): void {
    this.end()
    for (const line of this.#lines.values()) this.#close(line)
    for (const line of this.#parted) line.feed?.close()
    this.#parted.clear()
  }

  take(line: FeedLine, messages: readonly FeedMessage[]): boolean {
    if (this.#isFree(line, messages.length)) {
      for (const message of messages) this.#sendNow(line, message)
      this.#options.carrier.flushSoon()
      return true
    }
    line.admit(messages)
    if (line.queue.length > 0) this.#busy[line.qos].add(line)
    if (this.#isEnded) return false
    this.#advance()
    for (const message of line.queue) message.keep()
    line.isFull = line.queue.length > 0 || !this.#hasRoom()
    if (line.isFull) this.#catchingUp.delete(line)
    if (line.isFull && line.queue.length === 0) this.#thirsty.add(line)
    this.#pumpSoon()
    return !line.isFull
  }

  /** Whether so many messages may go at once: the usual case by far. */
  #isFree(line: FeedLine, count: number): boolean {
    const [busy0, busy1] = this.#busy
    const isAlone = line.hasCaughtUp && line.queue.length === 0 && busy0.size + busy1.size + this.#again.length + this.#thirsty.size === 0
    if (!isAlone || this.#lastWord !== undefined || this.#isEnded || (line.qos === 1 && this.#window() < count)) return false
    const { carrier } = this.#options
    if (carrier.waiting >= FREE_BYTES_MAX) carrier.flush()
    return carrier.waiting < FREE_BYTES_MAX
  }

  caughtUp(line: FeedLine): void {
    this.#catchingUp.delete(line)
    this.#pumpSoon()
  }

  isInSocket({ sentUntil }: FeedLine): boolean {
    const { sent, waiting } = this.#options.carrier
    return sentUntil > sent - waiting
  }

  endBehind(line: FeedLine, { word, isFinal }: FeedEnd): void {
    if (isFinal) this.#forget(line.topic)
    line.isEnding = true
    this.#leave(word)
  }

  /** What waits of others goes first, unless what the socket has can only be cut off whole. */
  cut(line: FeedLine, { word, isFinal }: FeedEnd): void {
    this.#drop(line, isFinal)
    if (this.isInSocket(line)) this.#options.carrier.abandon()
    else this.#leave(word)
  }

  reset(line: FeedLine, { isFinal }: FeedEnd): void {
    this.#drop(line, isFinal)
    this.#options.carrier.reset()
  }

  #drop(line: FeedLine, isFinal: boolean): void {
    if (isFinal && !this.#parted.has(line)) this.#forget(line.topic)
    line.queue.length = 0
    this.#busy[line.qos].delete(line)
  }

  #open(topic: string, options: SubscriptionOptions, from: string | undefined): void {
    const { readerId, feeds } = this.#options, line = new FeedLine(topic, options, this, from !== undefined)
    line.feed = feeds.open(readerId, topic, from, line)
    this.#lines.set(topic, line)
    if (line.isFull) this.#thirsty.add(line)
  }

  #change(line: FeedLine, options: SubscriptionOptions): void {
    const isBusy = this.#busy[line.qos].delete(line)
    if (options.qos === 0) this.#unacknowledged.detach(line.topic)
    line.options = options
    if (isBusy) this.#busy[line.qos].add(line)
    this.#pumpSoon()
  }

  /** Lets what waits leave, and then ends the connection. What a reader with a session finds again at QoS 1 does not hold it up. */
  #leave(word: string): void {
    if (this.#isEnded) return
    this.#lastWord ??= word
    for (const line of this.#lines.values()) {
      line.feed?.stop()
      if (line.qos === 0 || line.isEnding || !this.#options.session.isPersistent) continue
      line.queue.length = 0
      this.#busy[1].delete(line)
    }
    this.pump()
  }

  #close(line: FeedLine): void {
    this.#lines.delete(line.topic)
    line.feed?.close()
  }

  #closeParted(): void {
    for (const line of this.#parted) if (!this.isInSocket(line) && this.#parted.delete(line)) line.feed?.close()
  }

  /** What was to go at QoS 0 and did not is found again, once, by a reader with a session. */
  #bookmark({ topic, options, queue, lastId, openedAt }: FeedLine): void {
    const { subscriptions, isPersistent } = this.#options.session
    if (!isPersistent || options.qos !== 0 || queue.length === 0 || !subscriptions.has(topic)) return
    this.#remember(topic, { ...options, after: lastId ?? new Date(openedAt).toISOString() })
  }

  #advance(): void {
    this.#sendAgain()
    this.#sendInTurn(1)
    this.#sendInTurn(0)
    this.#options.carrier.flushSoon()
  }

  #sendInTurn(qos: 0 | 1): void {
    const busy = this.#busy[qos]
    for (const line of busy) {
      if (!this.#mayGo(qos)) return
      busy.delete(line)
      this.#sendNext(line)
      if (line.queue.length > 0) busy.add(line)
      else this.#emptied(line)
    }
  }

  /** In the order of the first time. What its feed does not hand over any more is over, and its packet id free. */
  #sendAgain(): void {
    while (this.#again.length > 0) {
      const id = this.#again[0]!, sent = this.#unacknowledged.get(id), line = sent && this.#lineOf(sent), head = line?.queue[0]
      if (line && !head && !line.isExhausted && this.#lastWord === undefined) return
      if (sent && head?.id === sent.messageId) {
        if (this.#unacknowledged.inFlight >= this.#options.carrier.receiveMaximum || !this.#hasRoom()) return
        line!.queue.shift()
        if (this.#send(line!, head, id, true)) this.#unacknowledged.sentAgain(sent)
        else this.#unacknowledged.settle(id)
        if (line!.queue.length === 0) this.#emptied(line!)
      } else if (head || this.#lastWord === undefined) this.#unacknowledged.settle(id)
      this.#again.shift()
    }
  }

  #sendNext(line: FeedLine): void { this.#sendNow(line, line.queue.shift()!) }

  #sendNow(line: FeedLine, message: FeedMessage): void {
    const id = line.qos === 0 ? 0 : this.#unacknowledged.nextId()
    if (this.#send(line, message, id, false) && id > 0) this.#unacknowledged.add(id, line.topic, message)
  }

  /** False where it is too large for its reader, and left out [MQTT5-3.1.2-25]. */
  #send(line: FeedLine, message: FeedMessage, id: number, isDuplicate: boolean): boolean {
    const { carrier, session } = this.#options, { topicBytes, qos } = line, properties = line.propertiesOf(message, carrier.version)
    const length = publishLength(topicBytes, qos, properties, message.length), size = packetBytes(length), fits = size <= carrier.maximumPacketSize
    if (!fits) session.skipped()
    else {
      const into = carrier.room(size)
      message.write(into, writePublish(into, carrier.roomAt, (isDuplicate ? 8 : 0) | (qos << 1), length, topicBytes, id, properties))
      line.sentUntil = carrier.sent
    }
    if (session.isPersistent) line.lastId = message.id
    return fits
  }

  #lineOf({ topic }: { readonly topic: string | undefined }): FeedLine | undefined { return topic === undefined ? undefined : this.#lines.get(topic) }

  #mayGo(qos: 0 | 1): boolean {
    const hasWindow = qos === 0 || (this.#again.length === 0 && this.#window() > 0)
    return hasWindow && this.#hasRoom()
  }

  /** Messages at QoS 1 that may be sent ahead of acknowledgements, beside those that were. */
  #window(): number {
    const { carrier: { receiveMaximum }, limits } = this.#options, { inFlight, size } = this.#unacknowledged
    return Math.min(receiveMaximum - inFlight, limits.inFlightPerReaderMax - size)
  }

  #hasRoom(): boolean {
    const { carrier } = this.#options
    if (carrier.waiting >= FEED_BYTES_MAX) carrier.flush()
    return carrier.waiting < FEED_BYTES_MAX
  }

  #emptied(line: FeedLine): void {
    this.#busy[line.qos].delete(line)
    if (line.isFull) this.#thirsty.add(line)
  }

  /** Tells feeds of room: few at a time, and always the one that has what is to be sent again next. */
  #quench(): void {
    const [id] = this.#again, sent = id === undefined ? undefined : this.#unacknowledged.get(id), first = sent && this.#lineOf(sent)
    if (first && this.#thirsty.has(first)) this.#drain(first)
    for (const line of this.#thirsty) {
      if (!this.#hasRoom() || this.#catchingUp.size >= CATCHING_UP_MAX) return
      this.#drain(line)
    }
  }

  #drain(line: FeedLine): void {
    this.#thirsty.delete(line)
    this.#catchingUp.add(line)
    line.isFull = false
    line.feed!.drained()
  }

  /** Not from inside what a feed says: it would be told of room while it sends. */
  #pumpSoon(): void {
    if (this.#isPumpDue || (this.#thirsty.size === 0 && this.#again.length === 0 && this.#lastWord === undefined)) return
    this.#isPumpDue = true
    setImmediate(() => { this.#isPumpDue = false; this.pump() })
  }

  /** All of a feed is acknowledged up to a message. */
  #note(topic: string, messageId: string): void {
    const options = this.#options.session.subscriptions.get(topic)
    if (options?.qos !== 1) return
    options.after = messageId
    this.#moved.add(topic)
  }

  #remember(topic: string, options: SubscriptionOptions): void {
    const { session } = this.#options
    session.subscriptions.set(topic, options)
    session.isDirty = true
  }

  #forget(topic: string): boolean {
    const { session } = this.#options, isKnown = session.subscriptions.delete(topic)
    if (isKnown) session.isDirty = true
    return isKnown
  }
}

function without({ after: _, ...options }: SubscriptionOptions): SubscriptionOptions { return options }
