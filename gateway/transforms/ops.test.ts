import assert from 'node:assert/strict'
import fc from 'fast-check'
import { coarser, together } from '#gateway/transforms/cells.ts'
import { compare, decimalOf, decimalText } from '#gateway/transforms/decimal.ts'
import { onGrid } from '#gateway/transforms/grid.ts'
import { revealsNoMore, secondsRevealNoMore, strongest, strongestSeconds, weakest, weakestSeconds } from '#gateway/transforms/lattice.ts'
import { BOUNDS_MAX, GRID_MAX, H3_RESOLUTION_MAX, opText, parseOp, SECONDS_MAX, type Grid, type H3, type NumberOp, type Op, type ValueOp } from '#gateway/transforms/op.ts'

const op = <T extends Op>(text: string): T => {
  const parsed = parseOp(text)
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed as T
}
const RUNS = { numRuns: 2_000 }
/** Readings as devices send them, many of them on a border. */
const reading = fc.oneof(fc.integer({ min: -4_000, max: 4_000 }).map(n => n / 100), fc.integer({ min: -100, max: 100 }).map(n => n / 4), fc.double({ noNaN: true, min: -1e6, max: 1e6 }))
const round = fc.constantFrom('0.05', '0.1', '0.25', '0.3', '0.5', '1', '1.5', '2', '3', '5', '10').map(step => op<NumberOp>(`round:${step}`))
const bucket = fc.uniqueArray(fc.integer({ min: -20, max: 20 }), { minLength: 2, maxLength: 6 }).map(all => op<NumberOp>(`bucket:${all.sort((a, b) => a - b).map(n => n / 2).join('|')}`))
const number = fc.oneof(round, bucket)
const grid = fc.constantFrom('0.001', '0.01', '0.02', '0.05', '0.3', '1', '7', '29', '45', '60', '90').map(step => op<Grid>(`grid:${step}`))
const place = fc.tuple(fc.oneof(fc.integer({ min: -180, max: 180 }), fc.double({ min: -180, max: 180, noNaN: true })), fc.oneof(fc.integer({ min: -90, max: 90 }), fc.double({ min: -90, max: 90, noNaN: true })))
const h3 = fc.integer({ min: 0, max: H3_RESOLUTION_MAX }).map(resolution => op<H3>(`h3:${resolution}`))
const anyOp = fc.oneof(number, grid, h3, fc.constantFrom('pass', 'drop', 'mask', 'pseudonymise').map(text => op<ValueOp>(text)))

