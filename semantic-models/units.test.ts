import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Dialect } from '#adapters/adapter.ts'
import { RULES, type Factor } from '#semantic-models/rules.ts'
import { conversionIn, convert, spellingsOf, UNIT_LENGTH_MAX } from '#semantic-models/units.ts'

const conversionOf = (dialect: Dialect, quantity: string, unit: string) => conversionIn(spellingsOf(dialect, quantity), unit)

/** A separate reference: exact rationals over the decimal that was sent, rounded half away from zero. */
function exactly(value: number, { add = 0, mul, div }: Exclude<Factor, 1>, places = 0): number {
  const [a, b] = rational(value), [c, d] = rational(add)
  let numerator = (a * d + c * b) * BigInt(mul) * 10n ** BigInt(Math.max(0, places)), denominator = b * d * BigInt(div) * 10n ** BigInt(Math.max(0, -places))
  const sign = numerator < 0n ? '-' : ''
  if (numerator < 0n) numerator = -numerator
  if (numerator === 0n) return 0
  if (add !== 0) return Number(`${sign}${halfAwayFromZero(numerator * 1_000_000n, denominator)}e-6`) + 0
  // Moves the point until exactly 15 digits stand before it.
  let exponent = 0
  for (; numerator >= denominator * 10n ** 15n; exponent++) denominator *= 10n
  for (; numerator < denominator * 10n ** 14n; exponent--) numerator *= 10n
  return Number(`${sign}${halfAwayFromZero(numerator, denominator)}e${exponent}`)
}

function halfAwayFromZero(numerator: bigint, denominator: bigint): bigint {
  return numerator / denominator + (2n * (numerator % denominator) >= denominator ? 1n : 0n)
}

function rational(value: number): [bigint, bigint] {
  const [digits = '', power = '0'] = Math.abs(value).toString().split('e'), [whole = '', fraction = ''] = digits.split('.')
  const exponent = Number(power) - fraction.length, mantissa = BigInt(whole + fraction) * (value < 0 ? -1n : 1n)
  return exponent >= 0 ? [mantissa * 10n ** BigInt(exponent), 1n] : [mantissa, 10n ** BigInt(-exponent)]
}

const few = fc.tuple(fc.integer({ min: -99_999, max: 9_999_999 }), fc.integer({ min: 0, max: 7 })).map(([mantissa, decimals]) => Number(`${mantissa}e-${decimals}`))
/** What devices send (few digits), what firmwares print of a float (up to 17 digits, many of them ties), and anything at all. */
const sent = fc.oneof({ weight: 3, arbitrary: few }, { weight: 2, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }) }, { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) })

