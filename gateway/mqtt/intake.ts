// From PUBLISH to acknowledgement, for one connection: batches go in by the port of ingest, answers leave in the order of what they answer.
import { Batch } from '#gateway/ingest/batch.ts'
import type { Connection, Ingest } from '#gateway/ingest/ingest.ts'
import { Answers } from '#gateway/mqtt/answers.ts'
import { TYPE, type Publish } from '#gateway/mqtt/codec/packets.ts'
import { protocolError } from '#gateway/mqtt/codec/reason.ts'
import type { MqttLimits } from '#gateway/mqtt/limits.ts'
import { PacketIds } from '#gateway/mqtt/packet-ids.ts'

/** What one read of a socket brought, once it is safe. */
export interface SettledBatch {
  readonly answers: Answers
  /** Taken in; of QoS 2 each once. */
  readonly batch: Batch<Publish>
}

/** What an intake asks of its connection. */
export interface IntakeOwner {
  /** Acknowledges, then hands on to those who read inside the source. */
  settled(batch: SettledBatch): void
  /** More waits than is allowed (true: read no more), or half of that again. */
  crowded(isCrowded: boolean): void
  /** A batch was not kept: nothing more is acknowledged, and the client has to come back with it. */
  failed(): void
}

/** What waits for its batch, over all connections of a server. */
export interface WaitingInAll {
  bytes: number
  /** One that has settled at once, to be filled again by whoever comes next. */
  spare?: Waiting
}

export interface Waiting extends SettledBatch {
  isSettled: boolean
}

export class Intake {
  readonly #ingest: Ingest
  readonly #connection: Connection
  readonly #limits: MqttLimits
  readonly #owner: IntakeOwner
  /** Packet ids that the client uses for QoS 2: they are its session's, and outlive the connection. At most one for each id there is. */
  readonly #incoming: PacketIds
  /** Of these, what is not safe yet: if it never is, it has to come again and be taken in. */
  #pending: Set<number> | undefined
  /** What came twice on this connection. */
  #repeated: Set<number> | undefined
  readonly #inAll: WaitingInAll
  readonly #waiting: Waiting[] = []
  /** What the next flush sends, if there is anything. */
  #open: Waiting | undefined
  /** Of what is added from now on: milliseconds since 1970. */
  receivedAt = 0
  #waitingPackets = 0
  #waitingBytes = 0
  /** PUBLISH of QoS 1 and 2 that the client has not seen the end of. */
  #unanswered = 0
  #isCrowded = false
  #isBroken = false

  constructor(ingest: Ingest, connection: Connection, limits: MqttLimits, owner: IntakeOwner, incoming = new PacketIds(), inAll: WaitingInAll = { bytes: 0 }) {
    this.#ingest = ingest
    this.#connection = connection
    this.#limits = limits
    this.#owner = owner
    this.#incoming = incoming
    this.#inAll = inAll
  }