describe('A coarser number', () => {
  it('is exact, away from zero in the middle, and keeps whole numbers whole', () => {
    const rounded = (step: string, value: number) => JSON.stringify(coarser(op(`round:${step}`), value))
    assert.deepEqual([['0.5', 21.345], ['0.1', 0.30000000000000004], ['0.1', 0.25], ['0.1', -0.25], ['1', 2.5], ['1', -2.5], ['10', 994.9], ['0.05', 1.025], ['5', -2.4], ['0.3', 1], ['1', 1e21], ['0.001', 1.0005]]
      .map(([step, value]) => rounded(String(step), Number(value))), ['21.5', '0.3', '0.3', '-0.3', '3', '-3', '990', '1.05', '0', '0.9', '1e+21', '1.001'])
    const told = (value: number) => coarser(op('bucket:0|20|25.5'), value)
    assert.deepEqual([-7, 0, 19.99, 20, 25.4999, 25.5, 1e9].map(told), [0, 0, 0, 20, 20, 25.5, 25.5])
  })

  it('stays as it is when it is made coarser again', () => fc.assert(fc.property(number, reading, (each, value) => {
    assert.equal(coarser(each, coarser(each, value)), coarser(each, value))
  }), RUNS))

  it('is no further away than half a step, and one of the bounds', () => {
    fc.assert(fc.property(round, reading, (each, value) => {
      const step = each.name === 'round' ? Number(decimalText(each.step)) : 0
      assert.ok(Math.abs(coarser(each, value) - value) <= step / 2 * (1 + 1e-9) + 1e-9)
    }), RUNS)
    fc.assert(fc.property(bucket, reading, (each, value) => assert.ok(each.name === 'bucket' && each.bounds.some(bound => Number(decimalText(bound)) === coarser(each, value)))), RUNS)
  })

  it('rises with the reading', () => fc.assert(fc.property(number, reading, reading, (each, a, b) => {
    assert.ok(coarser(each, Math.min(a, b)) <= coarser(each, Math.max(a, b)))
  }), RUNS))

  it('follows from a finer one exactly where the order says so', () => {
    let comparable = 0
    fc.assert(fc.property(number, number, reading, (coarse, fine, value) => {
      if (!revealsNoMore(coarse, fine)) return
      comparable++
      assert.equal(coarser(coarse, coarser(fine, value)), coarser(coarse, value))
    }), { numRuns: 20_000 })
    assert.ok(comparable > 500)
    // Twice the step is no coarser form of it: 0.9 and 1.1 are both 1 in ones, and differ in twos.
    assert.equal(revealsNoMore(op('round:2'), op('round:1')), false)
    assert.deepEqual([0.9, 1.1].map(value => [coarser(op('round:1'), value), coarser(op('round:2'), value)]), [[1, 0], [1, 2]])
  })

  it('that is kept for several tells each of them what the reading would, and no more than their buckets do', () => {
    fc.assert(fc.property(fc.array(number, { minLength: 2, maxLength: 4 }), reading, reading, (ops, value, other) => {
      const kept = together(ops, value)
      for (const each of ops) assert.equal(coarser(each, kept), coarser(each, value))
      if (ops.every(each => coarser(each, value) === coarser(each, other))) assert.equal(together(ops, other), kept)
    }), { numRuns: 10_000 })
  })
})

describe('A place on a grid', () => {
  it('is the middle of its cell', () => {
    const on = (step: string, coordinates: [number, number]) => onGrid([op<Grid>(`grid:${step}`)], coordinates)
    assert.deepEqual([on('0.01', [4.3571, 50.8503]), on('0.1', [-0.1276, 51.5072]), on('45', [180, 90]), on('7', [-180, -90]), on('29', [0, 89])], [[4.355, 50.855], [-0.15, 51.55], [157.5, 67.5], [-178.5, -87.5], [14.5, 90]])
  })

  it('stays there, lies in the world, within half a cell, and follows from a finer grid where the order says so', () => fc.assert(fc.property(grid, grid, place, (coarse, fine, at) => {
    const told = onGrid([coarse], at), step = Number(decimalText(coarse.step))
    assert.deepEqual(onGrid([coarse], told), told)
    assert.ok(Math.abs(told[0]) <= 180 && Math.abs(told[1]) <= 90)
    assert.ok(told.every((degrees, axis) => Math.abs(degrees - at[axis]!) <= step / 2 + 1e-9))
    if (revealsNoMore(coarse, fine)) assert.deepEqual(onGrid([coarse], onGrid([fine], at)), told)
  }), { numRuns: 10_000 }))

  it('that is kept for several tells each of them what the place would', () => fc.assert(fc.property(fc.array(grid, { minLength: 2, maxLength: 3 }), place, (grids, at) => {
    const kept = onGrid(grids, at)
    for (const each of grids) assert.deepEqual(onGrid([each], kept), onGrid([each], at))
  }), { numRuns: 5_000 }))
})

