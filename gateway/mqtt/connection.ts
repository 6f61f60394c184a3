// One socket, from accept to goodbye: every byte is judged here before anyone else sees it.
import type { Socket } from 'node:net'
import type { Connection, Ingest } from '#gateway/ingest/ingest.ts'
import type { Broker } from '#gateway/mqtt/broker.ts'
import { type CloseReason, Violation } from '#gateway/mqtt/close-reason.ts'
import { Deadlines } from '#gateway/mqtt/deadlines.ts'
import { type Frame, Frames, type LengthRanges } from '#gateway/mqtt/frames.ts'
import { Intake } from '#gateway/mqtt/intake.ts'
import { type MqttLimits, SWEEP_MS } from '#gateway/mqtt/limits.ts'
import { checkFilters, type Connect, type Publish, readConnect, readPacketId, readPublish, TYPE, type Will } from '#gateway/mqtt/packets.ts'
import { SessionStream } from '#gateway/mqtt/session-stream.ts'

/** What a connection needs of its server. */
export interface ConnectionHost {
  readonly limits: MqttLimits
  readonly beforeConnect: LengthRanges
  readonly afterConnect: LengthRanges
  readonly broker: Broker
  readonly ingest: Ingest
  /** Milliseconds that the server has run. A stalled process does not see them pass, and so does not punish its peers. */
  readonly uptimeMs: number
  /** Answers who connects, or throws a Violation with a CONNACK. */
  admit(connection: MqttConnection, connect: Connect): Connection
  /** A publish on a `$` topic was acknowledged and forgotten. */
  swallowed(): void
  closed(connection: MqttConnection, reason: CloseReason): void
  failed(error: unknown): void
}

/** Why a socket is not read for a while: one bit each. */
const HOLD = { JOINING: 1, INTAKE: 2, SESSION: 4, UNREAD_ANSWERS: 8, REQUESTS: 16, STOPPING: 32 } as const
/** Goodbyes in which what is still to be read is waited for. */
const SPOKEN: ReadonlySet<CloseReason> = new Set(['disconnected', 'stopped'])
/** The client left by DISCONNECT [MQTT-3.14.4-3], or nothing may enter from it any more: its will is not published. */
const WITHOUT_WILL: ReadonlySet<CloseReason> = new Set(['disconnected', 'suspended', 'stopped'])

export class MqttConnection {
  /** Who this is, once it has authenticated. */
  identity: Connection | undefined
  readonly #socket: Socket
  readonly #host: ConnectionHost
  readonly #frames: Frames
  #intake: Intake | undefined
  #stream: SessionStream | undefined
  #will: Will | undefined
  #isClosed = false
  #holds = 0
  /** Since the last sweep. */
  #requests = 0
  readonly #deadlines: Deadlines
  #closedAt = 0

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket
    this.#host = host
    this.#frames = new Frames(host.beforeConnect)
    this.#deadlines = new Deadlines(host.limits, host.uptimeMs)
    socket.on('data', chunk => this.#take(chunk))
    socket.on('drain', () => this.#unhold(HOLD.UNREAD_ANSWERS))
    socket.on('error', () => {}) // 'close' follows
    socket.on('close', () => this.close('gone'))
  }

  /** Ends what is overdue; the server calls it in intervals. */
  sweep(): void {
    const now = this.#host.uptimeMs
    const reason = this.#isClosed ? undefined : this.#deadlines.overdue(now, this.#holds !== 0)
    if (reason) this.close(reason)
    if (this.#isClosed && now - this.#closedAt > this.#host.limits.goodbyeMsMax) this.#socket.destroy()
    this.#requests = 0
    this.#unhold(HOLD.REQUESTS)
  }

  /** Ends the connection, once. A CONNACK says why it is refused. */
  close(reason: CloseReason, connack?: number): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#closedAt = this.#host.uptimeMs
    if (connack !== undefined) this.#socket.end(Buffer.from([TYPE.CONNACK << 4, 2, 0, connack]))
    else if (SPOKEN.has(reason)) this.#socket.end()
    else this.#socket.destroy()
    this.#socket.resume() // or the other side's end would not be seen
    this.#stream?.destroy()
    if (!WITHOUT_WILL.has(reason)) this.#publishWill()
    this.#host.closed(this, reason)
  }

  /** Ends it without a goodbye, or cuts the goodbye short. */
  cut(reason: CloseReason): void {
    this.close(reason)
    this.#socket.destroy()
  }

  /** Reads no more; what was read goes on to its acknowledgement. */
  stopReading(): void { this.#hold(HOLD.STOPPING) }

  #take(chunk: Buffer): void {
    if (this.#isClosed) return
    this.#frames.add(chunk)
    this.#read()
  }

  /** Works off what is there as far as it may, and hands over what one read brought as one batch. */
  #read(): void {
    let ending: CloseReason | undefined, connack: number | undefined, count = 0
    try {
      const receivedAt = Date.now()
      while (!this.#isClosed && !ending && this.#holds === 0) {
        const frame = this.#frames.next()
        if (!frame) break
        count++
        ending = this.#handle(frame, receivedAt)
      }
    } catch (error) {
      if (!(error instanceof Violation)) this.#host.failed(error)
      ending = error instanceof Violation ? error.reason : 'error'
      connack = error instanceof Violation ? error.connack : undefined
    }
    this.#deadlines.took(count, this.#frames.waiting > 0, this.#host.uptimeMs)
    this.#intake?.flush()
    if (ending) this.close(ending, connack)
  }

  #handle(frame: Frame, receivedAt: number): CloseReason | undefined {
    switch (frame.bytes[frame.start]! >> 4) {
      case TYPE.CONNECT: this.#join(readConnect(frame)); break
      case TYPE.PUBLISH: this.#publish(readPublish(frame, receivedAt)); break
      case TYPE.PUBREL: this.#intake!.release(readPacketId(frame)); break
      case TYPE.PUBACK: case TYPE.PUBCOMP: readPacketId(frame); break // clean sessions remember no delivery
      case TYPE.PUBREC: readPacketId(frame); this.#pass(frame); break
      case TYPE.SUBSCRIBE: case TYPE.UNSUBSCRIBE: checkFilters(frame); this.#request(frame); break
      case TYPE.PINGREQ: this.#request(frame); break
      default: return 'disconnected'
    }
    return undefined
  }