  /** QoS 1 that is not acknowledged, and QoS 2 that is not released: what a receive maximum bounds (MQTT 5 §4.9). */
  get unanswered(): number { return this.#unanswered + (this.#pending?.size ?? 0) + this.#incoming.size }

  /**
   * Adds to the batch that `flush` sends. A QoS 2 PUBLISH that comes again before its PUBREL is answered again, taken in once (§4.3.3); one
   * that comes a third time on one connection is no client that waits for answers: a Violation.
   */
  publish(packet: Publish): void {
    if (packet.qos === 2 && (this.#incoming.has(packet.id) || this.#pending?.has(packet.id))) this.#repeat(packet.id)
    else {
      if (packet.qos === 2) (this.#pending ??= new Set()).add(packet.id)
      const { batch } = this.#filled()
      batch.addPacket(packet)
      batch.size += packet.properties?.forwarded?.length ?? 0
    }
    this.swallow(packet)
  }

  /** As `publish`, for one of QoS 0 or 1 that is nothing but topic and payload: they are where `Batch.addRow` wants them. */
  publishRow(bytes: Buffer, topic: number, topicLength: number, payload: number, payloadLength: number, id: number): void {
    const open = this.#filled()
    open.batch.receivedAt = this.receivedAt
    open.batch.addRow(bytes, topic, topicLength, payload, payloadLength, id === 0 ? 0 : 1)
    if (id === 0) return
    this.#unanswered++
    open.answers.add(TYPE.PUBACK, id)
  }

  /** Acknowledges in its turn, and takes nothing in. */
  swallow(packet: Publish): void {
    if (packet.qos === 0) return
    if (packet.qos === 1) this.#unanswered++
    this.#filled().answers.add(packet.qos === 1 ? TYPE.PUBACK : TYPE.PUBREC, packet.id, packet)
  }

  /** PUBREL: the id is free for another message. Known or not, it is answered. */
  release(id: number): void {
    this.#incoming.delete(id)
    this.#pending?.delete(id)
    this.#repeated?.delete(id)
    this.#filled().answers.add(TYPE.PUBCOMP, id)
  }

  /** Hands the batch over; to be called when a read of the socket was worked off. */
  flush(): void {
    const open = this.#open
    if (!open || this.#isBroken) return
    this.#open = undefined
    const settling = open.batch.count > 0 ? this.#ingest(open.batch, this.#connection) : undefined
    if (!settling && this.#waiting.length === 0) this.#pass(open)
    else this.#keep(open, settling)
  }

  #filled(): Waiting {
    if (this.#open) return this.#open
    const { spare } = this.#inAll
    this.#inAll.spare = undefined
    return this.#open = spare ?? { batch: new Batch<Publish>(), answers: new Answers(), isSettled: false }
  }

  /** What settles at once, with nothing before it, has not waited: nothing is made for it, and nothing counted. */
  #pass(open: Waiting): void {
    this.#finish(open)
    open.batch.clear()
    open.answers.clear()
    this.#inAll.spare = open
  }

  #keep(open: Waiting, settling: Promise<void> | undefined): void {
    open.batch.keep()
    this.#waiting.push(open)
    this.#count(open, 1)
    if (settling) settling.then(() => { this.#settle(open); this.#review() }, () => this.#fail())
    else this.#settle(open)
    this.#review()
  }

  #repeat(id: number): void {
    if (this.#repeated?.has(id)) throw protocolError();
    (this.#repeated ??= new Set()).add(id)
  }

  #settle(settled: Waiting): void {
    settled.isSettled = true
    for (let head = this.#waiting[0]; head?.isSettled; head = this.#waiting[0]) {
      this.#waiting.shift()
      this.#count(head, -1)
      this.#finish(head)
    }
  }

  #finish(settled: Waiting): void {
    this.#unanswered -= settled.answers.pubacks
    for (const { qos, id } of settled.batch.packets) if (qos === 2 && this.#pending?.delete(id)) this.#incoming.add(id)
    this.#owner.settled(settled)
  }

  #fail(): void {
    if (this.#isBroken) return
    this.#isBroken = true
    for (const waiting of this.#waiting.splice(0)) this.#count(waiting, -1)
    this.#owner.failed()
  }

  #count({ batch, answers }: Waiting, sign: 1 | -1): void {
    this.#waitingPackets += sign * (batch.count + answers.length)
    this.#waitingBytes += sign * batch.size
    this.#inAll.bytes += sign * batch.size
  }

  /**
   * Tells the owner when the line is crossed, and not while a batch passes that settles at once. The less room all of them have left, the
   * less one may have waiting: whoever sends most is held up first, and who sends little is not.
   */
  #review(): void {
    const { waitingPacketsMax, waitingBytesMax, waitingBytesInAllMax } = this.#limits
    const room = Math.max(1, Math.min(waitingBytesMax, waitingBytesInAllMax - this.#inAll.bytes))
    const share = Math.max(this.#waitingPackets / waitingPacketsMax, this.#waitingBytes / room)
    if (this.#isCrowded ? share > 0.5 : share <= 1) return
    this.#isCrowded = !this.#isCrowded
    this.#owner.crowded(this.#isCrowded)
  }
}
