import assert from 'node:assert/strict'
import fc from 'fast-check'
import { extentOf, secondsExtent } from '#gateway/transforms/extent.ts'
import { revealsNoMore, secondsRevealNoMore } from '#gateway/transforms/lattice.ts'
import { H3_RESOLUTION_MAX, OP_NAMES, parseOp, type Op, type ValueOp } from '#gateway/transforms/op.ts'
import { exactnessWords, messageWords, opWords, secondsWords } from '#gateway/transforms/words.ts'
import { unitWordOf } from '#semantic-models/unit-words.ts'

const op = <T extends Op>(text: string): T => parseOp(text) as T

describe('How exact something is, in words', () => {
  it('is said of each operation', () => {
    const words: Record<string, string> = {
      pass: 'as it is', drop: 'left out', 'round:0.50': 'rounded to 0.5 °C', 'bucket:-1.5|0|20': 'in ranges from -1.5, 0, 20 °C on', mask: 'only that there is one', pseudonymise: 'under another name',
      'h3:3': 'within some 77 km', 'h3:7': 'within some 1.6 km', 'h3:9': 'within some 230 m', 'h3:15': 'within some 0.66 m', 'grid:0.01': 'within some 790 m', 'grid:1': 'within some 79 km',
      'time:900': 'times cut down to 15 minutes', 'sample:5400': 'at most one reading in 1 hour 30 minutes',
    }
    assert.deepEqual(Object.fromEntries(Object.keys(words).map(text => [text, opWords(op(text), '°C')])), words)
    const said = new Set(Object.keys(words).map(text => op(text).name))
    assert.deepEqual(OP_NAMES.filter(name => !said.has(name)), [])
    assert.equal(opWords(op('round:0.5')), 'rounded to 0.5')
    assert.deepEqual([1, 60, 86_400, 90_061].map(secondsWords), ['1 second', '1 minute', '1 day', '1 day 1 hour 1 minute 1 second'])
  })

  it('is said of an attribute and of the message, and of what a newer gateway wrote as it stands', () => {
    const transforms = ['location=h3:7', 'temperature=blur:1', 'unit=pass', '*=time:60', '*=shuffle:5']
    assert.deepEqual(['location', 'temperature', 'unit', 'humidity', 'loc'].map(name => exactnessWords(transforms, name)), ['within some 1.6 km', 'blur:1', undefined, undefined, undefined])
    assert.deepEqual([messageWords(transforms), messageWords(undefined)], [['times cut down to 1 minute', '*=shuffle:5'], []])
  })

  it('has the unit that people write, where there is one', () => {
    const of = { temperature: unitWordOf('IndoorEnvironmentObserved', 'temperature'), fraction: unitWordOf('IndoorEnvironmentObserved', 'relativeHumidity'), any: unitWordOf('DeviceMeasurement', 'numValue'), place: unitWordOf('IndoorEnvironmentObserved', 'location'), none: unitWordOf(undefined, 'temperature') }
    assert.deepEqual(of, { temperature: '°C', fraction: undefined, any: undefined, place: undefined, none: undefined })
  })
})

describe('About how much an operation tells', () => {
  const number = fc.oneof(fc.constantFrom('0.05', '0.1', '0.5', '1.5', '3', '10', '30', '1e9').map(step => `round:${Number(step)}`), fc.uniqueArray(fc.integer({ min: -20, max: 20 }), { minLength: 2, maxLength: 32 }).map(all => `bucket:${all.sort((a, b) => a - b).map(n => n / 4).join('|')}`))
  const place = fc.oneof(fc.constantFrom('0.001', '0.01', '0.05', '1', '45', '90').map(step => `grid:${step}`), fc.integer({ min: 0, max: H3_RESOLUTION_MAX }).map(of => `h3:${of}`))
  const any = fc.oneof(number, place, fc.constantFrom('pass', 'drop', 'mask', 'pseudonymise')).map(text => op<ValueOp>(text))

  it('is never more of what reveals no more', () => {
    let comparable = 0
    fc.assert(fc.property(any, any, (one, other) => {
      assert.ok(extentOf(one) >= 0 && extentOf(one) <= 1)
      if (!revealsNoMore(one, other)) return
      comparable++
      assert.ok(extentOf(one) <= extentOf(other), `${opWords(one)} ${opWords(other)}`)
    }), { numRuns: 20_000 })
    assert.ok(comparable > 2_000)
    fc.assert(fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 1e6 }), (one, other) => {
      if (secondsRevealNoMore(one, other)) assert.ok(secondsExtent(one) <= secondsExtent(other) && secondsExtent(other) < secondsExtent(undefined))
    }))
  })

  it('is about the same for cells of a grid and of H3 of one size', () => {
    assert.ok(Math.abs(extentOf(op('grid:0.02')) - extentOf(op('h3:7'))) < 0.01)
    assert.ok(extentOf(op('h3:5')) < extentOf(op('grid:0.02')) && extentOf(op('grid:0.02')) < extentOf(op('h3:9')))
  })
})
