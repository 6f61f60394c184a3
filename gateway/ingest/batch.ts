// What one read of a socket brought: bytes where they lie, and rows that say where in them a message is. No object is made of a message before
// somebody asks for one.
import type { Packet } from '#adapters/packet.ts'

/** Of a row: where the topic begins and how long it is, where the payload begins and how long it is. A topic of no length: it is a packet. */
export const ROW_WORDS = 4
/** Room for so many rows is kept when a batch is emptied. */
const ROWS_KEPT_MAX = 1_024

const NOTHING: Buffer = Buffer.alloc(0)

/** `P`: what a packet is to whoever fills it. */
export class Batch<P extends Packet = Packet> {
  /** When it came, in milliseconds since 1970. */
  receivedAt = 0
  /** What rows point into: the memory of a socket, which reads into it again, until `keep` was called. */
  bytes: Buffer = NOTHING
  /** What stands behind the last row is left over from another time. */
  readonly rows: number[] = []
  /** Of each row. */
  readonly qos: (0 | 1 | 2)[] = []
  /** Those that are more than topic, payload and QoS; where a row is one, its place here stands where the payload's does. */
  readonly packets: P[] = []
  /** Of rows. */
  count = 0
  /** Of all payloads and topics. */
  size = 0
  /** Whether one of them has to be acknowledged. */
  isDurable = false
  /** What whoever took it adds: milliseconds of the process that those of its messages took that the kernel did not take. */
  longRoadMs = 0
  /** Behind the last byte that a row points to. */
  #end = 0

  static of(packets: readonly Packet[]): Batch {
    const batch = new Batch()
    for (const packet of packets) batch.addPacket(packet)
    return batch
  }

  /** All rows of a batch are in the same bytes, each behind the one before. The topic is UTF-8 without a wildcard, and not empty. */
  addRow(bytes: Buffer, topic: number, topicLength: number, payload: number, payloadLength: number, qos: 0 | 1 | 2): void {
    this.bytes = bytes
    this.#end = payload + payloadLength
    this.#add(topic, topicLength, payload, payloadLength, qos)
    this.size += topicLength + payloadLength
  }

  addPacket(packet: P): void {
    this.receivedAt = packet.receivedAt
    this.#add(0, 0, this.packets.push(packet) - 1, 0, packet.qos)
    this.size += packet.topic.length + packet.payload.length
  }

  #add(first: number, second: number, third: number, fourth: number, qos: 0 | 1 | 2): void {
    const { rows, count } = this, at = count * ROW_WORDS
    rows[at] = first
    rows[at + 1] = second
    rows[at + 2] = third
    rows[at + 3] = fourth
    this.qos[count] = qos
    this.count = count + 1
    if (qos > 0) this.isDurable = true
  }

  isPacket(n: number): boolean { return this.rows[n * ROW_WORDS + 1] === 0 }

  /** One that stays what it is, whatever is read into the bytes later. */
  packetAt(n: number): P | Packet {
    const at = n * ROW_WORDS, topic = this.rows[at]!, topicLength = this.rows[at + 1]!, payload = this.rows[at + 2]!
    if (topicLength === 0) return this.packets[payload]!
    return {
      topic: this.bytes.toString('utf8', topic, topic + topicLength), payload: Buffer.from(this.bytes.subarray(payload, payload + this.rows[at + 3]!)), qos: this.qos[n]!, retain: false,
      receivedAt: this.receivedAt,
    }
  }

  /** Its bytes are its own from now on. */
  keep(): void { if (this.#end > 0) this.bytes = Buffer.from(this.bytes.subarray(0, this.#end)) }

  /** Empty again, to be filled once more: it costs less than a new one. */
  clear(): void {
    if (this.count > ROWS_KEPT_MAX) this.rows.length = this.qos.length = 0
    if (this.packets.length > 0) this.packets.length = 0
    this.bytes = NOTHING
    this.count = this.size = this.longRoadMs = this.#end = 0
    this.isDurable = false
  }

  * [Symbol.iterator](): Iterator<P | Packet> { for (let n = 0; n < this.count; n++) yield this.packetAt(n) }
}
