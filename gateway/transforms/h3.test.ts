import assert from 'node:assert/strict'
import fc from 'fast-check'
import { cellToBoundary, cellToLatLng, getHexagonEdgeLengthAvg, getPentagons, greatCircleDistance, latLngToCell } from 'h3-js'
import type { Coordinates } from '#gateway/transforms/grid.ts'
import { onH3 } from '#gateway/transforms/h3.ts'
import { revealsNoMore } from '#gateway/transforms/lattice.ts'
import { H3_RESOLUTION_MAX, type H3 } from '#gateway/transforms/op.ts'

/** Where cells are odd: poles, the antimeridian, the twelve pentagons of each resolution, and the corners of these. */
const ODD: readonly Coordinates[] = [
  [0, 90], [77, 90], [-180, 90], [0, -90], [180, -90], [12, 89.9999999], [180, 0], [-180, 0], [179.9999999, 12.5], [-179.9999999, -70],
  ...Array.from({ length: H3_RESOLUTION_MAX + 1 }, (_, resolution) => getPentagons(resolution)).flat()
    .flatMap(cell => [cellToLatLng(cell), ...cellToBoundary(cell)]).map(([latitude, longitude]): Coordinates => [longitude, latitude]),
]
const anywhere = fc.tuple(fc.double({ min: -180, max: 180, noNaN: true }), fc.double({ min: -90, max: 90, noNaN: true }))
const place = fc.oneof({ weight: 2, arbitrary: anywhere }, { weight: 1, arbitrary: fc.constantFrom(...ODD) })
const resolution = fc.integer({ min: 0, max: H3_RESOLUTION_MAX })
const op = (of: number): H3 => ({ name: 'h3', resolution: of })
const metres = ([longitude, latitude]: Coordinates, [otherLongitude, otherLatitude]: Coordinates) => greatCircleDistance([latitude, longitude], [otherLatitude, otherLongitude], 'm')

describe('A place in a cell of H3', () => {
  it('is the middle of that cell, with as many digits as its size deserves', () => {
    assert.deepEqual([0, 4, 7, 9, 15].map(of => onH3(of, [4.3571234, 50.8503])), [[18.3, 48.8], [4.329, 50.896], [4.3555, 50.8476], [4.35733, 50.85036], [4.357119, 50.8503006]])
    const drawn = (of: number) => cellToLatLng(latLngToCell(50.8503, 4.3571234, of)), told = (of: number) => onH3(of, [4.3571234, 50.8503])
    for (const each of [4, 7, 9, 15]) assert.ok(metres(told(each), [drawn(each)[1], drawn(each)[0]]) < 0.02 * getHexagonEdgeLengthAvg(each, 'm'), 'where the outline is not frayed it is the hexagon that H3 draws')
    assert.deepEqual([onH3(3, [0, 90]), onH3(3, [123, 90])].map(([, latitude]) => latitude), [89.619, 89.619])
    assert.deepEqual(onH3(5, [180, 12]), onH3(5, [-180, 12]))
    assert.ok(Object.is(onH3(15, [-1e-9, -1e-9])[0], onH3(15, [-1e-9, -1e-9])[0] + 0), 'there is no negative zero')
  })

  it('lies in the world, stays where it is, and is no further away than a cell reaches', () => fc.assert(fc.property(resolution, place, (of, at) => {
    const told = onH3(of, at)
    assert.ok(Math.abs(told[0]) <= 180 && Math.abs(told[1]) <= 90)
    assert.deepEqual(onH3(of, told), told)
    assert.ok(metres(told, at) <= 1.6 * getHexagonEdgeLengthAvg(of, 'm'))
  }), { numRuns: 10_000 }))

  it('follows from each finer cell of it, and from no coarser one: that is the order', () => {
    for (const at of ODD) for (const [coarse, fine] of [[0, 1], [0, 15], [4, 5], [7, 12], [14, 15]] as const) assert.deepEqual(onH3(coarse, onH3(fine, at)), onH3(coarse, at), `${String(at)} ${coarse} ${fine}`)
    fc.assert(fc.property(resolution, resolution, place, (a, b, at) => {
      const [coarse, fine] = [Math.min(a, b), Math.max(a, b)]
      assert.ok(revealsNoMore(op(coarse), op(fine)))
      assert.equal(revealsNoMore(op(fine), op(coarse)), coarse === fine)
      assert.deepEqual(onH3(coarse, onH3(fine, at)), onH3(coarse, at))
    }), { numRuns: 20_000 })
    const near = fc.sample(anywhere, 2_000).filter(at => String(onH3(3, at)) === String(onH3(3, [at[0], at[1] + 0.01])) && String(onH3(9, at)) !== String(onH3(9, [at[0], at[1] + 0.01])))
    assert.ok(near.length > 100, 'two places that only the finer one tells apart')
  })
})
