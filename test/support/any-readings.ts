// Readings and devices as a property test wants them: what adapters may decode, in themes that meet in one entity, at the ends of ranges and beyond.
import fc from 'fast-check'
import { DIALECTS } from '#adapters/adapter.ts'
import { NUMBER_QUANTITIES, STATUS_QUANTITIES, TEXT_QUANTITIES, type Quantity } from '#adapters/quantity.ts'
import type { Reading } from '#adapters/reading.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'
import { RULES } from '#semantic-models/rules.ts'
import { unitsOf } from '#benchmarks/corpus/reference-mapper.ts'

/** When a packet of such readings arrives. */
export const ARRIVAL = Date.UTC(2026, 4, 4, 10, 15, 30, 250)

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

/** What is known of a device, but for its id. */
export const anyFacts: fc.Arbitrary<Omit<DeviceFacts, 'id'>> = fc.record({
  dialect: fc.constantFrom(...DIALECTS), placement: fc.constantFrom('indoor', 'outdoor'), role: fc.constantFrom(undefined, undefined, 'streetlight', 'wasteContainer', 'parkingSpot', 'waterMeter'), phases: fc.constantFrom(1, 3),
  location: optional(fc.tuple(fc.integer({ min: -1800, max: 1800 }), fc.integer({ min: -900, max: 900 })).map(([longitude, latitude]) => [longitude / 10, latitude / 10] as const)),
  emptyMm: optional(fc.constantFrom(1550, 900.5, 0)), fullMm: optional(fc.constantFrom(0, 100, 2000)), category: optional(fc.constantFrom(['onStreet'], ['onStreet', 'offStreet'])), refParkingSite: optional(fc.constant('urn:ngsi-ld:OnStreetParking:a1')),
})

/** What one packet says. */
export const anyReadings: fc.Arbitrary<Reading[]> = fc.constantFrom(...THEMES).chain(theme => fc.array(readingOf(theme), { maxLength: 24, size: 'max' }))
