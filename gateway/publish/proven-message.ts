// A message with its proof, as its receivers get it: the envelope, put together once for all of them.
import { envelopeHead, messageIdOf, publisherIdOf } from '#gateway/publish/message.ts'
import type { View } from '#gateway/publish/view.ts'

export class ProvenMessage {
  readonly id: string
  readonly position: number
  readonly bytes: Buffer
  readonly #publisherId: string

  /** `proof`: JSON. */
  constructor(view: View, proof: string) {
    const { message } = view, head = envelopeHead(message, proof), room = Buffer.byteLength(head) + view.length + 1
    this.id = messageIdOf(message)
    this.position = message.position
    this.bytes = Buffer.allocUnsafe(room)
    this.bytes.write('}', view.write(this.bytes, this.bytes.write(head)))
    this.#publisherId = publisherIdOf(message.stream)
  }

  get length(): number { return this.bytes.length }
  get text(): string { return this.bytes.toString() }
  get userProperties(): readonly (readonly [string, string])[] { return [['messageId', this.id], ['publisherId', this.#publisherId]] }

  /** Writes the envelope, from `at` on; gives where it ends. */
  write(into: Buffer, at: number): number { return at + this.bytes.copy(into, at) }
}
