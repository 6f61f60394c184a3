// Places on a grid of degrees: a place becomes the middle of its cell. The cells of a coarser grid are made of whole cells of a finer one when
// its step is a multiple of the other's.
import { compare, decimalOf, floorDivided, half, numberOf, plus, times, type Decimal } from '#gateway/transforms/decimal.ts'
import type { Grid } from '#gateway/transforms/op.ts'

export type Coordinates = readonly [longitude: number, latitude: number]

const ENDS = [decimalOf(180), decimalOf(90)] as const

/** The middle of the cell; at the edge of the world, where a cell reaches beyond it, the edge. */
export function onGrid(grids: readonly Grid[], place: Coordinates): Coordinates {
  const [longitude, latitude] = place.map((degrees, axis) => onAxis(grids, decimalOf(degrees), ENDS[axis]!))
  return [longitude!, latitude!]
}

/** Of several grids, what each makes the same of as of the place itself: the lower edge of where their cells overlap. */
function onAxis(grids: readonly Grid[], degrees: Decimal, end: Decimal): number {
  const [grid, ...others] = grids, lows = grids.map(({ step }) => lowOf(degrees, step, end))
  if (!grid || others.length > 0) return numberOf(within(lows.reduce((one, other) => compare(one, other) >= 0 ? one : other), end))
  return numberOf(within(plus(lows[0]!, half(grid.step)), end))
}

function within(degrees: Decimal, end: Decimal): Decimal {
  const start = times(end, -1n)
  return compare(degrees, end) > 0 ? end : compare(degrees, start) < 0 ? start : degrees
}

/** The edge itself belongs to the last cell. */
function lowOf(degrees: Decimal, step: Decimal, end: Decimal): Decimal {
  const count = floorDivided(degrees, step), low = times(step, count)
  return compare(degrees, end) === 0 && compare(low, end) === 0 ? times(step, count - 1n) : low
}
