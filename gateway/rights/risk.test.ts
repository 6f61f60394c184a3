import assert from 'node:assert/strict'
import fc from 'fast-check'
import { riskOf, type Exposure } from '#gateway/rights/risk.ts'
import { extentOf } from '#gateway/transforms/extent.ts'
import { parseOp, type ValueOp } from '#gateway/transforms/op.ts'

const attribute = fc.constantFrom('temperature', 'relativeHumidity', 'location', 'peopleCount', 'totalActivePower', 'textValue', 'refDevice', 'co2')
const exposure: fc.Arbitrary<Exposure> = fc.record({
  attributes: fc.uniqueArray(attribute, { minLength: 1 }), type: fc.constant('IndoorEnvironmentObserved'), recipient: fc.constantFrom('any', 'sub_x'), purposes: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }),
  keepHours: fc.option(fc.integer({ min: 1, max: 20_000 }), { nil: undefined }), lastsMs: fc.option(fc.integer({ min: 1, max: 1e11 }), { nil: undefined }), precision: fc.double({ min: 0, max: 1, noNaN: true }),
})
const extent = fc.double({ min: 0, max: 1, noNaN: true })
const neverLess = (more: (of: Exposure) => Exposure) => fc.assert(fc.property(exposure, of => { assert.ok(riskOf(more(of)).score >= riskOf(of).score) }))

describe('The risk of a grant', () => {
  it('never falls with one more attribute', () => fc.assert(fc.property(exposure, attribute, (of, one) => {
    assert.ok(riskOf({ ...of, attributes: [...new Set([...of.attributes, one])] }).score >= riskOf(of).score)
  })))
  it('never falls with precision', () => fc.assert(fc.property(exposure, fc.double({ min: 0, max: 1, noNaN: true }), (of, precision) => {
    assert.ok(riskOf({ ...of, precision: Math.max(of.precision!, precision) }).score >= riskOf(of).score)
  })))
  it('never falls where an attribute is told more exactly', () => fc.assert(fc.property(exposure, attribute, fc.tuple(extent, extent), (of, one, extents) => {
    const [coarse, fine] = extents.sort((a, b) => a - b).map(each => riskOf({ ...of, extents: new Map([[one, each]]) }).score) as [number, number]
    assert.ok(coarse <= fine && fine <= riskOf(of).score)
  })))
  it('rises with each resolution of a place, up to the place itself', () => {
    const told = (text: string) => riskOf({ attributes: ['location'], extents: new Map([['location', extentOf(parseOp(text) as ValueOp)]]), type: 'T', recipient: 'sub_x', purposes: ['a'] }).score
    const scores = ['drop', 'h3:0', 'h3:3', 'grid:0.1', 'h3:7', 'grid:0.005', 'h3:10', 'pass'].map(told)
    assert.deepEqual(scores.toSorted((a, b) => a - b), scores)
    assert.equal(new Set(scores).size, scores.length)
  })
  it('is less for what is made coarse, and more for a group than for one', () => {
    const of = { attributes: ['location'], type: 'T', recipient: 'sub_x', purposes: ['a'] }
    assert.ok(riskOf({ ...of, extents: new Map([['location', 0.5]]) }).score < riskOf(of).score)
    assert.ok(riskOf(of).score < riskOf({ ...of, recipient: 'grp_x' }).score && riskOf({ ...of, recipient: 'grp_x' }).score < riskOf({ ...of, recipient: 'any' }).score)
  })
  it('never falls where anybody may have it', () => neverLess(of => ({ ...of, recipient: 'any' })))
  it('never falls with one more purpose', () => neverLess(of => ({ ...of, purposes: [...of.purposes, 'd'] })))
  it('never falls where it may be kept longer, or nothing is said of it', () => {
    neverLess(of => ({ ...of, keepHours: undefined }))
    neverLess(of => of.keepHours === undefined ? of : { ...of, keepHours: of.keepHours + 100 })
  })
  it('never falls where it holds longer', () => {
    neverLess(of => ({ ...of, lastsMs: undefined }))
    neverLess(of => of.lastsMs === undefined ? of : { ...of, lastsMs: of.lastsMs * 2 })
  })
  it('rises with what says most of people, and says what it is made of', () => {
    const of = { attributes: ['temperature'], type: 'T', recipient: 'sub_x', purposes: ['a'], keepHours: 24, lastsMs: 1 }
    const scores = [of, { ...of, attributes: ['temperature', 'relativeHumidity'] }, { ...of, attributes: ['temperature', 'location'] }, { ...of, attributes: ['temperature', 'location'], recipient: 'any' }].map(each => riskOf(each).score)
    assert.deepEqual(scores.toSorted((a, b) => a - b), scores)
    assert.equal(new Set(scores).size, 4)
    assert.deepEqual([riskOf(of).level, riskOf({ ...of, attributes: ['temperature', 'location'], recipient: 'any' }).level], ['low', 'high'])
    assert.deepEqual(riskOf(of).factors.map(({ factor }) => factor), ['data', 'recipients', 'purposes', 'keeping', 'duration'])
  })
})
