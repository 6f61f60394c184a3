// Bytes that may be held, of a part and of the whole that it belongs to: what finds no room in either is not held.

export class Budget {
  readonly #max: number
  readonly #whole: Budget | undefined
  #used = 0

  /** `max` in bytes. */
  constructor(max: number, whole?: Budget) {
    this.#max = max
    this.#whole = whole
  }

  get used(): number { return this.#used }

  /** False where there is no room: nothing was taken then. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.#max || this.#whole?.take(bytes) === false) return false
    this.#used += bytes
    return true
  }

  give(bytes: number): void {
    this.#used -= bytes
    this.#whole?.give(bytes)
  }
}
