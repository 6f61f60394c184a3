import assert from 'node:assert/strict'
import fc from 'fast-check'
import { aggregateOf, wishOf, type NewAggregate } from '#gateway/aggregates/aggregate.ts'
import { broughtBy, figureOf } from '#gateway/aggregates/figure.ts'

const WISH: NewAggregate = { type: 'IndoorEnvironmentObserved', attribute: 'temperature', function: 'mean', window: 900, contributors: 3, purpose: 'dpv:PublicBenefit' }
const of = (more: Partial<NewAggregate>) => aggregateOf({ ...WISH, ...more }, { id: 'agg_1', recipientId: 'sub_1', createdAt: 0 })

describe('A figure', () => {
  it('is exact, also of sums that no double holds', () => {
    const large = 2 ** 52 - 1, aggregate = of({ step: 0.000001, function: 'sum' }), one = 1_000_000
    assert.equal(figureOf(aggregate, [large, 1, -large]), 0.000001)
    assert.equal(figureOf(of({ step: 0.1, function: 'sum' }), [0.14 * one, 0.14 * one]), 0.3)
    assert.deepEqual([[one, 2 * one], [-one, -2 * one], [0, -one, 0]].map(brought => figureOf(of({ step: 1 }), brought)), [2, -2, 0])
    assert.equal(broughtBy(aggregate, 2 ** 60, 1), undefined)
    assert.equal(broughtBy(of({ step: 1, range: [0, 10], epsilon: 1 }), 2 ** 60, 1), 10)
  })

  it('without noise is of what was brought as it was, whatever the step: nobody counts by it who is above a value', () => {
    const readings = [20.4, 20.4, 20.4], brought = readings.map(reading => broughtBy(of({ step: 41 }), reading, 1)!)
    assert.deepEqual(brought, readings.map(reading => broughtBy(of({ step: 0.001 }), reading, 1)))
    assert.deepEqual([figureOf(of({ step: 41, function: 'sum' }), brought), figureOf(of({ step: 0.1, function: 'sum' }), brought)], [41, 61.2])
  })

  it('is written down as it was wished for', () => fc.assert(fc.property(
    fc.constantFrom(0.001, 0.1, 0.3, 0.5, 1, 7), fc.integer({ min: -1_000, max: 1_000 }), fc.integer({ min: 1, max: 1_000 }), fc.constantFrom(0.1, 1.000001, 10), (step, low, width, epsilon) => {
      const wish = { ...WISH, step, range: [low, low + width].map(count => Number((count * step).toPrecision(12))) as [number, number], epsilon }
      assert.deepEqual(wishOf(of(wish)), wish)
    }), { numRuns: 500 }))

  it('with noise is as far off as one contributor could be', () => {
    const aggregate = of({ step: 0.5, range: [0, 30], epsilon: 1, function: 'sum' })
    const draws = Array.from({ length: 4_000 }, () => figureOf(aggregate, [40, 41, 42]) - 61.5), mean = draws.reduce((all, each) => all + Math.abs(each), 0) / draws.length
    // The mean size of the noise is its scale: the width of the range by the epsilon, 30.
    assert.ok(Math.abs(mean - 30) < 3, `${mean}`)
    assert.ok(draws.every(each => Number.isInteger(each * 2)))
  })

  it('with noise hides one contributor: no figure is likelier by more than the epsilon says, whatever they brought', () => {
    const aggregate = of({ step: 1, range: [0, 4], epsilon: 1, function: 'sum' }), seen = [0, 4].map(own => {
      const counts = new Map<number, number>()
      for (let n = 0; n < 15_000; n++) { const told = figureOf(aggregate, [own, 2, 2]); counts.set(told, (counts.get(told) ?? 0) + 1) }
      return counts
    })
    let compared = 0
    for (const [told, count] of seen[0]!) {
      const other = seen[1]!.get(told) ?? 0
      if (count < 400 || other < 400) continue
      compared++
      assert.ok(Math.abs(Math.log(count / other)) < 1 + 0.3, `${told}: ${count} and ${other}`)
    }
    assert.ok(compared >= 5)
  }).timeout(60_000)
})
