// Whose turn is next among thousands of devices: a binary heap of due times; equal times go by index, so that the order is always the same.

interface Turn {
  readonly index: number
  readonly dueMs: number
}

export class Schedule {
  readonly #heap: Turn[] = []

  push(index: number, dueMs: number): void {
    const heap = this.#heap
    let at = heap.push({ index, dueMs }) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(at, parent)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  /** Takes out the turn that is due first; undefined when there is none. */
  pop(): Turn | undefined {
    const heap = this.#heap
    if (heap.length === 0) return undefined
    this.#swap(0, heap.length - 1)
    const first = heap.pop()
    for (let at = 0; ;) {
      let least = at
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < heap.length && this.#isBefore(child, least)) least = child
      if (least === at) return first
      this.#swap(at, least)
      at = least
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a] as Turn, this.#heap[b] as Turn]
    return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.index < other.index)
  }

  #swap(a: number, b: number): void {
    const kept = this.#heap[a] as Turn
    this.#heap[a] = this.#heap[b] as Turn
    this.#heap[b] = kept
  }
}
