// When consents end by themselves: a heap, soonest first. What was put in may be out of date by then; whoever takes it out looks again.

interface Expiry { readonly at: number, readonly id: string }

export class Expiries {
  readonly #heap: Expiry[] = []

  add(at: number, id: string): void {
    const heap = this.#heap
    let n = heap.push({ at, id }) - 1
    for (let above = (n - 1) >> 1; n > 0 && heap[above]!.at > at; n = above, above = (n - 1) >> 1) this.#swap(n, above)
  }

  /** Takes out what has ended by now, soonest first, at most so many. */
  take(now: number, most: number): readonly string[] {
    const due: string[] = []
    while (due.length < most && this.#heap.length > 0 && this.#heap[0]!.at <= now) due.push(this.#shift().id)
    return due
  }

  #shift(): Expiry {
    const heap = this.#heap, first = heap[0]!, last = heap.pop()!
    if (heap.length === 0) return first
    heap[0] = last
    for (let n = 0; ;) {
      const left = 2 * n + 1, right = left + 1, below = right < heap.length && heap[right]!.at < heap[left]!.at ? right : left
      if (below >= heap.length || heap[below]!.at >= heap[n]!.at) return first
      this.#swap(n, below)
      n = below
    }
  }

  #swap(a: number, b: number): void { [this.#heap[a], this.#heap[b]] = [this.#heap[b]!, this.#heap[a]!] }
}
