import assert from 'node:assert/strict'
import fc from 'fast-check'
import { NUMBER_QUANTITIES, TEXT_QUANTITIES } from '#adapters/quantity.ts'
import type { Reading } from '#adapters/reading.ts'
import { pack, unpack, view } from '#semantic-models/entity.ts'
import { map } from '#semantic-models/mapper.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'
import { facts, reading } from '#test/support/readings.ts'

const ARRIVAL = Date.parse('2026-05-04T10:15:30.250Z')
const full = (readings: Reading[], device: DeviceFacts) => map(readings, () => device, ARRIVAL).observations.map(({ entity }) => JSON.parse(view(entity, entity.mask)))
const text = (readings: Reading[], device: DeviceFacts) => map(readings, () => device, ARRIVAL).observations.map(({ entity }) => view(entity, entity.mask))
const context = (subject: string) => `"@context":["https://raw.githubusercontent.com/smart-data-models/dataModel.${subject}/master/context.jsonld","https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"]`

describe('The mapper', () => {
  it('makes an indoor environment of a climate sensor, to the byte', () => {
    const time = '"observedAt":"2026-05-04T10:15:30.250Z"', when = '{"type":"Property","value":{"@type":"DateTime","@value":"2026-05-04T10:15:30.250Z"}}'
    assert.deepEqual(text([reading('humidity', 44.72, '%'), reading('battery', 97, '%'), reading('temperature', 27.34, '°C')], facts({ location: [-4.72, 41.65] })), [
      `{"id":"urn:ngsi-ld:IndoorEnvironmentObserved:k3v7qm2xw5tz4rpa6hjn2ye4ds","type":"IndoorEnvironmentObserved","dateObserved":${when},"temperature":{"type":"Property","value":27.34,"unitCode":"CEL",${time}},`
      + `"relativeHumidity":{"type":"Property","value":0.4472,"unitCode":"C62",${time}},"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[-4.72,41.65]}},`
      + `"refDevice":{"type":"Relationship","object":"urn:ngsi-ld:Device:k3v7qm2xw5tz4rpa6hjn2ye4ds"},${context('Environment')}}`,
    ])
  })

  it('puts one phase into objects and says that it is one, and keeps the order of the model', () => {
    const at = { observedAt: Date.parse('2026-05-04T10:15:30Z') }
    const [entity] = full([reading('current', 11.677, 'A', at), reading('voltage', 226, 'V', at), reading('energyImport', 6.404, 'kWh', at), reading('powerActive', 2629, 'W', at)], facts({ dialect: 'tasmota' }))
    assert.deepEqual(Object.keys(entity), ['id', 'type', 'dateObserved', 'totalActivePower', 'totalActiveEnergyImport', 'phaseVoltage', 'current', 'phaseType', 'refDevice', '@context'])
    assert.deepEqual([entity.phaseVoltage.value, entity.current.value, entity.phaseType], [{ L1: 226 }, { L1: 11.677 }, { type: 'Property', value: 'singlePhase' }])
    assert.equal(entity.dateObserved.value['@value'], '2026-05-04T10:15:30.000Z')
  })

  it('keeps three phases apart from their totals, signed', () => {
    const [entity] = full([
      reading('powerActive', -120.5, 'W', { phase: 'L2' }), reading('powerActive', 800, 'W', { phase: 'L1' }), reading('powerActive', 679.5, 'W'), reading('voltage', 230.1, 'V', { phase: 'L3' }),
      reading('current', 0.2, 'A', { phase: 'N' }), reading('frequency', 50, 'Hz', { phase: 'L2' }), reading('frequency', 49.9, 'Hz', { phase: 'L1' }), reading('powerFactor', 98, '%', { phase: 'L1' }),
    ], facts({ phases: 3, dialect: 'shelly' }))
    assert.equal(entity.type, 'ThreePhaseAcMeasurement')
    assert.deepEqual([entity.activePower.value, entity.totalActivePower.value, entity.phaseVoltage.value, entity.current.value, entity.frequency.value, entity.powerFactor.value],
      [{ L1: 800, L2: -120.5 }, 679.5, { L3: 230.1 }, { N: 0.2 }, 49.9, { L1: 0.98 }])
    assert.equal(JSON.stringify(entity.activePower.value), '{"L1":800,"L2":-120.5}')
  })

  it('sends through the gate, unscaled and alone, what the model has no room for', () => {
    const entities = full([reading('temperature', -18, '°C'), reading('humidity', 103, '%'), reading('pressure', 1008.7, 'hPa')], facts())
    assert.deepEqual(entities.map(({ type }) => type).sort(), ['DeviceMeasurement', 'DeviceMeasurement', 'IndoorEnvironmentObserved'])
    const cold = entities.find(({ controlledProperty }) => controlledProperty?.value === 'temperature'), wet = entities.find(({ controlledProperty }) => controlledProperty?.value === 'humidity')
    assert.deepEqual([cold.numValue.value, cold.numValue.unitCode, cold.unit, cold.id.endsWith(':temperature')], [-18, 'CEL', { type: 'Property', value: 'CEL' }, true])
    assert.deepEqual([wet.numValue.value, wet.numValue.unitCode], [103, 'P1'])
    assert.deepEqual(full([reading('voltage', -1, 'V', { phase: 'L2' })], facts({ phases: 3 })).map(({ controlledProperty }) => controlledProperty.value), ['voltageL2'])
  })

  it('writes a DeviceMeasurement exactly', () => {
    assert.deepEqual(text([reading('contact', 'open')], facts()), [
      '{"id":"urn:ngsi-ld:DeviceMeasurement:k3v7qm2xw5tz4rpa6hjn2ye4ds:contact","type":"DeviceMeasurement","dateObserved":{"type":"Property","value":{"@type":"DateTime","@value":"2026-05-04T10:15:30.250Z"}},'
      + '"textValue":{"type":"Property","value":"open","observedAt":"2026-05-04T10:15:30.250Z"},"controlledProperty":{"type":"Property","value":"contact"},'
      + `"refDevice":{"type":"Relationship","object":"urn:ngsi-ld:Device:k3v7qm2xw5tz4rpa6hjn2ye4ds"},${context('Device')}}`,
    ])
  })

  it('follows placement, never the value, and splits air quality from climate', () => {
    const climate = [reading('temperature', 5, '°C'), reading('co2', 800, 'ppm')]
    assert.deepEqual(full(climate, facts()).map(({ type, typeofLocation }) => [type, typeofLocation?.value]), [['IndoorEnvironmentObserved', undefined], ['AirQualityObserved', 'indoor']])
    assert.deepEqual(full(climate, facts({ placement: 'outdoor' })).map(({ type, typeofLocation }) => [type, typeofLocation?.value]), [['WeatherObserved', undefined], ['AirQualityObserved', 'outdoor']])
  })

  it('knows a bin by its role or its height, and computes how full it is', () => {
    const bin = facts({ dialect: 'tts', role: 'wasteContainer', emptyMm: 1550 })
    const [entity] = full([reading('distance', 620, 'mm'), reading('binState', 'ok'), reading('temperature', -11.5, '°C')], bin)
    assert.deepEqual([entity.type, entity.fillingLevel.value, entity.status.value, entity.temperature.value], ['WasteContainer', 0.6, 'ok', -11.5])
    const levels = [0, 1550, 1600, 1549].map(mm => full([reading('distance', mm, 'mm')], bin)[0].fillingLevel.value)
    assert.deepEqual(levels, [1, 0, 0, 0.000645161290322581])
    assert.equal(full([reading('distance', 620, 'mm')], facts())[0].numValue.value, 0.62)
  })

  it('writes times where the context has the term, and nowhere for water consumption', () => {
    assert.ok(full([reading('parking', 'free')], facts({ category: ['onStreet'], refParkingSite: 'urn:ngsi-ld:OnStreetParking:a' }))[0].timeInstant)
    assert.ok(full([reading('lampState', 'on')], facts({ role: 'streetlight' }))[0].observationDateTime)
    const water = full([reading('waterVolume', 12, 'm3', { whole: true }), reading('leak', 'detected')], facts({ role: 'waterMeter', location: [1, 2] }))[0]
    assert.deepEqual(Object.keys(water), ['id', 'type', 'waterConsumption', 'alarmStopsLeaks', 'location', '@context'])
    assert.equal(full([reading('waterVolume', 12.5, 'm3')], facts({ role: 'waterMeter' }))[0].type, 'SmartMeteringObservation')
    assert.equal(full([reading('waterVolume', 12.5, 'm3', { whole: true })], facts({ role: 'waterMeter' }))[0].type, 'DeviceMeasurement')
  })

  it('states the period of a sound level always, of a count where it is known', () => {
    const [noise] = full([reading('soundLevelEq', 61.2, 'dB', { periodMs: 60_000 })], facts())
    assert.deepEqual([noise.dateObservedFrom.value['@value'], noise.dateObservedTo.value['@value']], ['2026-05-04T10:14:30.250Z', '2026-05-04T10:15:30.250Z'])
    const [instant] = full([reading('soundLevelSlow', 61.2, 'dB')], facts())
    assert.equal(instant.dateObservedFrom.value['@value'], instant.dateObservedTo.value['@value'])
    assert.equal(full([reading('vehicleCount', 12)], facts())[0].dateObservedFrom, undefined)
  })

  it('makes an entity for each instant, oldest first, and takes the later of two alike', () => {
    const at = (observedAt: number, value: number) => reading('temperature', value, '°C', { observedAt })
    assert.deepEqual(full([at(2_000, 2), at(1_000, 1), at(2_000, 3)], facts()).map(({ temperature }) => temperature.value), [1, 3])
  })

  it('refuses a unit that it does not know, a word that is none, and what is no number, each by its field, and keeps the rest', () => {
    const { observations, refused } = map([reading('temperature', 20, 'furlong'), reading('humidity', NaN, '%'), reading('contact', 'ajar'), reading('co2', '12', 'ppm'), reading('lampState', 'on'), reading('pressure', 1e308, 'bar'), reading('illuminance', 5, 'lx')], () => facts(), ARRIVAL)
    assert.deepEqual(refused.map(({ code, field }) => `${code} ${field}`), ['BAD_UNIT temperature', 'BAD_PAYLOAD humidity', 'BAD_PAYLOAD contact', 'BAD_PAYLOAD co2', 'NO_MODEL lampState', 'BAD_PAYLOAD pressure'])
    assert.equal(observations.length, 1)
  })

  it('tells status apart from observations', () => {
    const { observations, status } = map([reading('battery', 97, '%'), reading('linkQuality', 120, '')], () => facts(), ARRIVAL)
    assert.deepEqual([observations.length, status.map(({ quantity, value }) => [quantity, value])], [0, [['battery', 97], ['linkQuality', 120]]])
  })

  it('never throws, never emits anything but JSON, and loses no reading without a word', () => {
    const anyReading = fc.record({
      device: fc.constant('kitchen'), quantity: fc.constantFrom(...NUMBER_QUANTITIES, ...TEXT_QUANTITIES), value: fc.oneof(fc.double(), fc.string()), unit: fc.oneof(fc.constantFrom('°C', '%', 'W', ''), fc.string()),
      phase: fc.constantFrom(undefined, 'L1' as const, 'L2' as const, 'N' as const), field: fc.string(), observedAt: fc.constantFrom(undefined, 1_700_000_000_000),
    })
    fc.assert(fc.property(fc.array(anyReading, { maxLength: 12 }), fc.constantFrom(facts(), facts({ placement: 'outdoor', phases: 3 }), facts({ role: 'streetlight' })), (readings, device) => {
      const { observations, refused } = map(readings, () => device, ARRIVAL)
      assert.ok(readings.length === 0 || observations.length + refused.length > 0)
      for (const { entity } of observations) {
        const parsed = JSON.parse(view(entity, entity.mask))
        assert.equal(Object.hasOwn(parsed, '@context'), true)
        assert.deepEqual(JSON.parse(view(unpack(pack(entity, entity.mask)), entity.mask)), parsed)
      }
    }), { numRuns: 500 })
  })
})

