// Places in cells of H3 (https://h3geo.org). The hexagons that are drawn do not nest: a place near an edge can lie in a coarser hexagon that is
// not the parent of its finer one. So the cell of a place is here the ancestor of its finest cell, at every resolution: a coarser cell is then made
// of whole finer ones, and what it tells follows from each of them. Its outline is frayed, by a tenth of its edge.
import { createRequire } from 'node:module'
import type * as Library from 'h3-js'
import type { Coordinates } from '#gateway/transforms/grid.ts'
import { H3_RESOLUTION_MAX } from '#gateway/transforms/op.ts'

/** Of a place's middle that is told, at the coarsest resolution, and as many more for each finer one: a hundredth of an edge at least. */
const PLACES_COARSEST = 1, PLACES_PER_RESOLUTION = 0.4

let library: typeof Library | undefined

/** Loaded when a consent asks for it: some 30 ms, and 4 MB. */
export function h3(): typeof Library { return library ??= createRequire(import.meta.url)('h3-js') as typeof Library }

/** The middle of the cell. It lies in that cell, so it stays where it is when it is made coarser again. */
export function onH3(resolution: number, [longitude, latitude]: Coordinates): Coordinates {
  const { latLngToCell, cellToParent, cellToLatLng } = h3(), cell = latLngToCell(latitude, longitude, H3_RESOLUTION_MAX)
  const [middleLatitude, middleLongitude] = cellToLatLng(cellToParent(cell, resolution)), places = PLACES_COARSEST + Math.ceil(resolution * PLACES_PER_RESOLUTION)
  return [rounded(middleLongitude, places), rounded(middleLatitude, places)]
}

/** No negative zero. */
function rounded(degrees: number, places: number): number { return Number(degrees.toFixed(places)) + 0 }
