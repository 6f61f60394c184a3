import assert from 'node:assert/strict'
import fc from 'fast-check'
import { NUMBER_QUANTITIES, TEXT_QUANTITIES } from '#adapters/quantity.ts'
import type { Reading } from '#adapters/reading.ts'
import { view } from '#semantic-models/entity.ts'
import { pack } from '#semantic-models/packed.ts'
import { map } from '#semantic-models/mapper.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'
import { PreparedDevices } from '#semantic-models/template.ts'
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

  it('takes the value of another phase for no total, and for the frequency none but that of L1', () => {
    const quantities = (readings: Reading[], device: DeviceFacts) => full(readings, device).map(({ type, controlledProperty }) => controlledProperty?.value ?? type)
    assert.deepEqual(quantities([reading('powerActive', 5, 'W', { phase: 'L2' })], facts()), ['powerActiveL2'])
    assert.deepEqual(quantities([reading('powerActive', 5, 'W', { phase: 'L1' })], facts()), ['ACMeasurement'])
    assert.deepEqual(quantities([reading('powerActive', 5, 'W', { phase: 'L1' })], facts({ role: 'streetlight', phases: 3 })), ['ThreePhaseAcMeasurement'])
    assert.deepEqual(map([reading('frequency', 50, 'Hz', { phase: 'L2' })], () => facts({ phases: 3 }), ARRIVAL).refused.map(({ code }) => code), ['NO_MODEL'])
    assert.deepEqual(quantities([reading('frequency', -50, 'Hz')], facts({ phases: 3 })), ['frequency'])
  })

  it('keeps gas and water of one device apart', () => {
    const meters = full([reading('gasVolume', 12.5, 'm³'), reading('waterVolume', 3, 'm³'), reading('energyImportPeak', 7, 'kWh'), reading('energyImportOffPeak', 8, 'kWh')], facts())
    assert.deepEqual(meters.map(({ meterType, totalConsumption, peakConsumption, offPeakConsumption }) => [meterType.value, totalConsumption?.value ?? [peakConsumption.value, offPeakConsumption.value]]),
      [['Gas', 12.5], ['Water', 3], ['Electricity', [7, 8]]])
  })

  it('believes what a bin says of itself before what its distance would tell, whichever comes first', () => {
    const readings = [reading('fillLevel', 40, '%'), reading('distance', 620, 'mm')]
    for (const order of [readings, readings.toReversed()]) assert.deepEqual(full(order, facts({ emptyMm: 1550 })).map(({ fillingLevel }) => fillingLevel.value), [0.4])
  })

  it('computes a fill level on the decimals that were sent, and from heights that make sense', () => {
    const level = (distance: number, device: Partial<DeviceFacts>) => full([reading('distance', distance, 'mm')], facts(device)).map(({ fillingLevel, numValue }) => fillingLevel?.value ?? numValue.value)[0]
    assert.equal(level(1549.9, { emptyMm: 1550 }), 0.0000645161290322581)
    assert.equal(level(1549.9, { emptyMm: 1550, fullMm: 1550 }), 1.5499)
    assert.equal(level(100, { emptyMm: 1550, fullMm: 50 }), 0.966666666666667)
    assert.equal(level(100, { emptyMm: NaN }), 0.1)
  })

  it('leaves out what an owner set and no entity can carry', () => {
    const spot = (more: Partial<DeviceFacts>) => Object.keys(full([reading('parking', 'free')], facts(more))[0]).slice(4, -2)
    assert.deepEqual(spot({ location: [4.35, 50.85], category: ['onStreet'], refParkingSite: 'urn:ngsi-ld:OnStreetParking:a1' }), ['category', 'location', 'refDevice'])
    assert.deepEqual(spot({ location: [NaN, 50], category: ['somewhere'], refParkingSite: 'the one over there' }), [])
    assert.deepEqual(spot({ location: [180.1, 0], category: [], refParkingSite: 'urn:a"b' }), [])
    assert.deepEqual(full([reading('parking', 'free')], facts({ location: [-0.00000001, 179] })).map(({ location }) => location), [undefined])
    assert.deepEqual(full([reading('parking', 'free')], facts({ location: [-0.00000001, 89.123456789] }))[0].location.value.coordinates, [0, 89.1234568])
  })

  it('reads a period that makes no sense as none, and lets the longest stand for the entity', () => {
    const from = (...periods: (number | undefined)[]) => full(periods.map((periodMs, n) => reading(n % 2 ? 'soundLevelMax' : 'soundLevelEq', 60, 'dB', { periodMs })), facts())[0].dateObservedFrom.value['@value']
    for (const periodMs of [1e300, Infinity, NaN, -5]) assert.equal(from(periodMs), '2026-05-04T10:15:30.250Z')
    assert.equal(from(60_000, undefined, 300_000, 1000), '2026-05-04T10:10:30.250Z')
    assert.equal(from(0.5), '2026-05-04T10:15:30.249Z')
  })

  it('takes an instant that no calendar has for none', () => {
    for (const observedAt of [NaN, Infinity, -1, 253_402_300_800_000]) {
      const [observation] = map([reading('temperature', 20, '°C', { observedAt })], () => facts(), ARRIVAL).observations
      assert.deepEqual([observation!.observedAt, observation!.timed], [ARRIVAL, false], String(observedAt))
    }
    const [late] = map([reading('temperature', 20, '°C', { observedAt: 253_402_300_799_999 })], () => facts(), ARRIVAL).observations
    assert.equal(JSON.parse(view(late!.entity, 0)).dateObserved.value['@value'], '9999-12-31T23:59:59.999Z')
  })

  it('makes as many reports as a message has instants and devices, without asking twice for one device', () => {
    const asked: string[] = []
    const readings = Array.from({ length: 3000 }, (_, n) => reading('temperature', n / 100, '°C', { device: `d${n % 3}`, observedAt: 1_700_000_000_000 - (n % 1000) }))
    const { observations } = map(readings.toSorted((a, b) => a.device.localeCompare(b.device)), device => { asked.push(device); return facts() }, ARRIVAL)
    assert.deepEqual([observations.length, asked], [3000, ['d0', 'd1', 'd2']])
    assert.ok(observations.every(({ observedAt }, n) => n === 0 || observedAt >= observations[n - 1]!.observedAt))
  })

  it('follows facts that change', () => {
    const moved = [facts({ location: [1, 2] }), facts({ location: [3, 4], placement: 'outdoor' })]
    assert.deepEqual([0, 1, 0].map(n => full([reading('temperature', 20, '°C')], moved[n]!)[0]).map(({ type, location }) => [type, location.value.coordinates]), [['IndoorEnvironmentObserved', [1, 2]], ['WeatherObserved', [3, 4]], ['IndoorEnvironmentObserved', [1, 2]]])
  })

  it('tells the voltage of a battery in volts, however it came', () => {
    const { status } = map([reading('batteryVoltage', 2955, 'mV'), reading('batteryVoltage', 3, 'V'), reading('batteryVoltage', 7, 'gg'), reading('firmware', '1.2')], () => facts(), ARRIVAL)
    assert.deepEqual(status.map(({ value }) => value), [2.955, 3, 7, '1.2'])
  })

  it('says in a refusal what was expected, and repeats no more of the device than a unit', () => {
    const { refused } = map([reading('temperature', 20, 'x'.repeat(5000)), reading('co2', 'y'.repeat(5000), 'ppm'), reading('contact', 'z'.repeat(5000))], () => facts(), ARRIVAL)
    assert.ok(refused.length === 3 && refused.every(({ detail }) => detail.length < 100))
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
        assert.deepEqual(JSON.parse(pack(entity, entity.mask).text(entity.mask)), parsed)
      }
    }), { numRuns: 500 })
  })
})

describe('Prepared devices', () => {
  it('are kept up to their limit, those that are heard of before those that are not', () => {
    const devices = new PreparedDevices(8), all = Array.from({ length: 20 }, () => facts()), busy = devices.of(all[0]!)
    for (const device of all) {
      devices.of(device)
      assert.equal(devices.of(all[0]!), busy)
      assert.ok(devices.count <= 8)
    }
    assert.notEqual(devices.count, 0)
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

  it('has named attributes: an unknown one is an error that lists them', () => {
    assert.throws(() => entity.model.maskOf(['temprature']), /IndoorEnvironmentObserved has no attribute temprature: it has temperature, relativeHumidity/)
    assert.deepEqual(entity.model.attributesIn(entity.mask), ['temperature', 'relativeHumidity', 'location', 'refDevice'])
  })
})
