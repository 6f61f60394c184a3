// What a coarser number still tells: the interval that the reading lies in. Whoever has two coarser forms of a reading knows that it lies in
// both intervals, and no more.
import { compare, decimalOf, half, numberOf, plus, roundDivided, times, ZERO, type Decimal } from '#gateway/transforms/decimal.ts'
import type { Bucket, NumberOp, Round } from '#gateway/transforms/op.ts'

/** Where it ends; undefined: nowhere. `isIn`: what lies at the end belongs to it. */
interface End { readonly value: Decimal, readonly isIn: boolean }
export interface Cell { readonly low: End | undefined, readonly high: End | undefined }

const ONE: Decimal = { digits: 1n, places: 0 }

/** What the operation makes of a reading. */
export function coarser(op: NumberOp, value: number): number {
  const decimal = decimalOf(value)
  return numberOf(op.name === 'round' ? times(op.step, roundDivided(decimal, op.step)) : op.bounds[bucketOf(op, decimal)]!)
}

export function cellOf(op: NumberOp, value: number): Cell {
  return op.name === 'round' ? roundCell(op, decimalOf(value)) : bucketCell(op, decimalOf(value))
}

/** One number for all readings that these operations cannot tell apart: each makes of it what it makes of them. */
export function together(ops: readonly NumberOp[], value: number): number {
  return ops.length === 1 ? coarser(ops[0]!, value) : numberOf(memberOf(ops.map(op => cellOf(op, value)).reduce(overlap)))
}

/** Half a step to both sides; of the two ends the one further from zero belongs to the next. */
function roundCell({ step }: Round, value: Decimal): Cell {
  const count = roundDivided(value, step), middle = times(step, count), reach = half(step)
  return { low: { value: plus(middle, times(reach, -1n)), isIn: count > 0n }, high: { value: plus(middle, reach), isIn: count < 0n } }
}

function bucketCell(op: Bucket, value: Decimal): Cell {
  const index = bucketOf(op, value), next = op.bounds[index + 1]
  return { low: index === 0 ? undefined : { value: op.bounds[index]!, isIn: true }, high: next && { value: next, isIn: false } }
}

/** What lies below all belongs to the lowest. */
function bucketOf({ bounds }: Bucket, value: Decimal): number {
  return Math.max(0, bounds.findLastIndex(bound => compare(bound, value) <= 0))
}

function overlap(one: Cell, other: Cell): Cell {
  return { low: inner(one.low, other.low, 1), high: inner(one.high, other.high, -1) }
}

/** Of two ends on one side, the one that leaves less. */
function inner(one: End | undefined, other: End | undefined, sign: 1 | -1): End | undefined {
  if (!one || !other) return one ?? other
  const order = compare(one.value, other.value) * sign
  return order === 0 ? (one.isIn ? other : one) : order > 0 ? one : other
}

function memberOf({ low, high }: Cell): Decimal {
  if (low?.isIn) return low.value
  if (high?.isIn) return high.value
  if (low && high) return half(plus(low.value, high.value))
  return high ? plus(high.value, times(ONE, -1n)) : low ? plus(low.value, ONE) : ZERO
}
