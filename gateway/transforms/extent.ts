// About how much an operation still tells: for people, and for the risk of a grant. The order of operations is the lattice's; these figures keep to
// it, and say nothing exactly.
import { numberOf } from '#gateway/transforms/decimal.ts'
import { H3_RESOLUTION_MAX, type PlaceOp, type ValueOp } from '#gateway/transforms/op.ts'

/** From the middle of a cell to the place furthest away in it, in metres: of the coarsest of H3, of which each finer one is √7 times smaller; and of one degree. */
const H3_COARSEST_RADIUS = 1_430_000, H3_RATIO = Math.sqrt(7), DEGREE_RADIUS = 78_600
/** However coarse the step, a rounded number tells at least so much … */
const ROUND_MIN = 0.3
/** … and the most of buckets, of which there are so many, no more. */
const BUCKETS_BITS_MAX = 5
const MASKED = 0.1, RENAMED = 0.5, SECONDS_PER_MINUTE = 60

/** In metres. */
export function radiusOf(op: PlaceOp): number {
  return op.name === 'h3' ? H3_COARSEST_RADIUS / H3_RATIO ** op.resolution : DEGREE_RADIUS * numberOf(op.step)
}

/** From 0 (nothing) to 1 (as it was measured): never more for what reveals no more. What is not known here counts as exact. */
export function extentOf(op: ValueOp): number {
  switch (op.name) {
    case 'drop': return 0
    case 'mask': return MASKED
    case 'pseudonymise': return RENAMED
    case 'round': return Math.max(ROUND_MIN, 1 / (1 + Math.log10(1 + numberOf(op.step))))
    case 'bucket': return ROUND_MIN * Math.log2(op.bounds.length) / BUCKETS_BITS_MAX
    case 'h3': case 'grid': return placeExtent(radiusOf(op))
    default: return 1
  }
}

/** The same of a message whose time is truncated, or of which one in a while leaves. */
export function secondsExtent(seconds: number | undefined): number {
  return seconds === undefined ? 1 : 1 / (1 + Math.log10(1 + seconds / SECONDS_PER_MINUTE))
}

/** By how many resolutions of H3 there are of which the cells are larger. */
function placeExtent(radius: number): number {
  const resolutions = Math.log(H3_COARSEST_RADIUS / radius) / Math.log(H3_RATIO) + 1
  return Math.min(1, Math.max(0, resolutions / (H3_RESOLUTION_MAX + 1)))
}
