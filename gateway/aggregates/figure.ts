// What one window tells: whole numbers of steps, added, divided once, and with noise where that was wished for. No double is in between.
import { isExtreme, STEPS_MAX, type Aggregate } from '#gateway/aggregates/aggregate.ts'
import { laplace, type Randomness } from '#gateway/aggregates/noise.ts'
import { MICRO } from '#gateway/transforms/counted.ts'
import { greatestCommonDivisor, numberOf, times, decimalText } from '#gateway/transforms/decimal.ts'

/** What a contributor brings, in steps: of all their readings the middle, whatever streams they came by. Undefined where it is beyond all bounds. */
export function broughtBy({ step, range }: Aggregate, sum: number, count: number): number | undefined {
  const steps = Math.round(sum / count / Number(decimalText(step)))
  if (range) return Math.min(Math.max(steps, range.low), range.high)
  return Math.abs(steps) <= STEPS_MAX ? steps : undefined
}

/** Of what contributors bring, in steps. */
export function figureOf(aggregate: Aggregate, brought: readonly number[], random?: Randomness): number {
  const { function: name, step } = aggregate
  if (isExtreme(aggregate)) return numberOf(times(step, BigInt(name === 'min' ? Math.min(...brought) : Math.max(...brought))))
  const count = BigInt(brought.length), sum = brought.reduce((all, steps) => all + BigInt(steps), 0n), exact = name === 'count' ? count : sum
  const told = exact + noiseOf(aggregate, random)
  if (name === 'count') return Number(told)
  return numberOf(times(step, name === 'mean' ? divided(told, count) : told))
}

/** As much as one contributor can change: the width of the range, and of a count one. */
function noiseOf({ function: name, range, epsilon }: Aggregate, random: Randomness | undefined): bigint {
  if (epsilon === undefined || range === undefined) return 0n
  const reach = name === 'count' ? 1n : BigInt(range.high) - BigInt(range.low), numerator = reach * BigInt(MICRO), denominator = BigInt(epsilon), common = greatestCommonDivisor(numerator, denominator)
  return laplace(numerator / common, denominator / common, random)
}

/** To the nearest whole number; what lies in the middle goes away from zero. */
function divided(sum: bigint, count: bigint): bigint {
  const size = (2n * (sum < 0n ? -sum : sum) + count) / (2n * count)
  return sum < 0n ? -size : size
}
