// From PUBLISH to acknowledgement, for one connection: batches go in by the port of ingest, answers leave in the order of what they answer.
import type { Connection, Ingest } from '#gateway/ingest/ingest.ts'
import type { MqttLimits } from '#gateway/mqtt/limits.ts'
import type { Publish } from '#gateway/mqtt/packets.ts'

/** First bytes of the packets that answer a PUBLISH or a PUBREL; each has two more bytes, its packet id. */
const PUBACK = 0x40, PUBREC = 0x50, PUBCOMP = 0x70
/** One bit for each packet id that a client may have in flight with QoS 2: their memory is bounded by the protocol itself. */
const PACKET_ID_BYTES = 65_536 / 8

/** What an intake asks of its connection. */
export interface IntakeOwner {
  /** Writes answers, ready made and in order. */
  answer(bytes: Buffer): void
  /** Hands on what was taken in, to those who read it inside its source. Called after its acknowledgement. */
  deliver(packets: readonly Publish[]): void
  /** More waits than is allowed (true: read no more), or half of that again. */
  crowded(isCrowded: boolean): void
  /** A batch was not kept: nothing more is acknowledged, and the client has to come back with it. */
  failed(): void
}

interface Batch {
  readonly packets: Publish[]
  /** First byte and packet id of each answer, as one number. */
  readonly answers: number[]
  bytes: number
  isSettled: boolean
}

export class Intake {
  readonly #ingest: Ingest
  readonly #connection: Connection
  readonly #limits: MqttLimits
  readonly #owner: IntakeOwner
  readonly #waiting: Batch[] = []
  #open = emptyBatch()
  #waitingPackets = 0
  #waitingBytes = 0
  #isCrowded = false
  #isBroken = false
  #unreleased: Uint8Array | undefined

  constructor(ingest: Ingest, connection: Connection, limits: MqttLimits, owner: IntakeOwner) {
    this.#ingest = ingest
    this.#connection = connection
    this.#limits = limits
    this.#owner = owner
  }

  /** Adds to the batch that `flush` sends. A QoS 2 PUBLISH that comes again before its PUBREL is answered again, taken in once (§4.3.3). */
  publish(packet: Publish): void {
    if (packet.qos !== 2 || this.#isFirst(packet.id)) {
      this.#open.packets.push(packet)
      this.#open.bytes += packet.topic.length + packet.payload.length
    }
    this.swallow(packet)
  }

  /** Acknowledges in its turn, and takes nothing in. */
  swallow({ qos, id }: Publish): void {
    if (qos > 0) this.#open.answers.push((qos === 1 ? PUBACK : PUBREC) << 16 | id)
  }

  /** PUBREL: the id is free for another message. Known or not, it is answered. */
  release(id: number): void {
    if (this.#unreleased) this.#unreleased[id >> 3]! &= ~(1 << (id & 7))
    this.#open.answers.push(PUBCOMP << 16 | id)
  }

  /** Hands the batch over; to be called when a read of the socket was worked off. */
  flush(): void {
    const batch = this.#open
    if (this.#isBroken || (batch.packets.length === 0 && batch.answers.length === 0)) return
    this.#open = emptyBatch()
    this.#waiting.push(batch)
    this.#count(batch, 1)
    const settling = batch.packets.length > 0 ? this.#ingest(batch.packets, this.#connection) : undefined
    if (settling) settling.then(() => { this.#settle(batch); this.#review() }, () => this.#fail())
    else this.#settle(batch)
    this.#review()
  }

  #settle(batch: Batch): void {
    batch.isSettled = true
    for (let head = this.#waiting[0]; head?.isSettled; head = this.#waiting[0]) {
      this.#waiting.shift()
      this.#count(head, -1)
      if (head.answers.length > 0) this.#owner.answer(encode(head.answers))
      if (head.packets.length > 0) this.#owner.deliver(head.packets)
    }
  }

  #fail(): void {
    if (this.#isBroken) return
    this.#isBroken = true
    this.#waiting.length = 0
    this.#owner.failed()
  }

  #count(batch: Batch, sign: 1 | -1): void {
    this.#waitingPackets += sign * (batch.packets.length + batch.answers.length)
    this.#waitingBytes += sign * batch.bytes
  }

  /** Tells the owner when the line is crossed, and not while a batch passes that settles at once. */
  #review(): void {
    const share = Math.max(this.#waitingPackets / this.#limits.waitingPacketsMax, this.#waitingBytes / this.#limits.waitingBytesMax)
    if (this.#isCrowded ? share > 0.5 : share <= 1) return
    this.#isCrowded = !this.#isCrowded
    this.#owner.crowded(this.#isCrowded)
  }

  #isFirst(id: number): boolean {
    this.#unreleased ??= new Uint8Array(PACKET_ID_BYTES)
    const byte = this.#unreleased[id >> 3]!, bit = 1 << (id & 7)
    this.#unreleased[id >> 3] = byte | bit
    return (byte & bit) === 0
  }
}

function emptyBatch(): Batch {
  return { packets: [], answers: [], bytes: 0, isSettled: false }
}

function encode(answers: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(4 * answers.length)
  answers.forEach((answer, index) => bytes.writeUInt32BE((((answer >>> 16) << 24) | (2 << 16) | (answer & 0xffff)) >>> 0, 4 * index))
  return bytes
}
