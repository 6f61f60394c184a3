// Time comes in through one door, so that tests can turn it.

export interface Clock {
  /** Milliseconds since 1970 (UTC). */
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }

/** Never goes back: what has ended has ended, whatever the clock under it is set to. It forgets with the process. */
export class SteadyClock implements Clock {
  readonly #clock: Clock
  #latest = -Infinity

  constructor(clock: Clock) { this.#clock = clock }

  now(): number {
    const now = this.#clock.now()
    return now > this.#latest ? this.#latest = now : this.#latest
  }
}
