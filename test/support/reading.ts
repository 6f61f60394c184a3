// Feeds that are logs in memory, and a connection whose kernel takes bytes when it is told to: what stands around a reading.
import { FeedRefusal, type Feed, type FeedMessage, type FeedOutlet, type Feeds } from '#gateway/mqtt/feeds.ts'
import { MQTT_LIMITS, type MqttLimits } from '#gateway/mqtt/limits.ts'
import type { ReadingCarrier, ReadingSession } from '#gateway/mqtt/reading-carrier.ts'
import { Reading } from '#gateway/mqtt/reading.ts'
import type { Unacknowledged } from '#gateway/mqtt/unacknowledged.ts'
import { readByOthers } from '#test/support/mqtt-packets.ts'

/** How much of a log one read of it hands over. */
const HANDOVER = 3

/** A log for each topic. Whoever opens it is live where it is at its end, and reads on behind that else, as a session on a journal does. */
export class LoggedFeeds implements Feeds {
  readonly feeds = new Set<LoggedFeed>()
  readonly #logs = new Map<string, Logged[]>()
  /** What may not go any more, by topic and position. */
  readonly withheld = new Set<string>()
  /** Topics that nobody may open, and with which word. */
  readonly refused = new Map<string, { readonly code: number, readonly word: string, readonly isFinal: boolean }>()
  /** Reads of a log that are under way, and how many there were at most. */
  reads = 0
  readsMax = 0

  logOf(topic: string): Logged[] {
    let log = this.#logs.get(topic)
    if (!log) this.#logs.set(topic, log = [])
    return log
  }

  open(_readerId: string, topic: string, from: string | undefined, outlet: FeedOutlet): Feed {
    const refusal = this.refused.get(topic)
    if (refusal) throw new FeedRefusal(refusal.code, refusal)
    const log = this.logOf(topic), at = log.findIndex(({ id }) => id === from)
    const feed = new LoggedFeed(this, topic, from === undefined ? log.length : at + 1, outlet)
    this.feeds.add(feed)
    return feed
  }

  /** Ids are `topic:position`, payloads the position, filled up to `bytes`. */
  publish(topic: string, count = 1, bytes = 0): void {
    const log = this.logOf(topic)
    for (let n = 0; n < count; n++) {
      const position = log.length + 1
      log.push({ id: `${topic}:${position}`, position, text: String(position).padEnd(bytes) })
      for (const feed of this.feeds) if (feed.topic === topic) feed.offer()
    }
  }

  feedOf(topic: string): LoggedFeed { return [...this.feeds].find(feed => feed.topic === topic)! }

  /** Resolves when no log is being read. */
  async settled(): Promise<void> { do await new Promise(done => setImmediate(done)); while (this.reads > 0) }
}

export class LoggedFeed implements Feed {
  readonly topic: string
  readonly outlet: FeedOutlet
  readonly #feeds: LoggedFeeds
  #cursor: number
  #isLive = false
  #hasRoom: boolean
  isStopped = false

  constructor(feeds: LoggedFeeds, topic: string, cursor: number, outlet: FeedOutlet) {
    this.#feeds = feeds
    this.topic = topic
    this.#cursor = cursor
    this.outlet = outlet
    this.#hasRoom = !outlet.isFull
    this.#resume()
  }

  /** There is one more in the log. */
  offer(): void { if (this.#isLive) this.#handOver(1) }

  drained(): void {
    this.#hasRoom = true
    this.#resume()
  }

  stop(): void { this.isStopped = true }

  close(): void {
    this.isStopped = true
    this.#feeds.feeds.delete(this)
  }

  #resume(): void {
    if (this.#isLive || !this.#hasRoom || this.isStopped) return
    if (this.#cursor < this.#feeds.logOf(this.topic).length) void this.#readOn()
    else this.#goLive()
  }

  async #readOn(): Promise<void> {
    const feeds = this.#feeds
    feeds.readsMax = Math.max(feeds.readsMax, ++feeds.reads)
    await new Promise(done => setImmediate(done))
    feeds.reads--
    if (!this.isStopped) this.#handOver(HANDOVER)
    this.#resume()
  }

  #handOver(count: number): void {
    const messages = this.#feeds.logOf(this.topic).slice(this.#cursor, this.#cursor + count)
    this.#cursor += messages.length
    const granted = messages.filter(({ id }) => !this.#feeds.withheld.has(id))
    if (granted.length > 0) this.#lend(granted.map(logged => new Lent(logged)))
    this.#isLive &&= this.#hasRoom
  }

  #lend(messages: readonly Lent[]): void {
    this.#hasRoom = this.outlet.send(messages)
    for (const message of messages) message.isOver = true
  }

  #goLive(): void {
    this.#isLive = true
    this.outlet.caughtUp()
  }
}