describe('The unit table', () => {
  for (const [quantity, ids] of Object.entries(RULES.quantities.units)) {
    it(`converts every unit of ${quantity} as exact rationals do`, () => {
      for (const { spellings, code, onlyIn } of ids.map(id => RULES.units.find(unit => unit.id === id)!)) {
        for (const [spelling, factor] of Object.entries(spellings)) {
          const dialect = onlyIn?.[spelling]?.[0] as Dialect | undefined ?? 'tasmota', conversion = conversionOf(dialect, quantity, spelling)!
          assert.equal(conversion.code, code, spelling)
          fc.assert(fc.property(sent, fc.constantFrom(0, -2), (value, places) => {
            const by: Exclude<Factor, 1> = factor === 1 ? { mul: 1, div: 1 } : factor, isUnchanged = !by.add && by.mul === by.div * 10 ** -places
            const expected = isUnchanged ? value : exactly(value, by, places)
            assert.ok(Object.is(convert(value, conversion, places), expected), `${value} ${spelling} × 10^${places}: ${convert(value, conversion, places)}, not ${expected}`)
          }), { numRuns: 60 })
        }
      }
    })
  }

  it('keeps what doubles would lose: ties, sevenfold decimals, the last of fifteen digits', () => {
    for (const [quantity, unit, value, expected] of [
      ['pressure', 'Pa', 587.4849853515625, 5.87484985351563], ['windSpeed', 'kn', 17, 8.74555555555556], ['windSpeed', 'km/h', 128.86, 35.7944444444444], ['pressure', 'mmHg', 761.9, 1015.78326971489],
      ['temperature', 'K', 258.3203125, -14.829688], ['temperature', '°F', 70.7, 21.5], ['energyImport', 'Wh', 6404, 6.404], ['voltage', 'mV', 3025, 3.025],
    ] as const) assert.equal(convert(value, conversionOf('zigbee2mqtt', quantity, unit)!), expected, `${value} ${unit}`)
  })

  it('gives back by the opposite factor what it converted', () => {
    const pairs = [['powerActive', 'kW', 3], ['energyImport', 'Wh', -3], ['pressure', 'Pa', -2], ['voltage', 'mV', -3], ['pm25', 'mg/m3', 3], ['distance', 'cm', -2]] as const
    fc.assert(fc.property(few, fc.constantFrom(...pairs), (value, [quantity, unit, places]) => {
      assert.equal(convert(value, conversionOf('shelly', quantity, unit)!, -places), value + 0)
    }))
  })

  it('lets the same unit pass untouched, and −0 as 0 when it converts', () => {
    assert.equal(convert(0.1 + 0.2, conversionOf('tasmota', 'temperature', 'C')!), 0.1 + 0.2)
    for (const [quantity, unit] of [['energyImport', 'Wh'], ['windSpeed', 'km/h']] as const) assert.ok(Object.is(convert(-0, conversionOf('tasmota', quantity, unit)!), 0), unit)
  })

  it('knows the spellings that devices use, however their characters are composed', () => {
    for (const [quantity, unit, code] of [
      ['temperature', '℃', 'CEL'], ['temperature', '  C', 'CEL'], ['temperature', 'ºC', 'CEL'], ['temperature', '℉', 'CEL'], ['gasVolume', 'm³', 'MTQ'], ['gasVolume', '㎥', 'MTQ'], ['pm25', 'µg/m³', 'GQ'],
      ['pm25', 'μg/m³', 'GQ'], ['pm25', '㎍/m³', 'GQ'], ['illuminance', 'lux', 'LUX'], ['illuminance', 'LX', 'LUX'], ['illuminance', 'Lx', 'LUX'], ['solarRadiation', 'W/m²', 'D54'], ['co', 'ppm', '59'],
      ['no2', 'ppb', '61'], ['powerFactor', '', 'C62'], ['powerFactor', '%', 'C62'], ['lampLevel', '', 'P1'], ['vocIndex', 'VOC Index points', 'C62'], ['windDirection', '°', 'DD'],
    ] as const) assert.equal(conversionOf('zigbee2mqtt', quantity, unit)?.code, code, `${quantity} in ${unit}`)
  })

  it('finds in one look what NFKC makes into a spelling of the table, and nothing else', () => {
    for (const quantity of Object.keys(RULES.quantities.units)) {
      for (const [text, conversion] of spellingsOf('zigbee2mqtt', quantity)) assert.equal(spellingsOf('zigbee2mqtt', quantity).get(text.normalize('NFKC')), conversion, text)
    }
    assert.ok(['m³', 'm3'].every(text => spellingsOf('tts', 'waterVolume').has(text)))
  })

  it('refuses what it does not know, what belongs to something else, and another case', () => {
    for (const [quantity, unit] of [
      ['temperature', 'furlong'], ['temperature', 'hPa'], ['temperature', ''], ['pressure', 'HPA'], ['illuminance', 'raw'], ['weight', 'gg'], ['distance', 'μm'], ['co2', '%LEL'], ['co2', '%'], ['windSpeed', 'mm/s'],
      ['powerActive', 'kWh'], ['energyImport', 'kW'], ['voc', ''], ['vocIndex', 'ppb'], ['uptime', 's'], ['temperature', '__proto__'], ['temperature', 'constructor'], ['__proto__', '°C'],
    ] as const) assert.equal(conversionOf('zigbee2mqtt', quantity, unit), undefined, `${quantity} in ${unit}`)
  })

  it('accepts none of the words that devices write beside values and that are no units of any quantity', () => {
    const words = ['lqi', 'dBm', 'mired', 'raw', 'raw unit', 'adc', '*', 'portion', 'rpm', 'μR/h', '%LEL', 'LEL', 'LEL %', 'dB/m', 'gg', 'pH', '‰', '#/cm3', 'hPa/h', 'mm/s', 'μm', 'breaths/min', 's', 'sec', 'min', 'h', 'day', 'month', 'PM2.5 Index', 'minutes or litres']
    for (const quantity of Object.keys(RULES.quantities.units)) for (const word of words) assert.equal(conversionOf('zigbee2mqtt', quantity, word), undefined, `${quantity} in ${word}`)
  })

  it('reads C and F as degrees in Zigbee2MQTT and not in SenML, where they are coulomb and farad; and / as a ratio in SenML alone', () => {
    assert.equal(conversionOf('zigbee2mqtt', 'temperature', 'C')?.code, 'CEL')
    assert.equal(conversionOf('senml', 'temperature', 'C'), undefined)
    assert.equal(conversionOf('senml', 'temperature', 'F'), undefined)
    assert.equal(conversionOf('senml', 'temperature', 'Cel')?.code, 'CEL')
    assert.equal(convert(0.455, conversionOf('senml', 'humidity', '/')!), 45.5)
    assert.equal(conversionOf('zigbee2mqtt', 'humidity', '/'), undefined)
  })

  it('normalises texts up to the longest that can be a unit', () => {
    const padded = (length: number) => 'm3'.padStart(length)
    assert.equal(conversionOf('tasmota', 'gasVolume', padded(UNIT_LENGTH_MAX))?.code, 'MTQ')
    assert.equal(conversionOf('tasmota', 'gasVolume', padded(UNIT_LENGTH_MAX + 1)), undefined)
  })
})