describe('Operations', () => {
  it('are in order: reflexive, transitive, and equal where each reveals no more than the other', () => fc.assert(fc.property(anyOp, anyOp, anyOp, (a, b, c) => {
    assert.ok(revealsNoMore(a, a))
    if (revealsNoMore(a, b) && revealsNoMore(b, c)) assert.ok(revealsNoMore(a, c))
    if (revealsNoMore(a, b) && revealsNoMore(b, a)) assert.equal(cells(a), cells(b))
  }), { numRuns: 20_000 }))

  it('have one strongest together: it reveals no more than either, and more than all others that do so', () => fc.assert(fc.property(anyOp, anyOp, anyOp, (a, b, c) => {
    const both = strongest(a, b)
    assert.ok(revealsNoMore(both, a) && revealsNoMore(both, b))
    if (revealsNoMore(c, a) && revealsNoMore(c, b)) assert.ok(revealsNoMore(c, both), [a, b, c, both].map(opText).join(' '))
    assert.equal(opText(both), opText(strongest(b, a)))
    assert.equal(opText(strongest(both, c)), opText(strongest(a, strongest(b, c))))
    assert.equal(cells(strongest(a, a)), cells(a))
    assert.equal(revealsNoMore(a, b), cells(both) === cells(a))
  }), { numRuns: 20_000 }))

  it('have some weakest together, of which none is needless', () => fc.assert(fc.property(fc.array(anyOp, { minLength: 1, maxLength: 5 }), ops => {
    const left = weakest(ops)
    for (const each of ops) assert.ok(left.some(other => revealsNoMore(each, other)))
    for (const each of left) assert.ok(!left.some(other => other !== each && revealsNoMore(each, other)))
    assert.deepEqual(new Set(weakest([...ops].reverse()).map(cells)), new Set(left.map(cells)))
  }), RUNS))

  it('on time are in order by whole windows', () => fc.assert(fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 100_000 }), fc.nat({ max: 2 ** 42 }), (a, b, instant) => {
    const floor = (seconds: number, at: number) => at - at % seconds, both = strongestSeconds(a, b)
    assert.ok(secondsRevealNoMore(both, a) && secondsRevealNoMore(both, b))
    assert.equal(floor(both, floor(a, instant)), floor(both, instant))
    const kept = Math.max(...weakestSeconds([a, b]).map(each => floor(each, instant)))
    assert.deepEqual([floor(a, kept), floor(b, kept)], [floor(a, instant), floor(b, instant)])
  }), RUNS))

  it('are written in one way', () => fc.assert(fc.property(anyOp, each => assert.equal(opText(op(opText(each))), opText(each)))))

  it('come in known words, with what they need, up to their limits', () => {
    const bounds = (count: number) => Array.from({ length: count }, (_, n) => n).join('|')
    const good = ['pass', 'drop', 'mask', 'pseudonymise', 'round:0.5', 'round:00.50', 'grid:0.01', `grid:${GRID_MAX}`, 'time:1', `time:${SECONDS_MAX}`, `sample:${SECONDS_MAX}`, 'bucket:-1.5|0', `bucket:${bounds(BOUNDS_MAX)}`, 'round:999999999999999', 'h3:0', 'h3:7', `h3:${H3_RESOLUTION_MAX}`]
    for (const text of good) assert.equal(typeof parseOp(text), 'object', text)
    const bad = ['', 'Round:1', 'round', 'round:', 'round:0', 'round:-1', 'round:1e3', 'round:0.1:2', 'round:NaN', 'round:1234567.123456789', `grid:${GRID_MAX + 0.1}`, 'grid:0', 'h3', 'h3:', `h3:${H3_RESOLUTION_MAX + 1}`, 'h3:-1', 'h3:07', 'h3:7.5', 'h3:1e1', 'time:0', 'time:1.5', `time:${SECONDS_MAX + 1}`, 'time:-1', 'sample', 'sample:0',
      'bucket:1', 'bucket:2|1', 'bucket:1|1', 'bucket:a|b', `bucket:${bounds(BOUNDS_MAX + 1)}`, 'mask:2', 'pass:', 'dp:1', 'toString', 'aggregate:60,mean,5', '__proto__']
    for (const text of bad) assert.equal(typeof parseOp(text), 'string', text)
    assert.equal(opText(op('round:00.50')), 'round:0.5')
    assert.equal(compare(decimalOf(-0.1), decimalOf(1e-7)), -1)
  })
})

/** Without what does not tell anything: the lowest bound is a label. */
function cells(each: ValueOp): string { return each.name === 'bucket' ? each.bounds.slice(1).map(decimalText).join('|') : opText(each) }