/** Writes down what reaches its socket as `topic payload/id`, with a `!` for what comes again. The kernel takes `taking` bytes, and the rest when it is read. */
export class SocketOnPaper implements ReadingCarrier {
  readonly version = 5
  receiveMaximum = 0xffff
  maximumPacketSize = Infinity
  sent = 0
  waiting = 0
  taking = Infinity
  word: string | undefined
  isAbandoned = false
  onDrain = () => {}
  readonly lines: string[] = []
  #parts: Buffer[] = []

  readonly roomAt = 0

  room(size: number): Buffer {
    const bytes = Buffer.alloc(size)
    this.sent += size
    this.waiting += size
    this.#parts.push(bytes)
    return bytes
  }

  flushSoon(): void { this.flush() }

  flush(): void {
    while (this.#parts.length > 0 && this.taking >= this.#parts[0]!.length) {
      const bytes = this.#parts.shift()!, packet = readByOthers(bytes, 5)
      this.taking -= bytes.length
      this.waiting -= bytes.length
      if (packet.cmd === 'publish') this.lines.push(`${packet.topic} ${String(packet.payload).trim()}${packet.qos > 0 ? `/${packet.messageId}` : ''}${packet.dup ? '!' : ''}`)
    }
  }

  /** The other side reads: so much more goes to the kernel. */
  read(room = Infinity): void {
    this.taking += room
    this.flush()
    if (this.waiting === 0) this.onDrain()
  }

  goodbye(word: string): void { this.word = word }
  abandon(): void { this.isAbandoned = true }
  reset(): void { this.isAbandoned = true }
  take(): string[] { return this.lines.splice(0) }
}

export class SessionOnPaper implements ReadingSession {
  readonly subscriptions: ReadingSession['subscriptions'] = new Map()
  isPersistent = true
  reader: ReadingSession['reader']
  isDirty = false
  left = 0
  get unacknowledged(): Unacknowledged { return this.reader!.unacknowledged }
  skipped(): void { this.left++ }
}

export const wish = (filter: string, qos: 0 | 1 | 2 = 1) => ({ filter, qos, noLocal: false, retainAsPublished: false, retainHandling: 0 as const })

export class Scene {
  readonly feeds = new LoggedFeeds()
  session = new SessionOnPaper()
  socket = new SocketOnPaper()
  readonly limits: MqttLimits
  reading: Reading

  constructor(limits: Partial<MqttLimits> = {}, fields: Partial<SocketOnPaper> = {}) {
    this.limits = { ...MQTT_LIMITS, ...limits }
    this.reading = this.connect(fields)
  }

  /** The client comes; whoever held the session has gone. */
  connect(fields: Partial<SocketOnPaper> = {}): Reading {
    const { feeds, session, limits } = this, carrier = Object.assign(new SocketOnPaper(), fields)
    this.socket = carrier
    this.reading = new Reading({ readerId: 'city', carrier, session, feeds, limits })
    carrier.onDrain = () => this.reading.pump()
    this.reading.resume()
    return this.reading
  }

  async reconnect(fields: Partial<SocketOnPaper> = {}): Promise<void> {
    this.reading.close()
    this.connect(fields)
    await this.feeds.settled()
  }

  follow(topic: string, qos: 0 | 1 | 2 = 1): number { return this.reading.subscribe(wish(topic, qos), undefined).code }
  acknowledge(...ids: number[]): void { for (const id of ids) this.reading.acknowledged(id) }
  async got(): Promise<string[]> {
    await this.feeds.settled()
    return this.socket.take()
  }
}

interface Logged { readonly id: string, readonly position: number, readonly text: string }

/** Good for the call that brings it, or where it is kept. */
class Lent implements FeedMessage {
  readonly id: string
  readonly position: number
  readonly userProperties = []
  isOver = false
  readonly #text: string
  #isKept = false

  constructor({ id, position, text }: Logged) {
    this.id = id
    this.position = position
    this.#text = text
  }

  get length(): number { return this.#text.length }
  keep(): void { this.#isKept = true }

  write(into: Buffer, at: number): number {
    if (this.isOver && !this.#isKept) throw new Error('was written later than it was good, and not kept')
    return at + into.write(this.#text, at)
  }
}
