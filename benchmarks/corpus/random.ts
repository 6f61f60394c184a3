// A seeded source of chance, so that whatever it led to can be had again.

export class Random {
  #state: number

  constructor(seed: number) { this.#state = seed >>> 0 }

  /** From 0 to 1, without 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** An integer from 0 to below `count`. */
  below(count: number): number { return Math.floor(this.next() * count) }
  chance(share: number): boolean { return this.next() < share }
  pick<T>(items: readonly T[]): T { return items[this.below(items.length)]! }

  shuffled<T>(items: readonly T[]): T[] {
    const shuffled = [...items]
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!]
    }
    return shuffled
  }
}
