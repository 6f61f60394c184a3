// Collects items until there are enough of them, or the first has waited long enough.

export interface BatchOptions {
  /** Items; 0: as many as come in time. */
  readonly count: number
  /** How long the first may wait; 0: for ever. */
  readonly waitMs: number
}

/** No batch is larger, whatever was asked for. */
export const BATCH_ITEMS_MAX = 10_000

export class Batcher<T> {
  readonly #options: BatchOptions
  readonly #itemsMax: number
  readonly #onBatch: (items: readonly T[]) => void
  #items: T[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(options: BatchOptions, onBatch: (items: readonly T[]) => void) {
    this.#options = options
    this.#itemsMax = Math.min(options.count || BATCH_ITEMS_MAX, BATCH_ITEMS_MAX)
    this.#onBatch = onBatch
  }

  add(item: T): void {
    this.#items.push(item)
    if (this.#items.length >= this.#itemsMax) this.#flush()
    else if (this.#options.waitMs > 0) this.#timer ??= setTimeout(() => this.#flush(), this.#options.waitMs)
  }

  /** What is collected is let go of. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#items = []
  }

  #flush(): void {
    const items = this.#items
    this.stop()
    this.#onBatch(items)
  }
}
