// One socket, from accept to goodbye: every byte is judged here before anyone else sees it.
import type { Duplex } from 'node:stream'
import type { Connection, Ingest } from '#gateway/ingest/ingest.ts'
import { Aliases, OutgoingAliases } from '#gateway/mqtt/aliases.ts'
import type { Answer } from '#gateway/mqtt/answers.ts'
import { lasting, type Asked } from '#gateway/mqtt/asked.ts'
import type { CloseReason } from '#gateway/mqtt/close-reason.ts'
import { acknowledgement, connack, disconnect, PINGRESP, suback, unsuback } from '#gateway/mqtt/codec/encode.ts'
import {
  readAcknowledgement, readConnect, readDisconnect, readPublish, readSubscribe, readUnsubscribe, TYPE, type Connect, type Publish, type Version, type Will,
} from '#gateway/mqtt/codec/packets.ts'
import type { Properties } from '#gateway/mqtt/codec/properties.ts'
import { protocolError, REASON, Refusal, Violation } from '#gateway/mqtt/codec/reason.ts'
import { Deadlines } from '#gateway/mqtt/deadlines.ts'
import type { Feeds } from '#gateway/mqtt/feeds.ts'
import { Frames, type Frame, type LengthRanges } from '#gateway/mqtt/frames.ts'
import { Intake, type SettledBatch, type WaitingInAll } from '#gateway/mqtt/intake.ts'
import { LendingSocket, type Borrower } from '#gateway/mqtt/listeners/lending-socket.ts'
import { SWEEP_MS, type MqttLimits } from '#gateway/mqtt/limits.ts'
import type { Namespace } from '#gateway/mqtt/namespace.ts'
import { Output } from '#gateway/mqtt/output.ts'
import type { Waiter } from '#gateway/mqtt/pace.ts'
import type { Dawdler, Partials } from '#gateway/mqtt/partials.ts'
import type { ReadingCarrier } from '#gateway/mqtt/reading-carrier.ts'
import { Reading, type Grant } from '#gateway/mqtt/reading.ts'
import type { Carrier, Session } from '#gateway/mqtt/session.ts'

/** A client that was let in: who it is, and what is remembered of it. */
export interface Joined {
  readonly identity: Connection
  readonly namespace: Namespace
  readonly session: Session
  readonly hasSession: boolean
  /** In seconds, as granted. */
  readonly keepAlive: number
  /** What its CONNACK says in MQTT 5. */
  readonly answer: Buffer
}

/** What a connection needs of its server. */
export interface ConnectionHost {
  readonly limits: MqttLimits
  readonly beforeConnect: LengthRanges
  readonly afterConnect: Readonly<Record<Version, LengthRanges>>
  readonly ingest: Ingest
  readonly partials: Partials
  readonly waiting: WaitingInAll
  /** Bytes that may wait in the socket of a reader who is blocked, as things stand. */
  readonly readerBytesMax: number
  /** What readers may follow. */
  readonly feeds: Feeds
  /** A QoS 1 publish that nobody reads is answered so (MQTT 5 §3.4.2.1). */
  readonly tellsNoReaders: boolean
  /** Milliseconds that the server has run. A stalled process does not see them pass, and so does not punish its peers. */
  readonly uptimeMs: number
  /** Lets a client in, or throws a Refusal. */
  join(connection: MqttConnection, connect: Connect): Joined
  /** A publish on a `$` topic was acknowledged and forgotten. */
  swallowed(): void
  closed(connection: MqttConnection, reason: CloseReason, will: Will | undefined): void
  failed(error: unknown): void
}

/** Why a socket is not read for a while: one bit each. */
const HOLD = { INTAKE: 2, UNREAD: 8, REQUESTS: 16, STOPPING: 32, PACE: 64 } as const
/** Goodbyes in which what is still to be read is waited for. */
const SPOKEN: ReadonlySet<CloseReason> = new Set(['disconnected', 'stopped', 'feed-ended'])
/** The client left by DISCONNECT [MQTT-3.14.4-3], or nothing may enter from it any more: its will is not published. */
const WITHOUT_WILL: ReadonlySet<CloseReason> = new Set(['disconnected', 'suspended', 'stopped'])
const ACK_CODES: ReadonlySet<number> = new Set([0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99])
const RELEASE_CODES: ReadonlySet<number> = new Set([0x00, 0x92])

export class MqttConnection implements Carrier, ReadingCarrier, Waiter, Dawdler, Borrower {
  /** Who this is, once it has authenticated. */
  identity: Connection | undefined
  /** Of somebody who reads feeds and publishes nothing. */
  readerId: string | undefined
  /** Of the certificate that it has shown the key of, whether or not it is anybody's. */
  fingerprint: string | undefined
  /** When the certificate ends that it was let in by: milliseconds since 1970. */
  certifiedUntil = Infinity
  session: Session | undefined
  namespace: Namespace | undefined
  version: Version = 4
  receiveMaximum = 0xffff
  maximumPacketSize = Infinity
  outgoingAliases: OutgoingAliases | undefined
  readonly #socket: Duplex
  readonly #host: ConnectionHost
  readonly #frames: Frames
  readonly #output: Output
  readonly #deadlines: Deadlines
  #aliases: Aliases | undefined
  #intake: Intake | undefined
  /** What a reader follows. */
  #reading: Reading | undefined
  #asked: Asked | undefined
  #isClosed = false
  #holds = 0
  /** Since the last sweep. */
  #requests = 0
  #closedAt = 0

  constructor(socket: Duplex, host: ConnectionHost) {
    this.#socket = socket
    this.#host = host
    this.#frames = new Frames(host.beforeConnect)
    this.#output = new Output(socket, () => this.#unread())
    this.#deadlines = new Deadlines(host.limits, host.uptimeMs)
    if (socket instanceof LendingSocket) socket.lendTo(this)
    else socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('drain', () => this.#drained())
    socket.on('error', () => {}) // 'close' follows
    socket.on('close', () => { this.close('gone'); this.#reading?.close() })
  }

  /** What its CONNECT asked for. */
  get asked(): Properties { return this.#asked?.properties ?? {} }
  get isBlocked(): boolean { return this.#output.waiting > this.#host.readerBytesMax }

  get sent(): number { return this.#output.sent }
  get waiting(): number { return this.#output.waiting }

  send(bytes: Buffer): void { if (!this.#isClosed) this.#output.send(bytes) }
  room(bytes: number): Buffer { return this.#output.room(bytes) }
  get roomAt(): number { return this.#output.roomAt }
  flush(): void { this.#output.flush() }
  flushSoon(): void { /* as `send` has arranged */ }
  goodbye(word: string): void { this.#end('feed-ended', this.version === 5 ? disconnect(REASON.ADMINISTRATIVE, word) : undefined) }
  abandon(): void { this.cut('feed-ended') }
  reset(): void {
    this.#output.reset()
    this.close('feed-ended')
  }

  /** Ends what is overdue; the server calls it in intervals. */
  sweep(): void {
    const now = this.#host.uptimeMs
    const reason = this.#isClosed ? undefined : this.#deadlines.overdue(now, this.#holds !== 0)
    if (reason) this.close(reason, reason === 'keep-alive' ? REASON.KEEP_ALIVE : undefined)
    this.#reading?.sweep(now)
    this.#output.rest()
    if (this.#isClosed && now - this.#closedAt > this.#host.limits.goodbyeMsMax) this.#output.cut()
    this.#requests = 0
    this.#unhold(HOLD.REQUESTS)
  }

  /** Its source may send again. */
  resumed(): void { this.#unhold(HOLD.PACE) }

  /** Its packet is not whole yet, and there are too many such. */
  crowdedOut(): void { this.close('crowded-out', REASON.QUOTA) }

  /** Ends the connection, once. MQTT 5 tells a joined client the code. */
  close(reason: CloseReason, code?: number): void { this.#end(reason, code !== undefined && this.version === 5 && this.session ? disconnect(code) : undefined) }

  /** Ends it without a goodbye, or cuts the goodbye short. */
  cut(reason: CloseReason): void {
    this.#output.cut() // first: a goodbye would give to the kernel what waits
    this.close(reason)
  }

  /** Reads no more; what was read goes on to its acknowledgement. */
  stopReading(): void { this.#hold(HOLD.STOPPING) }

  #end(reason: CloseReason, lastWord: Buffer | undefined): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#closedAt = this.#host.uptimeMs
    if (lastWord || SPOKEN.has(reason)) this.#output.end(lastWord)
    else this.#output.cut()
    this.#reading?.end()
    this.namespace?.pace.leave(this)
    this.#host.partials.forget(this)
    this.#socket.resume() // or the other side's end would not be seen
    this.#host.closed(this, reason, WITHOUT_WILL.has(reason) ? undefined : this.#asked?.will)
  }

  #take(chunk: Buffer): void {
    if (this.#isClosed) return
    this.#frames.add(chunk)
    this.#read(chunk.length)
  }

  borrow(bytes: Buffer, length: number): void {
    if (this.#isClosed) return
    this.#frames.borrow(bytes, length)
    this.#read(length)
    this.#frames.release()
  }

  /** Works off what is there as far as it may, and hands over what one read brought as one batch. */
  #read(bytes = 0): void {
    const packetsMax = this.namespace?.pace.packets ?? Infinity
    let fault: unknown, isOver = false, count = 0
    try {
      const receivedAt = Date.now()
      while (!this.#isClosed && !isOver && this.#holds === 0 && count < packetsMax) {
        count += this.#publishPlain(receivedAt, packetsMax - count)
        const frame = count < packetsMax ? this.#frames.next() : undefined
        if (!frame) break
        count++
        isOver = this.#handle(frame, receivedAt)
      }
    } catch (error) { fault = error }
    this.#deadlines.took(count, this.#frames.waiting > 0, this.#host.uptimeMs)
    this.#spend(count, bytes, count >= packetsMax)
    if (this.#holds === 0 && !this.#isClosed) this.#host.partials.note(this, this.#frames.held, count > 0)
    this.#intake?.flush()
    if (fault !== undefined) this.#refuse(fault)
    else if (isOver) this.close('disconnected')
    this.#output.flush()
  }

  /** Where its source has sent all that it may for now, it is not read until it may again. */
  #spend(packets: number, bytes: number, isCutShort: boolean): void {
    const pace = this.namespace?.pace
    if (!pace || (pace.spend(packets, bytes) && !isCutShort) || this.#isClosed) return
    this.#hold(HOLD.PACE)
    pace.wait(this)
  }

  #refuse(fault: unknown): void {
    if (fault instanceof Refusal) return this.#end(fault.reason, connack(this.version, fault.code))
    if (!(fault instanceof Violation)) this.#host.failed(fault)
    this.close(fault instanceof Violation ? fault.reason : 'error', fault instanceof Violation ? fault.code : REASON.UNSPECIFIED)
  }

  /** True where the client has said goodbye. */
  #handle(frame: Frame, receivedAt: number): boolean {
    const { version } = this
    switch (frame.bytes[frame.start]! >> 4) {
      case TYPE.CONNECT: this.#join(readConnect(frame), receivedAt); break
      case TYPE.PUBLISH: { const packet = readPublish(frame, version, receivedAt); if (this.#reading) this.#refusePublish(packet); else this.#publish(packet); break }
      case TYPE.PUBACK: (this.#reading ?? this.session!).acknowledged(readAcknowledgement(frame, version, ACK_CODES).id, receivedAt); break
      case TYPE.PUBREC: { const { id, code } = readAcknowledgement(frame, version, ACK_CODES); this.session!.received(id, code, receivedAt); break }
      case TYPE.PUBREL: this.session!.isDirty = true; this.#intake!.release(readAcknowledgement(frame, version, RELEASE_CODES).id); break
      case TYPE.PUBCOMP: this.session!.completed(readAcknowledgement(frame, version, RELEASE_CODES).id, receivedAt); break
      case TYPE.SUBSCRIBE: if (this.#reading) this.#follow(frame, this.#reading); else this.#subscribe(frame, receivedAt); break
      case TYPE.UNSUBSCRIBE: this.#unsubscribe(frame); break
      case TYPE.PINGREQ: this.#intake!.flush(); this.send(PINGRESP); this.#request(); break
      case TYPE.DISCONNECT: return this.#disconnect(frame)
      default: throw protocolError()
    }
    return false
  }

  #join(connect: Connect, now: number): void {
    const { limits, ingest, afterConnect } = this.#host, { properties } = connect
    this.version = connect.version
    this.receiveMaximum = properties.receiveMaximum ?? 0xffff
    this.maximumPacketSize = properties.maximumPacketSize ?? Infinity
    if (properties.topicAliasMaximum) this.outgoingAliases = new OutgoingAliases(Math.min(properties.topicAliasMaximum, limits.topicAliasMax))
    const { identity, namespace, session, keepAlive, answer } = this.#host.join(this, connect)
    Object.assign(this, { identity, namespace, session })
    this.#asked = lasting(connect)
    this.#frames.ranges = afterConnect[connect.version]
    if (connect.version === 5) this.#aliases = new Aliases(limits.topicAliasMax)
    this.#intake = new Intake(ingest, identity, limits, {
      settled: batch => this.#settled(batch),
      crowded: isCrowded => isCrowded ? this.#hold(HOLD.INTAKE) : this.#unhold(HOLD.INTAKE),
      failed: () => this.close('ingest-failed', REASON.UNAVAILABLE),
    }, session.incoming, this.#host.waiting)
    if (answer.length > this.maximumPacketSize) throw new Violation('too-large')
    this.send(answer)
    session.attach(this, now)
    this.#startReading(session)
    this.#deadlines.joined(keepAlive, this.#host.uptimeMs)
  }

  #startReading(session: Session): void {
    const { readerId } = this, { feeds, limits } = this.#host
    if (readerId === undefined) return
    this.#reading = new Reading({ readerId, carrier: this, session, feeds, limits })
    this.#reading.resume()
  }

  /** Whoever reads feeds has nothing to say. Only MQTT 5 can be told so without losing it, and not at QoS 0. */
  #refusePublish({ qos, id }: Publish): void {
    if (this.version !== 5 || qos === 0) throw new Violation('not-allowed', REASON.NOT_AUTHORIZED)
    this.send(acknowledgement(qos === 1 ? TYPE.PUBACK : TYPE.PUBREC, id, 5, REASON.NOT_AUTHORIZED))
    this.#request()
  }

  /** Takes those that are nothing but topic and payload, as far as they follow each other; how many that were. */
  #publishPlain(receivedAt: number, max: number): number {
    const { version } = this, intake = this.#intake
    if (!intake || this.#reading || this.#tellsNoReaders) return 0
    const { receiveMaximum, topicCharsMax } = this.#host.limits, answersMax = version === 5 ? receiveMaximum - intake.unanswered : Infinity
    return this.#frames.takePlain(intake, { receivedAt, version, max: Math.min(max, answersMax), topicBytesMax: topicCharsMax })
  }

  #publish(packet: Publish): void {
    const resolved = this.#aliases?.resolve(packet) ?? packet, intake = this.#intake!
    if (this.version === 5 && packet.qos > 0 && intake.unanswered >= this.#host.limits.receiveMaximum && !this.session!.incoming.has(packet.id)) {
      throw new Violation('malformed', REASON.RECEIVE_MAXIMUM)
    }
    if (resolved.topic.length > this.#host.limits.topicCharsMax) throw new Violation('bad-topic', REASON.BAD_TOPIC)
    if (!resolved.topic.startsWith('$')) return intake.publish(resolved)
    intake.swallow(resolved)
    this.#host.swallowed()
  }

  /** Acknowledged first, then handed on: whoever reads it may rely on its being kept. */
  #settled({ answers, batch }: SettledBatch): void {
    const namespace = this.namespace!, { packets } = batch
    if (this.#tellsNoReaders) for (const answer of answers) this.#tell(answer, namespace)
    else if (answers.length > 0) this.send(answers.encoded)
    if (packets.length === 0 && namespace.subscriptionCount === 0) return
    const now = Date.now()
    if (packets.some(({ qos }) => qos === 2)) this.session!.isDirty = true
    if (namespace.subscriptionCount > 0) for (const packet of batch) namespace.route(packet, this.session, now)
    else for (const packet of packets) namespace.route(packet, this.session, now)
  }

  #tell({ type, id, packet }: Answer, namespace: Namespace): void {
    const isUnread = type === TYPE.PUBACK && !namespace.hasReaders(packet!.topic)
    this.send(acknowledgement(type, id, this.version, isUnread ? REASON.NO_SUBSCRIBERS : REASON.SUCCESS))
  }

  get #tellsNoReaders(): boolean { return this.version === 5 && this.#host.tellsNoReaders }

  /** What came before it in the same read is on its way first. */
  #subscribe(frame: Frame, now: number): void {
    const { id, wishes, subscriptionId } = readSubscribe(frame, this.version), session = this.session!, isBridge = this.#asked!.isBridge
    this.#intake!.flush()
    const results = wishes.map(wish => this.namespace!.subscribe(session, isBridge ? { ...wish, noLocal: true, retainAsPublished: true } : wish, subscriptionId, now))
    this.send(suback(id, this.version, results.map(({ code }) => code)))
    for (const { retained } of results) for (const delivery of retained) session.deliver(delivery, now)
    this.#request()
  }

  /** As a reader does. */
  #follow(frame: Frame, reading: Reading): void {
    const { id, wishes, subscriptionId } = readSubscribe(frame, this.version)
    const grants = wishes.map(wish => reading.subscribe(wish, subscriptionId)), codes = grants.map(({ code }) => code)
    const answer = suback(id, this.version, codes, this.asked.requestProblem === 0 ? undefined : problemsOf(grants))
    this.send(answer.length > this.maximumPacketSize ? suback(id, this.version, codes) : answer)
    this.#request()
  }

  #unsubscribe(frame: Frame): void {
    const { id, filters } = readUnsubscribe(frame, this.version), session = this.session!
    const leave = (filter: string) => this.#reading ? this.#reading.unsubscribe(filter) : this.namespace!.unsubscribe(session, filter)
    this.#intake!.flush()
    this.send(unsuback(id, this.version, filters.map(filter => leave(filter) ? REASON.SUCCESS : REASON.NO_SUBSCRIPTION)))
    this.#request()
  }

  /** §3.14. A session that was to end with its connection cannot be made to outlive it [5 §3.14.2.2.2]. */
  #disconnect(frame: Frame): boolean {
    const { code, properties } = readDisconnect(frame, this.version), { sessionExpiry } = properties, session = this.session!
    if (sessionExpiry !== undefined) {
      if (sessionExpiry > 0 && session.expiryMs === 0) throw protocolError()
      session.expiryMs = Math.min(sessionExpiry, this.#host.limits.sessionExpirySMax) * 1_000
    }
    if (code === REASON.WITH_WILL) this.#end('gone', undefined)
    return code !== REASON.WITH_WILL
  }

  /** These cost more than what a device usually says, and nobody needs many. */
  #request(): void {
    if (++this.#requests >= this.#host.limits.requestsPerSecondMax * SWEEP_MS / 1_000) this.#hold(HOLD.REQUESTS)
  }

  #unread(): void {
    if (this.#isClosed) return
    this.#deadlines.answersUnread(this.#host.uptimeMs)
    this.#hold(HOLD.UNREAD)
  }

  #drained(): void {
    this.#unhold(HOLD.UNREAD)
    if (!this.#isClosed) (this.#reading ?? this.session)?.pump(Date.now())
  }

  #hold(reason: number): void {
    this.#holds |= reason
    this.#deadlines.held(this.#host.uptimeMs)
    this.#socket.pause()
  }

  #unhold(reason: number): void {
    if (this.#isClosed || (this.#holds & reason) === 0) return
    this.#holds &= ~reason
    if (reason === HOLD.UNREAD) this.#deadlines.answersRead()
    if (this.#holds !== 0) return
    this.#deadlines.resumed(this.#host.uptimeMs)
    this.#socket.resume()
    this.#read()
  }
}

/** The words of those wishes that were refused, in their order; the first is the reason string. */
function problemsOf(grants: readonly Grant[]): Properties | undefined {
  const words = grants.flatMap(({ word }) => word ?? []), [first] = words
  return first === undefined ? undefined : { reasonString: first, user: words.map(word => ['code', word]) }
}
