// A message as some subscribers may have it. Those who may have the same of it share one, and its bytes.
import { messageIdOf, publisherIdOf, type Message } from '#gateway/publish/message.ts'
import type { ProvenMessage } from '#gateway/publish/proven-message.ts'
import type { Transform } from '#gateway/transforms/transform.ts'
import type { Packed } from '#semantic-models/packed.ts'

export class View {
  readonly message: Message
  readonly mask: number
  /** What was done to it first, if anything was. */
  readonly transform: Transform | undefined
  /** In bytes. */
  readonly length: number
  /** With its proof, where somebody wants that: of the last batch that it was in. */
  proven: ProvenMessage | undefined
  /** The same attributes of the message, in another form. */
  sibling: View | undefined
  readonly #content: Packed
  #bytes: Buffer | undefined

  constructor(message: Message, mask: number, transform?: Transform) {
    const content = this.#content = transform === undefined ? message.content : transform.of(message.content)
    this.message = message
    this.mask = mask
    this.transform = transform
    this.length = content.lengthOf(mask)
    this.proven = this.sibling = undefined
  }

  /** Nothing is left of it. */
  get isEmpty(): boolean { return (this.#content.mask & this.mask) === 0 }
  get position(): number { return this.message.position }
  /** The message's id. */
  get id(): string { return messageIdOf(this.message) }

  /** The NGSI-LD text. */
  get text(): string { return this.#bytes ? this.#bytes.toString() : this.#content.text(this.mask) }

  /** What travels beside it where there is room for names and values. */
  get userProperties(): readonly (readonly [string, string])[] { return [['messageId', this.id], ['publisherId', publisherIdOf(this.message.stream)]] }

  /** Writes the text, from `at` on; gives where it ends. */
  write(into: Buffer, at: number): number {
    return this.#bytes ? at + this.#bytes.copy(into, at) : this.#content.write(this.mask, into, at)
  }

  /**
   * To be called when it is written more than once: it is put together once. And by whoever holds on to it: the memory that it is cut from
   * is used again as soon as it has been handed over.
   */
  keep(): void {
    if (this.#bytes) return
    const bytes = Buffer.allocUnsafe(this.length)
    this.write(bytes, 0)
    this.#bytes = bytes
  }
}
