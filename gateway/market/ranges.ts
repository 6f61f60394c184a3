// A set of positions as ranges: few, because positions are delivered in order.

export class Ranges {
  /** Both ascend; two ranges never touch. */
  readonly #firsts: number[] = []
  readonly #lasts: number[] = []

  get highest(): number { return this.#lasts.at(-1) ?? 0 }

  has(position: number): boolean {
    const newest = this.#lasts.length - 1
    if (newest < 0 || position > this.#lasts[newest]!) return false
    return position >= this.#firsts[this.#indexFrom(position)]!
  }

  /** Adds a position that is not in the set yet. At the upper end, where it nearly always is, at no cost. */
  add(position: number): void {
    const lasts = this.#lasts, newest = lasts.length - 1
    if (newest >= 0 && position === lasts[newest]! + 1) lasts[newest] = position
    else if (newest < 0 || position > lasts[newest]!) this.append(position, position)
    else this.#insert(position)
  }

  /** Appends a range behind all others, and apart from them. */
  append(first: number, last: number): void {
    this.#firsts.push(first)
    this.#lasts.push(last)
  }

  /** Whether the set has a position between two others. */
  hasBetween(after: number, before: number): boolean {
    const first = this.#firsts[this.#indexFrom(after + 1)]
    return first !== undefined && Math.max(first, after + 1) < before
  }

  /** The range that a position of the set lies in. */
  around(position: number): readonly [first: number, last: number] {
    const index = this.#indexFrom(position)
    return [this.#firsts[index]!, this.#lasts[index]!]
  }

  *[Symbol.iterator](): Iterator<readonly [first: number, last: number]> {
    for (const [index, first] of this.#firsts.entries()) yield [first, this.#lasts[index]!]
  }

  /** Below the upper end: it may join the range before it, the one behind it, or both. */
  #insert(position: number): void {
    const firsts = this.#firsts, lasts = this.#lasts, behind = this.#indexFrom(position)
    const joinsBefore = behind > 0 && lasts[behind - 1] === position - 1, joinsBehind = firsts[behind] === position + 1
    if (joinsBefore && joinsBehind) {
      firsts.splice(behind, 1)
      lasts.splice(behind - 1, 1)
    } else if (joinsBefore) lasts[behind - 1] = position
    else if (joinsBehind) firsts[behind] = position
    else {
      firsts.splice(behind, 0, position)
      lasts.splice(behind, 0, position)
    }
  }

  /** Index of the first range that does not end before a position. */
  #indexFrom(position: number): number {
    let low = 0, high = this.#lasts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#lasts[middle]! >= position) high = middle
      else low = middle + 1
    }
    return low
  }
}
