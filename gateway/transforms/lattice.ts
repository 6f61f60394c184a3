// How much operations reveal. One reveals no more than another when what it makes of a reading could be worked out from what the other makes
// of it, for every reading there is; what is only about as coarse does not count.
import { commonMultiple, compare, decimalOf, half, wholeRatio, type Decimal } from '#gateway/transforms/decimal.ts'
import { DROP, GRID_MAX, PASS, type Bucket, type Round, type ValueOp } from '#gateway/transforms/op.ts'

/** Above this a time tells nothing any more: it is always 1970. */
const SECONDS_END = 1e12

/** Whether the first operation reveals no more than the second. A partial order (buckets that differ in their lowest bound alone say the same). */
export function revealsNoMore(one: ValueOp, other: ValueOp): boolean {
  if (one.name === 'drop' || other.name === 'pass') return true
  if (one.name === 'pass' || other.name === 'drop') return false
  switch (one.name) {
    case 'mask': return other.name === 'mask' || other.name === 'pseudonymise'
    case 'pseudonymise': return other.name === 'pseudonymise'
    case 'grid': return other.name === 'grid' && wholeRatio(one.step, other.step) !== undefined
    case 'h3': return other.name === 'h3' && one.resolution <= other.resolution
    case 'round': return other.name === 'round' && isOdd(wholeRatio(one.step, other.step))
    case 'bucket': return (other.name === 'bucket' || other.name === 'round') && innerBounds(one).every(bound => isBorder(bound, other))
  }
}

/** The one that reveals most of all that reveal no more than either: `drop` where they have nothing in common. */
export function strongest(one: ValueOp, other: ValueOp): ValueOp {
  if (one.name === 'bucket' && other.name === 'bucket') return commonBuckets(one, other)
  if (revealsNoMore(one, other)) return one
  if (revealsNoMore(other, one)) return other
  if (one.name === 'bucket' && other.name === 'round') return kept(one, bound => isBorder(bound, other))
  if (one.name === 'round' && other.name === 'bucket') return strongest(other, one)
  if (one.name === 'round' && other.name === 'round') return commonRound(one, other)
  if (one.name === 'grid' && other.name === 'grid') return gridOf(commonMultiple(one.step, other.step))
  return DROP
}

/** Those of which none reveals no more than another: `pass` alone where it is among them. What they reveal is what each of them does. */
export function weakest(ops: readonly ValueOp[]): readonly ValueOp[] {
  const left: ValueOp[] = []
  for (const op of ops) {
    if (left.some(other => revealsNoMore(op, other))) continue
    left.splice(0, left.length, ...left.filter(other => !revealsNoMore(other, op)), op)
  }
  return left.length > 1 && new Set(left.map(kindOf)).size > 1 ? [PASS] : left
}

/** Cells of a grid and of H3 cut each other: to tell both, nothing less than the place itself is enough. */
export function cutEachOther(one: ValueOp, other: ValueOp): boolean { return (one.name === 'grid' && other.name === 'h3') || (one.name === 'h3' && other.name === 'grid') }

/** Whether a time, or an interval, reveals no more than another: whole windows of one are whole windows of the other. */
export const secondsRevealNoMore = (one: number, other: number): boolean => one % other === 0

export function strongestSeconds(one: number, other: number): number {
  const common = commonMultiple(decimalOf(one), decimalOf(other))
  return compare(common, decimalOf(SECONDS_END)) > 0 ? SECONDS_END : Number(common.digits)
}

/** Those of which none is a multiple of another. */
export function weakestSeconds(all: readonly number[]): readonly number[] {
  return [...new Set(all)].filter(one => !all.some(other => other !== one && secondsRevealNoMore(one, other)))
}

/** Those on different kinds of values have nothing in common. */
function kindOf({ name }: ValueOp): string {
  if (name === 'round' || name === 'bucket') return 'number'
  return name === 'grid' || name === 'h3' ? name : 'text' // these two each for itself: see `cutEachOther`
}

/** Borders between buckets; the lowest bound is only a label. */
const innerBounds = ({ bounds }: Bucket): readonly Decimal[] => bounds.slice(1)

/** Whether an operation tells what lies at a bound and above from what lies below it. */
function isBorder(bound: Decimal, op: Bucket | Round): boolean {
  if (op.name === 'bucket') return innerBounds(op).some(other => compare(bound, other) === 0)
  return bound.digits > 0n && isOdd(wholeRatio(bound, half(op.step))) // below zero rounding puts the border itself into the lower one
}

function commonBuckets(one: Bucket, other: Bucket): ValueOp {
  const label = compare(one.bounds[0]!, other.bounds[0]!) <= 0 ? one.bounds[0]! : other.bounds[0]!
  return kept({ name: 'bucket', bounds: [label, ...innerBounds(one)] }, bound => isBorder(bound, other))
}

/** Those buckets that are left when only some borders are. */
function kept(bucket: Bucket, isKept: (bound: Decimal) => boolean): ValueOp {
  const bounds = innerBounds(bucket).filter(isKept)
  return bounds.length === 0 ? DROP : { name: 'bucket', bounds: [bucket.bounds[0]!, ...bounds] }
}

/** Borders lie at odd multiples of half a step: there are common ones, and then regular ones, where both steps are odd multiples of one step. */
function commonRound(one: Round, other: Round): ValueOp {
  const step = commonMultiple(one.step, other.step)
  return isOdd(wholeRatio(step, one.step)) && isOdd(wholeRatio(step, other.step)) ? { name: 'round', step } : DROP
}

function gridOf(step: Decimal): ValueOp { return compare(step, decimalOf(GRID_MAX)) > 0 ? DROP : { name: 'grid', step } }

function isOdd(count: bigint | undefined): boolean { return count !== undefined && count % 2n !== 0n }
