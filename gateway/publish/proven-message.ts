// A message with its proof, as its receivers get it: its envelope, of which the proof is the last member.
import type { Batch } from '#gateway/proof/batch.ts'
import { envelopeHead } from '#gateway/publish/message.ts'
import type { View } from '#gateway/publish/view.ts'

const BRACE = 0x7d

export class ProvenMessage {
  readonly #view: View
  readonly #head: string
  readonly #batch: Batch
  readonly #index: number
  #bytes: Buffer | undefined

  /** There is more to it when the batch is sealed. */
  constructor(view: View, batch: Batch) {
    this.#view = view
    this.#head = envelopeHead(view.message)
    this.#batch = batch
    this.#index = batch.add(this.#head, view)
  }

  get id(): string { return this.#view.id }
  get position(): number { return this.#view.position }
  get userProperties(): readonly (readonly [string, string])[] { return this.#view.userProperties }
  get length(): number { return this.#bytes?.length ?? Buffer.byteLength(this.#head) + this.#view.length + this.#batch.lengthOf(this.#index) + 1 }
  get text(): string {
    this.share()
    return this.#bytes!.toString()
  }

  /** Writes the envelope, from `at` on; gives where it ends. */
  write(into: Buffer, at: number): number {
    if (this.#bytes) return at + this.#bytes.copy(into, at)
    const end = this.#batch.write(this.#index, into, this.#view.write(into, at + into.utf8Write(this.#head, at)))
    into[end] = BRACE
    return end + 1
  }

  /** To be called when it is written more than once: it is put together once. */
  share(): void {
    if (this.#bytes) return
    const bytes = Buffer.allocUnsafe(this.length)
    this.write(bytes, 0)
    this.#bytes = bytes
  }
}
