// Which messages and which of their attributes a flow gets.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { keyValues } from './attributes.ts'
import { conditionOf } from './condition.ts'
import { Sampler } from './sampler.ts'
import { select } from './selection.ts'

const entity = {
  'id': 'urn:ngsi-ld:AirQualityObserved:1', 'type': 'AirQualityObserved',
  'dateObserved': { type: 'Property', value: { '@type': 'DateTime', '@value': '2026-05-04T10:15:30.250Z' } },
  'temperature': { type: 'Property', value: 21.5, unitCode: 'CEL', observedAt: '2026-05-04T10:15:30.250Z' },
  'status': { type: 'Property', value: 'open' }, 'isOn': { type: 'Property', value: false },
  'refDevice': { type: 'Relationship', object: 'urn:ngsi-ld:Device:1' },
  'location': { type: 'GeoProperty', value: { type: 'Point', coordinates: [4.35, 50.85] } },
  '@context': ['https://example.com/context.jsonld'],
}
const all = { attributes: [], condition: undefined, sampleMs: 0, output: 'entity' } as const

describe('select', () => {
  it('keeps the attributes that are asked for and what always travels', () => {
    const selected = select({ ...all, attributes: ['temperature', 'pm25'] }, entity)
    assert.deepEqual(Object.keys(selected!), ['id', 'type', 'dateObserved', 'temperature', '@context'])
    assert.equal(select(all, entity), entity)
  })

  it('leaves out a message that has none of them', () => {
    assert.equal(select({ ...all, attributes: ['pm25'] }, entity), undefined)
  })

  it('judges by an attribute that it does not send on', () => {
    const condition = conditionOf('temperature', '>', '20')
    const selected = select({ ...all, attributes: ['status'], condition, output: 'keyValues' }, entity)
    assert.deepEqual(selected, { id: entity.id, type: 'AirQualityObserved', dateObserved: '2026-05-04T10:15:30.250Z', status: 'open' })
  })

  it('gives properties, relationships and places as their values', () => {
    const { refDevice, location, isOn, temperature, ...rest } = keyValues(entity)
    assert.deepEqual([refDevice, isOn, temperature], ['urn:ngsi-ld:Device:1', false, 21.5])
    assert.deepEqual(location, { type: 'Point', coordinates: [4.35, 50.85] })
    assert.equal('@context' in rest, false)
  })
})

describe('conditionOf', () => {
  const passes = (...condition: [attribute: string, operator: string, value: string]) => conditionOf(...condition)?.(entity)

  it('compares numbers as numbers', () => {
    const passing = [['>', '21.4'], ['>=', '21.50'], ['<', '100'], ['<=', '21.5'], ['=', '21.5'], ['!=', '3']] as const
    for (const [operator, value] of passing) assert.equal(passes('temperature', operator, value), true, `${operator} ${value}`)
    const failing = [['>', '21.5'], ['>=', '21.6'], ['<', '3'], ['<=', '3'], ['=', '2'], ['!=', '21.5']] as const
    for (const [operator, value] of failing) assert.equal(passes('temperature', operator, value), false, `${operator} ${value}`)
  })

  it('compares texts, yes and no, and times', () => {
    assert.deepEqual([passes('status', '=', 'open'), passes('status', '!=', 'open'), passes('isOn', '=', 'false')], [true, false, true])
    assert.deepEqual([passes('dateObserved', '>', '2026-05-04'), passes('dateObserved', '<', '2026-05-04T10:15:30.250Z')], [true, false])
  })

  it('lets through nothing that has no such value, nor a number that is compared to none', () => {
    const failing = [['pm25', '!=', '3'], ['location', '!=', 'x'], ['temperature', '<', ''], ['temperature', '>', 'warm']] as const
    for (const [attribute, operator, value] of failing) {
      assert.equal(passes(attribute, operator, value), false, `${attribute} ${operator} ${value}`)
    }
  })

  it('is no condition without an attribute or a known operator', () => {
    assert.equal(conditionOf('', '>', '1'), undefined)
    for (const operator of ['', 'constructor']) assert.equal(conditionOf('temperature', operator, '1'), undefined)
  })
})

describe('Sampler', () => {
  it('lets through no two messages that are nearer than asked, and the first that is not', () => {
    fc.assert(fc.property(fc.array(fc.nat(500), { minLength: 1 }), fc.integer({ min: 1, max: 1000 }), (gaps, everyMs) => {
      const sampler = new Sampler(everyMs)
      let at = 1_700_000_000_000, last = -Infinity
      for (const gap of gaps) {
        at += gap
        const isDue = at - last >= everyMs
        assert.equal(sampler.take(at), isDue)
        if (isDue) last = at
      }
    }))
  })

  it('lets all through where nothing is asked', () => {
    const sampler = new Sampler(0)
    assert.ok([5, 5, 5, 6].every(at => sampler.take(at)))
  })
})
