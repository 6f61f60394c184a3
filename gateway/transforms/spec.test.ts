import assert from 'node:assert/strict'
import fc from 'fast-check'
import { GatewayError } from '#gateway/errors.ts'
import { opText, SECONDS_MAX } from '#gateway/transforms/op.ts'
import { attributesDropped, keptWholeFor, parseSpec, specOf, specRevealsNoMore, specTexts, strictestOf, strongestOf, TRANSFORM_CHARS_MAX, TRANSFORMS_MAX, weakestOf, type Spec } from '#gateway/transforms/spec.ts'
import { modelOf } from '#semantic-models/registry.ts'

const MODEL = modelOf('DeviceMeasurement')!, ATTRIBUTES = ['numValue', 'textValue', 'unit', 'location', 'refDevice']
const parse = (...texts: string[]): Spec => parseSpec(texts, MODEL, ATTRIBUTES)
const refusal = (...texts: string[]): string => {
  try { parse(...texts) } catch (error) { if (error instanceof GatewayError && error.code === 'BAD_REQUEST') return error.message }
  throw new Error(`${texts.join()} is not refused`)
}

describe('The transforms of a consent', () => {
  it('have one way to be written, without what passes', () => {
    const texts = ['numValue=round:0.50', '*=time:900', 'location=grid:0.010', 'unit=pass', 'textValue=mask', 'numValue=round:1.5', '*=sample:60']
    assert.deepEqual(specTexts(parse(...texts)), ['location=grid:0.01', 'numValue=round:1.5', 'textValue=mask', '*=time:900', '*=sample:60'])
    assert.deepEqual(specTexts(parse(...texts)), specTexts(specOf(specTexts(parse(...texts)))!))
    assert.deepEqual(specTexts(specOf(undefined)!), [])
  })

  it('on one attribute are joined, and time is of the whole message wherever it is written', () => {
    assert.deepEqual(specTexts(parse('numValue=bucket:0|10|20|30', 'numValue=bucket:5|20|30|40')), ['numValue=bucket:0|20|30'])
    assert.deepEqual(specTexts(parse('numValue=time:60', 'textValue=time:90')), ['*=time:180'])
    assert.deepEqual(specTexts(parse('textValue=pseudonymise', 'textValue=mask')), ['textValue=mask'])
    assert.deepEqual(attributesDropped(parse('location=drop', 'location=grid:1', 'numValue=round:1')), ['location'])
  })

  it('are refused by name where they are not known or do not fit, with what would', () => {
    assert.match(refusal('numValue=blur'), /"numValue=blur": there is no operation "blur": it is one of pass, drop, mask/)
    assert.match(refusal('numValue=round:x'), /write round:STEP/)
    assert.match(refusal('dateObserved=time:60'), /not among the attributes/)
    assert.match(refusal('controlledProperty=mask'), /not among the attributes/)
    assert.match(refusal('numValue=mask'), /numValue is a number: round, bucket, pass, drop/)
    assert.match(refusal('textValue=round:1'), /is a text: mask, pseudonymise/)
    assert.match(refusal('location=round:1'), /is a place: grid, h3/)
    assert.match(refusal('refDevice=mask'), /is a link: pseudonymise/)
    assert.match(refusal('*=round:1'), /name the attribute/)
    for (const text of ['numValue', '=round:1', '', 'numValue=round:1=2', `numValue=bucket:${'1'.repeat(TRANSFORM_CHARS_MAX)}`]) assert.match(refusal(text), /ATTRIBUTE=OPERATION/)
    assert.match(refusal('numValue=round:1', 'numValue=round:2'), /no common coarser form with what is said of numValue before, round:1/)
    assert.match(refusal('location=h3:7', 'location=grid:0.01'), /no common coarser form with what is said of location before, h3:7/)
    assert.match(refusal('numValue=round:99999999.9999999', 'numValue=round:0.000000007'), /no common coarser form/)
    assert.match(refusal(...Array.from({ length: TRANSFORMS_MAX + 1 }, () => 'numValue=pass')), /64 transforms/)
    parse(...Array.from({ length: TRANSFORMS_MAX }, () => 'numValue=pass'))
    const noise = parseSpec(['dateObservedFrom=time:60'], modelOf('NoiseLevelObserved')!, ['dateObservedFrom'])
    assert.equal(noise.timeSeconds, 60)
    assert.throws(() => parseSpec(['dateObservedFrom=mask'], modelOf('NoiseLevelObserved')!, ['dateObservedFrom']), /is an instant: pass, drop/)
  })

  it('that this gateway does not understand are told from those that say nothing', () => {
    assert.equal(specOf(['numValue=dp:0.1']), undefined)
    assert.equal(specOf(['*=time:60', 'numValue']), undefined)
    assert.notEqual(specOf([]), undefined)
  })

  const ops = { numValue: ['pass', 'round:0.5', 'round:1.5', 'round:1', 'bucket:0|10|20', 'bucket:0|20'], textValue: ['pass', 'pseudonymise', 'mask'], location: ['pass', 'grid:0.01', 'grid:0.02', 'grid:0.03'] }
  const some = (name: string, all: readonly string[]) => fc.constantFrom(...all).map(op => `${name}=${op}`)
  const seconds = (name: string) => fc.option(fc.constantFrom(1, 60, 90, 900, SECONDS_MAX)).map(each => each === null ? [] : [`*=${name}:${each}`])
  const spec = fc.tuple(fc.tuple(...Object.entries(ops).map(([name, all]) => some(name, all))), seconds('time'), seconds('sample')).map(([own, time, sample]) => parse(...own, ...time, ...sample))

  it('are in order as their operations are, with a strongest and a strictest', () => fc.assert(fc.property(spec, spec, spec, (a, b, c) => {
    const both = strongestOf(a, b), chosen = strictestOf(a, b)
    assert.ok(specRevealsNoMore(a, a) && specRevealsNoMore(both, a) && specRevealsNoMore(both, b))
    if (specRevealsNoMore(a, b) && specRevealsNoMore(b, c)) assert.ok(specRevealsNoMore(a, c))
    if (specRevealsNoMore(c, a) && specRevealsNoMore(c, b)) assert.ok(specRevealsNoMore(c, both))
    assert.deepEqual(specTexts(both), specTexts(strongestOf(b, a)))
    assert.ok(specRevealsNoMore(chosen, a), 'of two that each suffice, more was chosen than the first one reveals')
    if (specRevealsNoMore(b, a)) assert.ok(specRevealsNoMore(chosen, b))
  }), { numRuns: 3_000 }))

  it('have a weakest form that is enough for each of them, and passes only what some of them pass', () => fc.assert(fc.property(fc.array(spec, { minLength: 1, maxLength: 4 }), specs => {
    const kept = weakestOf(specs.map(each => ({ spec: each, attributes: ['numValue', 'textValue', 'location'] })))
    for (const name of Object.keys(ops)) assert.equal(kept.values.has(name), specs.every(({ values }) => values.has(name)), name)
    assert.equal(kept.timeSeconds.length === 0, specs.some(({ timeSeconds }) => timeSeconds === undefined))
    assert.deepEqual(new Set(kept.sampleSeconds).size, kept.sampleSeconds.length)
  }), { numRuns: 1_000 }))

  it('that tell a place by a grid and by H3 are told from all others', () => {
    const told = (one: string, other: string) => keptWholeFor(parse(one), parse(other))
    assert.deepEqual([told('location=grid:0.01', 'location=h3:7'), told('location=h3:7', 'location=grid:0.01')], ['location', 'location'])
    assert.deepEqual([told('location=h3:5', 'location=h3:7'), told('location=grid:1', 'location=grid:0.3'), told('location=h3:7', 'numValue=round:1'), told('location=pass', 'location=h3:7')], [undefined, undefined, undefined, undefined])
  })

  it('say nothing of an attribute for which a consent is not given', () => {
    const kept = weakestOf([{ spec: parse('numValue=round:0.5'), attributes: ['numValue'] }, { spec: parse(), attributes: ['textValue'] }])
    assert.deepEqual([...kept.values].map(([name, each]) => [name, each.map(opText)]), [['numValue', ['round:0.5']]])
  })
})
