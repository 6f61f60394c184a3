// A set of positions as ranges: few, because positions are delivered in order.

export class Ranges {
  /** The highest range, to which nearly all is added; of an empty set it ends before it begins. */
  #first = 1
  #last = 0
  /** The ranges below it. Both ascend; two ranges never touch. */
  readonly #firsts: number[] = []
  readonly #lasts: number[] = []

  get highest(): number { return this.#last }

  has(position: number): boolean {
    if (position > this.#last) return false
    if (position >= this.#first) return true
    return position >= (this.#firsts[this.#indexFrom(position)] ?? Infinity)
  }

  /** Adds a position that is not in the set yet. At the upper end, where it nearly always is, at no cost. */
  add(position: number): void {
    if (position === this.#last + 1) this.#last = position
    else if (position > this.#last) this.append(position, position)
    else this.#insert(position)
  }

  /** Appends a range behind all others, and apart from them. */
  append(first: number, last: number): void {
    if (this.#last >= this.#first) {
      this.#firsts.push(this.#first)
      this.#lasts.push(this.#last)
    }
    this.#first = first
    this.#last = last
  }

  /** Whether the set has a position between two others. */
  hasBetween(after: number, before: number): boolean {
    const first = this.#firsts[this.#indexFrom(after + 1)] ?? (after < this.#last ? this.#first : Infinity)
    return Math.max(first, after + 1) < before
  }

  /** The range that a position of the set lies in. */
  around(position: number): readonly [first: number, last: number] {
    if (position >= this.#first) return [this.#first, this.#last]
    const index = this.#indexFrom(position)
    return [this.#firsts[index]!, this.#lasts[index]!]
  }

  *[Symbol.iterator](): Iterator<readonly [first: number, last: number]> {
    for (const [index, first] of this.#firsts.entries()) yield [first, this.#lasts[index]!]
    if (this.#last >= this.#first) yield [this.#first, this.#last]
  }

  /** Below the upper end: it may join the range before it, the one behind it, or both. */
  #insert(position: number): void {
    const firsts = this.#firsts, lasts = this.#lasts
    firsts.push(this.#first)
    lasts.push(this.#last)
    const behind = this.#indexFrom(position), joinsBefore = behind > 0 && lasts[behind - 1] === position - 1, joinsBehind = firsts[behind] === position + 1
    if (joinsBefore && joinsBehind) {
      firsts.splice(behind, 1)
      lasts.splice(behind - 1, 1)
    } else if (joinsBefore) lasts[behind - 1] = position
    else if (joinsBehind) firsts[behind] = position
    else {
      firsts.splice(behind, 0, position)
      lasts.splice(behind, 0, position)
    }
    this.#first = firsts.pop()!
    this.#last = lasts.pop()!
  }

  /** Index of the first of the lower ranges that does not end before a position; their number where there is none. */
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
