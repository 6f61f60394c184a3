import assert from 'node:assert/strict'
import { pointOf } from '#gateway/history/point.ts'

const ORIGIN = { streamId: '0xab/x/y', consentId: 'grant_a', position: 3, receivedAt: 1_777_889_730_500 }
const entity = (more: object) => JSON.stringify({ id: 'urn:x', type: 'IndoorEnvironmentObserved', dateObserved: { type: 'Property', value: { '@type': 'DateTime', '@value': '2026-05-04T10:15:30.250Z' } }, ...more, '@context': ['x'] })
const property = (value: unknown) => ({ type: 'Property', value, unitCode: 'CEL', observedAt: '2026-05-04T10:15:30.250Z' })

describe('A message as a point', () => {
  it('has its values as fields, and where it comes from as tags', () => {
    assert.deepEqual(pointOf(entity({ temperature: property(21.5), on: property(true), status: property('ok') }), ORIGIN), {
      measurement: 'IndoorEnvironmentObserved', tags: { stream: '0xab/x/y', consent: 'grant_a' }, fields: { temperature: 21.5, on: true, status: 'ok' }, timestamp: '1777889730250000003',
    })
  })

  it('takes objects, lists and places apart', () => {
    const fields = pointOf(entity({ phaseVoltage: property({ L1: 229, L2: 230.5 }), status: property(['full', 'tilted']), location: { type: 'GeoProperty', value: { type: 'Point', coordinates: [4.35, 50.85] } }, refDevice: { type: 'Relationship', object: 'urn:d' } }), ORIGIN)!.fields
    assert.deepEqual(fields, { phaseVoltage_L1: 229, phaseVoltage_L2: 230.5, status: 'full,tilted', location_lon: 4.35, location_lat: 50.85, refDevice: 'urn:d' })
  })

  it('tells the quantity of a measurement in a tag', () => {
    const { tags, fields } = pointOf(entity({ controlledProperty: property(['vocIndex']), numValue: property(104) }), ORIGIN)!
    assert.deepEqual([tags['quantity'], fields], ['vocIndex', { numValue: 104 }])
  })

  it('keeps two messages of one instant apart, and the same message one', () => {
    const at = (position: number) => pointOf(entity({ temperature: property(1) }), { ...ORIGIN, position })!.timestamp
    assert.notEqual(at(1), at(2))
    assert.equal(at(1), at(1))
    assert.equal(at(1_000_001), at(1)) // a million messages of one instant
  })

  it('is none where there is nothing to measure, and is of our receipt where it tells no time', () => {
    assert.equal(pointOf(entity({}), ORIGIN), undefined)
    assert.equal(pointOf(JSON.stringify({ type: 'X', a: { type: 'Property', value: 1 } }), ORIGIN)!.timestamp, '1777889730500000003')
  })

  it('is of the time that the entity tells, wherever its model has it', () => {
    for (const member of ['timeInstant', 'observationDateTime']) {
      const { timestamp, fields } = pointOf(JSON.stringify({ type: 'X', [member]: { type: 'Property', value: { '@type': 'DateTime', '@value': '2026-05-04T10:15:30.250Z' } }, a: { type: 'Property', value: 1 } }), ORIGIN)!
      assert.deepEqual([timestamp, fields], ['1777889730250000003', { a: 1 }])
    }
    assert.equal(pointOf(JSON.stringify({ type: 'X', a: property(1) }), ORIGIN)!.timestamp, '1777889730250000003')
  })
})
