// The compiled mapper against the slow one, on anything that adapters may decode: the same entities to the byte, the same refusals.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { DIALECTS } from '#adapters/adapter.ts'
import { NUMBER_QUANTITIES, STATUS_QUANTITIES, TEXT_QUANTITIES, type Quantity } from '#adapters/quantity.ts'
import type { Reading } from '#adapters/reading.ts'
import { view } from '#semantic-models/entity.ts'
import { map } from '#semantic-models/mapper.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'
import { RULES } from '#semantic-models/rules.ts'
import { reference, unitsOf } from '#test/support/reference-mapper.ts'

const ARRIVAL = Date.UTC(2026, 4, 4, 10, 15, 30, 250)
const RUNS = 1000
/** Ends of ranges, and what lies just beyond them. */
const LIMITS = [0, -0.001, 1, 1.001, -1, -1.001, 100, 100.1, 254, 255, 359.5, 360, 360.1, 0.5, 12]

/** What one device says at once: a run draws its quantities from one of these, so that they meet in one entity. */
const THEMES: readonly (readonly Quantity[])[] = [
  NUMBER_QUANTITIES, TEXT_QUANTITIES, ['powerActive', 'powerReactive', 'powerApparent', 'powerFactor', 'frequency', 'voltage', 'current'],
  NUMBER_QUANTITIES.filter(name => /^energy|powerActive/.test(name)), ['temperature', 'humidity', 'dewPoint', 'pressure', 'illuminance', 'peoplePresent', 'tamper', 'battery'],
  NUMBER_QUANTITIES.filter(name => /wind|precip|solar|uv|^temp|^hum|^press/.test(name)), ['co2', 'pm1', 'pm25', 'pm4', 'pm10', 'no2', 'o3', 'so2', 'co', 'voc', 'vocIndex'], ['distance', 'fillLevel', 'binState', 'weight', 'temperature'],
  ['gasVolume', 'waterVolume', 'energyImportPeak', 'energyImportOffPeak', 'energyImportTariff1', 'leak', 'tamper', 'waterFlow'], NUMBER_QUANTITIES.filter(name => /vehicle|people|lane|sound/.test(name)),
  ['lampState', 'lampLevel', 'powerActive', 'voltage', 'current', 'powerFactor', 'energyImport'], ['parking', 'occupancy', 'rssi', 'firmware'], STATUS_QUANTITIES,
]

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const few = fc.tuple(fc.integer({ min: -3000, max: 30_000 }), fc.integer({ min: 0, max: 3 })).map(([mantissa, decimals]) => Number(`${mantissa}e-${decimals}`))
const number = fc.oneof({ weight: 6, arbitrary: few }, { weight: 1, arbitrary: fc.float({ min: -200, max: 2000, noNaN: true }) }, { weight: 1, arbitrary: fc.double() }, { weight: 2, arbitrary: fc.constantFrom(...LIMITS) })

/** A unit that the quantity has, as some device composes its characters; now and then one that it does not have. */
const unitFor = (quantity: Quantity) => {
  const known = unitsOf(quantity).flatMap(([, spellings]) => Object.keys(spellings))
  const composed = known.flatMap(text => [text, ` ${text}`, text.replace('3', '³').replace('2', '²').replace('μ', 'µ').replace('°C', '℃')])
  const foreign = fc.constantFrom('furlong', '', '/', 'C', '%', 'ppm', 'kW', 'mm', 'raw')
  return known.length === 0 ? foreign : fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...composed) }, { weight: 1, arbitrary: foreign })
}
const words = Object.values(RULES.quantities.words).flat()
const readingOf = (theme: readonly Quantity[]): fc.Arbitrary<Reading> => fc.constantFrom(...theme).chain(quantity => {
  const isText = (TEXT_QUANTITIES as readonly string[]).includes(quantity), own = RULES.quantities.words[quantity]
  return fc.record({
    device: fc.constantFrom('kitchen', 'kitchen', 'kitchen', 'kitchen.probe', 'cellar'), quantity: fc.constant(quantity),
    value: isText ? fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...own ?? words) }, { weight: 1, arbitrary: fc.constantFrom(...words) }, { weight: 1, arbitrary: number }) : fc.oneof({ weight: 20, arbitrary: number }, { weight: 1, arbitrary: fc.constantFrom('12', 'on') }),
    unit: isText ? fc.constant('') : unitFor(quantity), phase: isText ? fc.constant(undefined) : fc.constantFrom(undefined, undefined, 'L1', 'L2', 'L3', 'N'),
    observedAt: fc.constantFrom(undefined, undefined, undefined, undefined, ARRIVAL - 60_000, ARRIVAL - 59_999), periodMs: fc.constantFrom(undefined, undefined, 0, 60_000, 3_600_000), whole: fc.constantFrom(undefined, true as const), field: fc.string({ maxLength: 6 }),
  })
})