describe('An entity', () => {
  const [observation] = map([reading('temperature', 21.5, '°C'), reading('humidity', 40, '%')], () => facts({ location: [4.35, 50.85] }), ARRIVAL).observations
  const { entity } = observation!

  it('shows what the mask lets out, and always id, type, time and context', () => {
    const mask = entity.model.maskOf(['relativeHumidity'])
    assert.deepEqual(Object.keys(JSON.parse(view(entity, mask))), ['id', 'type', 'dateObserved', 'relativeHumidity', '@context'])
    assert.deepEqual(Object.keys(JSON.parse(view(entity, 0))), ['id', 'type', 'dateObserved', '@context'])
  })

  it('is packed without what the mask does not let out', () => {
    const packed = pack(entity, entity.model.maskOf(['temperature']))
    assert.ok(!packed.includes('relativeHumidity') && !packed.includes('50.85'))
    assert.deepEqual(view(unpack(packed), -1 >>> 1), view(entity, entity.model.maskOf(['temperature'])))
  })

  it('is not unpacked from damaged bytes', () => {
    const packed = pack(entity, entity.mask)
    for (const bytes of [packed.subarray(0, packed.length - 1), Buffer.concat([Buffer.from([9]), packed.subarray(1)]), packed.subarray(0, 4)]) assert.throws(() => unpack(bytes), RangeError)
  })

  it('has named attributes: an unknown one is an error that lists them', () => {
    assert.throws(() => entity.model.maskOf(['temprature']), /IndoorEnvironmentObserved has no attribute temprature: it has temperature, relativeHumidity/)
    assert.deepEqual(entity.model.attributesIn(entity.mask), ['temperature', 'relativeHumidity', 'location', 'refDevice'])
  })
})
