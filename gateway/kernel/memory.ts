// The kernel's memory, seen from outside: handed out from one end, never taken back but as a whole.

const PAGE_BYTES = 65_536
/** Records are aligned to this many bytes. */
const ALIGNMENT = 8
/** The kernel reads and writes up to 15 bytes beyond a text. */
const SLACK_BYTES = 16

export class KernelMemory {
  readonly memory: WebAssembly.Memory
  bytes: Uint8Array
  view: DataView
  readonly #bytesMax: number
  #end: number

  /** `from` is where it begins to hand out. */
  constructor(from: number, bytesMax: number) {
    this.memory = new WebAssembly.Memory({ initial: Math.ceil(from / PAGE_BYTES) + 1, maximum: Math.ceil(bytesMax / PAGE_BYTES) })
    this.bytes = new Uint8Array(this.memory.buffer)
    this.view = new DataView(this.memory.buffer)
    this.#bytesMax = bytesMax
    this.#end = from
  }

  get used(): number { return this.#end }

  /** So many bytes, all 0. Throws a RangeError where there are no more. */
  take(size: number): number {
    const at = this.#end, end = at + Math.ceil(size / ALIGNMENT) * ALIGNMENT
    if (end + SLACK_BYTES > this.#bytesMax) throw new RangeError('The kernel has no more memory')
    if (end + SLACK_BYTES > this.bytes.length) {
      const pages = this.bytes.length / PAGE_BYTES, needed = Math.ceil((end + SLACK_BYTES) / PAGE_BYTES) - pages, room = Math.ceil(this.#bytesMax / PAGE_BYTES) - pages
      // By half of it at once: each time all views are made anew, and the garbage collector is told of all of it again.
      this.memory.grow(Math.min(Math.max(needed, pages >> 1), room))
      this.bytes = new Uint8Array(this.memory.buffer)
      this.view = new DataView(this.memory.buffer)
    }
    this.#end = end
    return at
  }

  /** The offset and the length of a text. */
  text(text: string): readonly [number, number] {
    const bytes = Buffer.from(text), at = this.take(bytes.length)
    this.bytes.set(bytes, at)
    return [at, bytes.length]
  }

  /** 32-bit integers, one behind the other; from `at`, or in a place of their own. */
  words(values: readonly number[], at = this.take(values.length * 4)): number {
    values.forEach((value, index) => this.view.setInt32(at + index * 4, value | 0, true))
    return at
  }
}
