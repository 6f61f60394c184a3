// Seconds by the clock on the wall, which may be turned.

const SECOND_MS = 1_000
/** What lies further from the second paid last, ahead or back, was not lived through: the clock was turned, or the machine slept. */
export const SECONDS_APART_MAX = 5

export function secondOf(milliseconds: number): number { return Math.floor(milliseconds / SECOND_MS) }

/** How many seconds have begun since the one paid last. A clock that was turned costs one second, whichever way and however far. */
export function secondsBegun(lastPaid: number, now: number): number {
  const apart = secondOf(now) - lastPaid
  return Math.abs(apart) > SECONDS_APART_MAX ? 1 : Math.max(0, apart)
}