  #join(connect: Connect): void {
    const { limits, ingest, broker } = this.#host
    const identity = this.#host.admit(this, connect)
    this.identity = identity
    this.#frames.ranges = this.#host.afterConnect
    this.#will = connect.will
    this.#intake = new Intake(ingest, identity, limits, {
      answer: bytes => this.#answer(bytes),
      deliver: packets => broker.route(identity.sourceId, packets),
      crowded: isCrowded => isCrowded ? this.#hold(HOLD.INTAKE) : this.#unhold(HOLD.INTAKE),
      failed: () => this.close('ingest-failed'),
    })
    this.#stream = new SessionStream(this.#socket, { wanted: () => this.#unhold(HOLD.SESSION), dropped: () => this.close('frozen-reader') })
    this.#hold(HOLD.JOINING)
    broker.join(identity.sourceId, this.#stream, () => this.#ready(connect.keepAlive))
  }

  #ready(keepAlive: number): void {
    this.#deadlines.joined(keepAlive, this.#host.uptimeMs)
    this.#unhold(HOLD.JOINING)
  }

  #publish(packet: Publish): void {
    if (!packet.topic.startsWith('$')) return this.#intake!.publish(packet)
    this.#intake!.swallow(packet)
    this.#host.swallowed()
  }

  #publishWill(): void {
    if (!this.#will) return
    this.#publish({ ...this.#will, receivedAt: Date.now(), id: 0 })
    this.#intake!.flush()
  }

  /** These cost the broker far more than the client who sends them. */
  #request(frame: Frame): void {
    this.#pass(frame)
    if (++this.#requests >= this.#host.limits.requestsPerSecondMax * SWEEP_MS / 1_000) this.#hold(HOLD.REQUESTS)
  }

  /** A copy, or the broker's queue would keep all that came with it. */
  #pass({ bytes, start, end }: Frame): void {
    if (!this.#stream!.push(Buffer.from(bytes.subarray(start, end)))) this.#hold(HOLD.SESSION)
  }

  #answer(bytes: Buffer): void {
    if (this.#isClosed || this.#socket.write(bytes)) return
    this.#deadlines.answersUnread(this.#host.uptimeMs)
    this.#hold(HOLD.UNREAD_ANSWERS)
  }

  #hold(reason: number): void {
    this.#holds |= reason
    this.#socket.pause()
  }

  #unhold(reason: number): void {
    if (this.#isClosed || (this.#holds & reason) === 0) return
    this.#holds &= ~reason
    if (reason === HOLD.UNREAD_ANSWERS) this.#deadlines.answersRead()
    if (this.#holds !== 0) return
    this.#deadlines.resumed(this.#host.uptimeMs)
    this.#socket.resume()
    this.#read()
  }
}
