// Places made less exact. Whatever is no point with a longitude and a latitude in the world is left out: a line or an outline tells more than
// one place, and an altitude may be enough to know which.
import { onGrid, type Coordinates } from '#gateway/transforms/grid.ts'
import { h3, onH3 } from '#gateway/transforms/h3.ts'
import type { Grid, PlaceOp } from '#gateway/transforms/op.ts'

/** Places that are remembered: devices seldom move, and their messages are many. */
const MEMORY_MAX = 1_024
const LONGITUDE_MAX = 180, LATITUDE_MAX = 90

/** `ops`: all of one kind, see `weakest`. */
export function placing(ops: readonly PlaceOp[]): (value: unknown) => unknown {
  const place = remembering(changeOf(ops))
  return value => {
    const { type, coordinates } = (value ?? {}) as { type?: unknown, coordinates?: unknown }
    return type === 'Point' && isInWorld(coordinates) ? { type, coordinates: place(coordinates) } : undefined
  }
}

function changeOf(ops: readonly PlaceOp[]): (at: Coordinates) => Coordinates {
  const [op] = ops
  if (op?.name !== 'h3') return at => onGrid(ops as readonly Grid[], at)
  h3() // now, and not with the first message
  return at => onH3(op.resolution, at) // of several, the finest is all that is left
}

function isInWorld(coordinates: unknown): coordinates is Coordinates {
  if (!Array.isArray(coordinates) || coordinates.length !== 2) return false
  const [longitude, latitude] = coordinates as readonly unknown[]
  return typeof longitude === 'number' && typeof latitude === 'number' && Math.abs(longitude) <= LONGITUDE_MAX && Math.abs(latitude) <= LATITUDE_MAX
}

function remembering(change: (at: Coordinates) => Coordinates): (at: Coordinates) => Coordinates {
  const known = new Map<string, Coordinates>()
  return at => {
    const key = at.join()
    let place = known.get(key)
    if (place === undefined) {
      if (known.size >= MEMORY_MAX) known.clear()
      known.set(key, place = change(at))
    }
    return place
  }
}
