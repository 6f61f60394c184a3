// A message with its proof, as its receivers get it: its envelope, of which the proof is the last member.
import type { Batch } from '#gateway/proof/batch.ts'
import { envelopeHead } from '#gateway/publish/message.ts'
import type { View } from '#gateway/publish/view.ts'

const BRACE = 0x7d

export class ProvenMessage {
  readonly batch: Batch
  /** It is written more than once: it is put together once. */
  isShared = false
  readonly #view: View
  readonly #head: string
  readonly #index: number
  readonly #envelopeBytes: number
  #tail = ''
  #bytes: Buffer | undefined

  /** There is more to it when the batch is sealed. */
  constructor(view: View, batch: Batch) {
    this.batch = batch
    this.#view = view
    view.keep() // it waits for the end of the turn
    this.#head = envelopeHead(view.message)
    this.#index = batch.size
    this.#envelopeBytes = batch.add(this.#head, view)
  }

  get id(): string { return this.#view.id }
  get position(): number { return this.#view.position }
  get userProperties(): readonly (readonly [string, string])[] { return this.#view.userProperties }
  /** In bytes. */
  get length(): number { return this.#envelopeBytes + this.batch.lengthOf(this.#proofTail()) }

  get text(): string {
    const bytes = Buffer.allocUnsafe(this.length)
    this.write(bytes, 0)
    return bytes.toString()
  }

  /** It is good for as long as somebody has it. */
  keep(): void { /* its view was kept */ }

  /** Writes the envelope, from `at` on; gives where it ends. */
  write(into: Buffer, at: number): number {
    if (!this.isShared) return this.#compose(into, at)
    if (!this.#bytes) this.#compose(this.#bytes = Buffer.allocUnsafe(this.length), 0)
    return at + this.#bytes.copy(into, at)
  }

  #compose(into: Buffer, at: number): number {
    const end = this.batch.write(this.#proofTail(), into, this.#view.write(into, at + into.utf8Write(this.#head, at)))
    into[end] = BRACE
    return end + 1
  }

  #proofTail(): string { return this.#tail ||= this.batch.tailOf(this.#index) }
}
