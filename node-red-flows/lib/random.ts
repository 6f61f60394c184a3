// Chance that can be repeated: the same seed gives the same readings.

/** Draws in [0, 1): Mulberry32, Tommy Ettinger's generator of one 32-bit word. */
export class Random {
  #state: number

  constructor(seed: number) { this.#state = seed | 0 }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** Around 0, within ±1: the sum of three draws is round enough for a sensor's noise. */
  around(): number { return (this.next() + this.next() + this.next()) / 1.5 - 1 }
}

export interface WalkOptions {
  /** Where it comes back to. */
  readonly mean: number
  /** At most so far in one step. */
  readonly step: number
  readonly min: number
  readonly max: number
  readonly decimals: number
}

/** How much of its distance from the mean a walk makes good in a step. */
const PULL = 0.02

/** A value that wanders as a room's climate does: in small steps, and never far. */
export function walk(random: Random, { mean, step, min, max, decimals }: WalkOptions): () => number {
  let value = mean
  return () => {
    value = Math.min(max, Math.max(min, value + (mean - value) * PULL + step * random.around()))
    return Number(value.toFixed(decimals))
  }
}