const anyFacts: fc.Arbitrary<Omit<DeviceFacts, 'id'>> = fc.record({
  dialect: fc.constantFrom(...DIALECTS), placement: fc.constantFrom('indoor', 'outdoor'), role: fc.constantFrom(undefined, undefined, 'streetlight', 'wasteContainer', 'parkingSpot', 'waterMeter'), phases: fc.constantFrom(1, 3),
  location: optional(fc.tuple(fc.integer({ min: -1800, max: 1800 }), fc.integer({ min: -900, max: 900 })).map(([longitude, latitude]) => [longitude / 10, latitude / 10] as const)),
  emptyMm: optional(fc.constantFrom(1550, 900.5, 0)), fullMm: optional(fc.constantFrom(0, 100, 2000)), category: optional(fc.constantFrom(['onStreet'], ['onStreet', 'offStreet'])), refParkingSite: optional(fc.constant('urn:ngsi-ld:OnStreetParking:a1')),
})

describe('The compiled mapper and the slow one', () => {
  it('make the same entities, to the byte, and refuse the same fields', () => {
    const anyReadings = fc.constantFrom(...THEMES).chain(theme => fc.array(readingOf(theme), { maxLength: 24, size: 'max' }))
    fc.assert(fc.property(anyReadings, anyFacts, anyFacts, (readings, one, other) => {
      const devices: Record<string, DeviceFacts> = { kitchen: { ...one, id: 'k3v7qm2xw5tz4rpa6hjn2ye4ds' }, 'kitchen.probe': { ...one, id: 't2zq6fhw4xk7mdy3cvb5rj2nsa' }, cellar: { ...other, id: 'b6ynd3q5ujw2c7mzf4ktx6vhpa' } }
      const mapped = map(readings, device => devices[device]!, ARRIVAL), expected = reference(readings, device => devices[device]!, ARRIVAL)
      assert.deepEqual(mapped.observations.map(({ entity }) => view(entity, entity.mask)).sort(), [...expected.entities].sort())
      assert.deepEqual(mapped.refused.map(({ code, field }) => `${code} ${field}`), expected.refused)
      assert.equal(mapped.status.length, readings.filter(({ quantity }) => (STATUS_QUANTITIES as readonly string[]).includes(quantity)).length)
      assert.deepEqual(mapped.observations.map(({ observedAt }) => observedAt), mapped.observations.map(({ observedAt }) => observedAt).sort((a, b) => a - b), 'oldest first')
    }), { numRuns: RUNS })
  }).timeout(60_000)

  it('know the same units', () => {
    for (const quantity of NUMBER_QUANTITIES) {
      const ours = RULES.quantities.units[quantity]!.flatMap(id => RULES.units.find(unit => unit.id === id)!).flatMap(({ code, spellings }) => Object.keys(spellings).filter(text => text !== '/' || code !== 'P1').map(text => `${code} ${text}`))
      const theirs = unitsOf(quantity).flatMap(([code, spellings]) => Object.keys(spellings).filter(text => text !== 'Lx').map(text => `${code} ${text}`))
      assert.deepEqual(ours.sort(), theirs.sort(), quantity)
    }
  })
})
