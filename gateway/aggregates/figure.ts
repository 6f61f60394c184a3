// What one window tells: whole numbers of steps, added, divided once, and with noise where that was wished for. No double is in between.
import { FINE_STEP, isExtreme, STEPS_MAX, type Aggregate } from '#gateway/aggregates/aggregate.ts'
import { laplace, type Randomness } from '#gateway/aggregates/noise.ts'
import { MICRO } from '#gateway/transforms/counted.ts'
import { aligned, decimalText, greatestCommonDivisor, numberOf, times, type Decimal } from '#gateway/transforms/decimal.ts'

/** In which steps contributors bring it: with noise in those of the figure, each within the range. */
const unitOf = ({ step, epsilon }: Aggregate): Decimal => epsilon === undefined ? FINE_STEP : step

/** What a contributor brings, in its steps: of all their readings the mean, whatever streams they came by. Undefined where it is beyond all bounds. */
export function broughtBy(aggregate: Aggregate, sum: number, count: number): number | undefined {
  const { range } = aggregate, steps = Math.round(sum / count / Number(decimalText(unitOf(aggregate))))
  if (range) return Math.min(Math.max(steps, range.low), range.high)
  return Math.abs(steps) <= STEPS_MAX ? steps : undefined
}

/** Of what contributors bring: divided once, to the nearest step. */
export function figureOf(aggregate: Aggregate, brought: readonly number[], random?: Randomness): number {
  const { function: name, step } = aggregate, { a: unit, b: wanted } = aligned(unitOf(aggregate), step), count = BigInt(brought.length)
  const inSteps = (sum: bigint, by: bigint): number => numberOf(times(step, divided(sum * unit, by * wanted)))
  if (isExtreme(aggregate)) return inSteps(BigInt(name === 'min' ? Math.min(...brought) : Math.max(...brought)), 1n)
  const sum = brought.reduce((all, steps) => all + BigInt(steps), 0n), noise = noiseOf(aggregate, random)
  if (name === 'count') return Number(count + noise)
  return inSteps(sum + noise, name === 'mean' ? count : 1n)
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
