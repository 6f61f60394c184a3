// Noise of the discrete Laplace distribution, exact: whole numbers only, so that no rounding of a double tells more than the proof allows
// (Canonne, Kamath, Steinke, "The Discrete Gaussian for Differential Privacy", 2020, algorithms 1 and 2).
import { randomBytes } from 'node:crypto'

/** So many random bytes. */
export type Randomness = (bytes: number) => Uint8Array

/** A whole number y with probability in proportion to exp(−|y| ÷ (numerator ÷ denominator)): both positive. */
export function laplace(numerator: bigint, denominator: bigint, random: Randomness = randomBytes): bigint {
  for (;;) {
    const rest = below(numerator, random)
    if (!isByExponent(rest, numerator, random)) continue
    let whole = 0n
    while (isByExponent(1n, 1n, random)) whole++
    const size = (rest + numerator * whole) / denominator, isNegative = below(2n, random) === 1n
    if (!isNegative || size > 0n) return isNegative ? -size : size // of two zeros one is drawn again
  }
}

/** True with probability exp(−numerator ÷ denominator), of a fraction from 0 to 1. */
export function isByExponent(numerator: bigint, denominator: bigint, random: Randomness = randomBytes): boolean {
  let trials = 1n
  while (below(denominator * trials, random) < numerator) trials++
  return trials % 2n === 1n
}

/** Each whole number from 0 up to `end`, without it, as probable as any other. */
export function below(end: bigint, random: Randomness = randomBytes): bigint {
  const bits = (end - 1n).toString(2).length, bytes = (bits + 7) >> 3, surplus = BigInt(bytes * 8 - bits)
  for (;;) {
    const drawn = BigInt(`0x${Buffer.from(random(bytes)).toString('hex')}`) >> surplus
    if (drawn < end) return drawn
  }
}
