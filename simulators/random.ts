// Chance that can be repeated: every draw follows from a seed, so that a run of the simulators can be had again.

/** Part of a seed: `seedOf(fleet.seed, 'home-3', 'kitchen')` gives each device a stream of its own, whatever its neighbours draw. */
export function seedOf(...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5
  for (const character of parts.join('\0')) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return mixed(hash)
}

/** The n-th of a fixed sequence of numbers in [0, 1): the same question always gets the same answer, in any order. */
export function hashed(seed: number, n: number): number {
  return mixed(Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(n | 0, 0xc2b2ae35)) / 2 ** 32
}

/** Smooth noise in [-1, 1] that wanders from one whole x to the next (value noise with a cubic ease). */
export function noise(seed: number, x: number): number {
  const whole = Math.floor(x)
  const part = x - whole
  const from = hashed(seed, whole)
  return (from + (hashed(seed, whole + 1) - from) * part * part * (3 - 2 * part)) * 2 - 1
}

/** A stream of draws: sfc32, Chris Doty-Humphrey's small fast counting generator, which passes PractRand. */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: number) {
    this.#a = seed | 0
    this.#b = mixed(seed + 1) | 0
    this.#c = mixed(seed + 2) | 0
    for (let round = 0; round < WARM_UP_ROUNDS; round++) this.next()
  }

  /** In [0, 1). */
  next(): number {
    const drawn = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + drawn) | 0
    return (drawn >>> 0) / 2 ** 32
  }

  between(min: number, max: number): number {
    return min + (max - min) * this.next()
  }

  /** A whole number from min to max, both included. */
  integer(min: number, max: number): number {
    return Math.floor(this.between(min, max + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.integer(0, list.length - 1)] as T
  }

  /** Normally distributed, mean 0 and deviation 1 (Box and Muller). */
  gaussian(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next())
  }

  /** Upper-case hexadecimal digits, as they stand in hardware addresses. */
  hex(digits: number): string {
    return Array.from({ length: digits }, () => this.integer(0, 15).toString(16)).join('').toUpperCase()
  }
}

const WARM_UP_ROUNDS = 12

/** MurmurHash3's finaliser: every bit of the input reaches every bit of the result, an unsigned 32-bit number. */
function mixed(value: number): number {
  let hash = value | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
