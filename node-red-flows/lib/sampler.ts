// Thins a stream out by its own time, so that what was missed and is read again is thinned out alike.

/** True for a message that is at least `everyMs` behind the last one for which it was true. 0: always. */
export class Sampler {
  readonly #everyMs: number
  #last = -Infinity

  constructor(everyMs: number) { this.#everyMs = everyMs }

  take(timestamp: number): boolean {
    if (timestamp - this.#last < this.#everyMs) return false
    this.#last = timestamp
    return true
  }
}
