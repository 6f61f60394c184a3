// Acknowledgements that are due, in their order: a number each, so that a device's burst at QoS 1 makes no objects.
import { acknowledgementAt, ACKNOWLEDGEMENT_BYTES } from '#gateway/mqtt/codec/encode.ts'
import { TYPE, type Publish } from '#gateway/mqtt/codec/packets.ts'

/** `packet` is what it answers, where that is a PUBLISH that was read as a packet. */
export interface Answer { readonly type: number, readonly id: number, readonly packet: Publish | undefined }

const ID_BITS = 16, ID_MASK = 0xffff

export class Answers implements Iterable<Answer> {
  readonly #codes: number[] = []
  readonly #packets: (Publish | undefined)[] = []
  #pubacks = 0

  get length(): number { return this.#codes.length }
  /** Those of QoS 1 among them. */
  get pubacks(): number { return this.#pubacks }

  add(type: number, id: number, packet?: Publish): void {
    if (type === TYPE.PUBACK) this.#pubacks++
    this.#codes.push(type << ID_BITS | id)
    this.#packets.push(packet)
  }

  /** As packets without a reason code, in one piece: four bytes each, in every version. */
  get encoded(): Buffer {
    const bytes = Buffer.allocUnsafe(ACKNOWLEDGEMENT_BYTES * this.length)
    this.#codes.forEach((code, n) => acknowledgementAt(bytes, n * ACKNOWLEDGEMENT_BYTES, code >> ID_BITS, code & ID_MASK))
    return bytes
  }

  clear(): void {
    this.#codes.length = this.#packets.length = this.#pubacks = 0
  }

  *[Symbol.iterator](): Generator<Answer, void> {
    for (const [n, code] of this.#codes.entries()) yield { type: code >> ID_BITS, id: code & ID_MASK, packet: this.#packets[n] }
  }
}
