// A set of positions as ranges: small, because positions are delivered in order.

export class Ranges {
  /** Ascending, apart by at least one position. */
  readonly #ranges: [first: number, last: number][] = []

  get last(): number { return this.#ranges.at(-1)?.[1] ?? 0 }

  has(position: number): boolean {
    const range = this.#ranges[this.#indexOf(position)]
    return range !== undefined && range[0] <= position
  }

  add(first: number, last = first): void {
    const newest = this.#ranges.at(-1)
    if (newest && first === newest[1] + 1) { newest[1] = last; return }
    // The ranges that touch or overlap the new one become one with it.
    const from = this.#indexOf(first - 1)
    let to = from
    while (to < this.#ranges.length && this.#ranges[to]![0] <= last + 1) to++
    const merged = this.#ranges.slice(from, to)
    this.#ranges.splice(from, to - from, [Math.min(first, merged[0]?.[0] ?? first), Math.max(last, merged.at(-1)?.[1] ?? last)])
  }

  [Symbol.iterator](): Iterator<readonly [first: number, last: number]> { return this.#ranges[Symbol.iterator]() }

  /** Index of the first range that ends at or behind a position. */
  #indexOf(position: number): number {
    let low = 0, high = this.#ranges.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#ranges[middle]![1] >= position) high = middle
      else low = middle + 1
    }
    return low
  }
}
