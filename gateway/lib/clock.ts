// Time comes in through one door, so that tests can turn it.

export interface Clock {
  /** Milliseconds since 1970 (UTC). */
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }
