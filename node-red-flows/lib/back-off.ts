// How long to wait before the next attempt: longer each time, and never all clients at once.

export const PAUSE_MS_MIN = 500
export const PAUSE_MS_MAX = 15_000

export class BackOff {
  #pauseMs = PAUSE_MS_MIN

  /** Milliseconds until the next attempt, from half to all of what doubles up to PAUSE_MS_MAX; `random` in [0, 1). */
  next(random = Math.random()): number {
    const pauseMs = this.#pauseMs
    this.#pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX)
    return Math.max(PAUSE_MS_MIN, pauseMs * (0.5 + random / 2))
  }

  /** After a success. */
  reset(): void { this.#pauseMs = PAUSE_MS_MIN }
}
