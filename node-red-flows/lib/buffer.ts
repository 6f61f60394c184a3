// What has come and could not be sent on yet: bounded, with a choice of what gives way when it is full.

export type Overflow = 'pause' | 'drop-oldest'

/** Compacted when so many places at its front are empty: a shift of an array would move all of it each time. */
const EMPTY_MAX = 1024

export class Buffer<T> {
  readonly #max: number
  readonly #overflow: Overflow
  #items: (T | undefined)[] = []
  #first = 0
  #isPaused = false

  /** `max` items. With `pause` it can hold a few more: what was read when the source was told to wait. */
  constructor(max: number, overflow: Overflow) {
    this.#max = max
    this.#overflow = overflow
  }

  get length(): number { return this.#items.length - this.#first }

  /** Whether its source has to wait: from full until half empty. Never with `drop-oldest`. */
  get isPaused(): boolean { return this.#isPaused }

  /** The item that gave way, if one did. */
  push(item: T): T | undefined {
    this.#items.push(item)
    if (this.#overflow === 'drop-oldest') return this.length > this.#max ? this.shift() : undefined
    if (this.length >= this.#max) this.#isPaused = true
    return undefined
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined
    const item = this.#items[this.#first]
    this.#items[this.#first++] = undefined
    if (this.#first > EMPTY_MAX || this.length === 0) this.#compact()
    if (this.length <= this.#max / 2) this.#isPaused = false
    return item
  }

  /** Leaves out what does not belong any more. */
  remove(isGone: (item: T) => boolean): void {
    this.#items = (this.#items.slice(this.#first) as T[]).filter(item => !isGone(item))
    this.#first = 0
    if (this.length <= this.#max / 2) this.#isPaused = false
  }

  #compact(): void {
    this.#items = this.#items.slice(this.#first)
    this.#first = 0
  }
}
