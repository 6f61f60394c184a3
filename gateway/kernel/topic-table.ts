// Which device a topic of a source is: a table in the kernel's memory, open addressing, grown by half of it being full.
import type { KernelMemory } from '#gateway/kernel/memory.ts'

const ENTRY_BYTES = 24, FIRST_SIZE = 1_024
/** As long as MQTT lets one be. */
const TOPIC_BYTES_MAX = 65_535
const HASH = 0, SOURCE = 4, TEXT = 8, LENGTH = 12, DEVICE = 16
/** On the board: where the table lies, and its mask. */
const TABLE = 0, MASK = 4

export class TopicTable {
  readonly #memory: KernelMemory
  readonly #board: number
  readonly #hashOf: (at: number, length: number, source: number) => number
  /** Where a topic is written that is looked for. */
  readonly #scratch: number
  #at = 0
  #size = 0
  /** Entries, those included that were deleted. */
  #filled = 0
  count = 0

  constructor(memory: KernelMemory, board: number, hashOf: (at: number, length: number, source: number) => number) {
    this.#memory = memory
    this.#board = board
    this.#hashOf = hashOf
    this.#scratch = memory.take(TOPIC_BYTES_MAX)
    this.#make(FIRST_SIZE)
  }

  /** Throws a RangeError where memory is out; then nothing has changed. */
  set(source: number, topic: string, device: number): void {
    if (this.#filled >= this.#size / 2) this.#grow()
    const { hash, length, entry } = this.#look(source, topic), known = this.#memory.view.getUint32(entry + TEXT, true)
    const [text] = known === 0 ? this.#memory.text(topic) : [known], { view } = this.#memory
    if (known === 0) this.#filled++
    if (view.getUint32(entry + DEVICE, true) === 0) this.count++
    this.#memory.words([hash, source, text, length, device, 0], entry)
  }

  /** Takes no memory: views of it stay good. */
  delete(source: number, topic: string): void {
    const { entry } = this.#look(source, topic)
    if (this.#memory.view.getUint32(entry + DEVICE, true) === 0) return
    this.#memory.view.setUint32(entry + DEVICE, 0, true)
    this.count--
  }

  #look(source: number, topic: string): { readonly hash: number, readonly length: number, readonly entry: number } {
    const bytes = Buffer.from(topic), { length } = bytes
    if (length > TOPIC_BYTES_MAX) throw new RangeError(`A topic of ${length} bytes`)
    this.#memory.bytes.set(bytes, this.#scratch)
    const hash = this.#hashOf(this.#scratch, length, source)
    return { hash, length, entry: this.#find(hash, source, this.#scratch, length) }
  }

  /** The entry of a topic, or the free one where it belongs. One that was deleted is found by its text. */
  #find(hash: number, source: number, text: number, length: number): number {
    const { view, bytes } = this.#memory
    for (let slot = (hash >>> 0) & (this.#size - 1); ; slot = (slot + 1) & (this.#size - 1)) {
      const entry = this.#at + slot * ENTRY_BYTES, known = view.getUint32(entry + TEXT, true)
      if (known === 0) return entry
      const isAlike = view.getInt32(entry + HASH, true) === (hash | 0) && view.getUint32(entry + SOURCE, true) === source && view.getUint32(entry + LENGTH, true) === length
      if (isAlike && Buffer.compare(bytes.subarray(known, known + length), bytes.subarray(text, text + length)) === 0) return entry
    }
  }

  #grow(): void {
    const before = this.#at, size = this.#size
    this.#make(size * 2)
    const { view } = this.#memory
    for (let slot = 0; slot < size; slot++) {
      const entry = before + slot * ENTRY_BYTES
      if (view.getUint32(entry + DEVICE, true) === 0) continue
      let to = view.getUint32(entry + HASH, true) & (this.#size - 1)
      while (view.getUint32(this.#at + to * ENTRY_BYTES + TEXT, true) !== 0) to = (to + 1) & (this.#size - 1)
      this.#memory.bytes.copyWithin(this.#at + to * ENTRY_BYTES, entry, entry + ENTRY_BYTES)
    }
    this.#filled = this.count
  }

  #make(size: number): void {
    this.#at = this.#memory.take(size * ENTRY_BYTES)
    this.#size = size
    this.#memory.words([this.#at], this.#board + TABLE)
    this.#memory.words([size - 1], this.#board + MASK)
  }
}
