// What one read of a socket brought: bytes where they lie, and rows that say where in them a message is. No object is made of a message before
// somebody asks for one.
import type { Packet } from '#adapters/packet.ts'

/** Of a row: where the topic begins and how long it is, where the payload begins and how long it is. A topic of no length: it is a packet. */
export const ROW_WORDS = 4

const NOTHING: Buffer = Buffer.alloc(0)

/** `P`: what a packet is to whoever fills it. */
export class Batch<P extends Packet = Packet> {
  /** When it came, in milliseconds since 1970. */
  receivedAt = 0
  /** What rows point into. */
  bytes: Buffer = NOTHING
  readonly rows: number[] = []
  /** Of each row. */
  readonly qos: (0 | 1 | 2)[] = []
  /** Those that are more than topic, payload and QoS; where a row is one, its place here stands where the payload's does. */
  readonly packets: P[] = []
  /** Of all payloads and topics. */
  size = 0
  /** What whoever took it adds: milliseconds of the process that those of its messages took that the kernel did not take. */
  longRoadMs = 0

  static of(packets: readonly Packet[]): Batch {
    const batch = new Batch()
    for (const packet of packets) batch.addPacket(packet)
    return batch
  }

  get count(): number { return this.qos.length }
  /** Whether one of them has to be acknowledged. */
  get isDurable(): boolean { return this.qos.some(qos => qos > 0) }

  /** All rows of a batch are in the same bytes. The topic is UTF-8 without a wildcard, and not empty. */
  addRow(bytes: Buffer, topic: number, topicLength: number, payload: number, payloadLength: number, qos: 0 | 1 | 2): void {
    this.bytes = bytes
    this.rows.push(topic, topicLength, payload, payloadLength)
    this.qos.push(qos)
    this.size += topicLength + payloadLength
  }

  addPacket(packet: P): void {
    this.receivedAt = packet.receivedAt
    this.rows.push(0, 0, this.packets.push(packet) - 1, 0)
    this.qos.push(packet.qos)
    this.size += packet.topic.length + packet.payload.length
  }

  isPacket(n: number): boolean { return this.rows[n * ROW_WORDS + 1] === 0 }

  packetAt(n: number): P | Packet {
    const at = n * ROW_WORDS, topic = this.rows[at]!, topicLength = this.rows[at + 1]!, payload = this.rows[at + 2]!
    if (topicLength === 0) return this.packets[payload]!
    return {
      topic: this.bytes.toString('utf8', topic, topic + topicLength), payload: this.bytes.subarray(payload, payload + this.rows[at + 3]!), qos: this.qos[n]!, retain: false,
      receivedAt: this.receivedAt,
    }
  }

  * [Symbol.iterator](): Iterator<P | Packet> { for (let n = 0; n < this.count; n++) yield this.packetAt(n) }
}
