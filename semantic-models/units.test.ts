import assert from 'node:assert/strict'
import fc from 'fast-check'
import { RULES, type Factor } from '#semantic-models/rules.ts'
import { conversionOf, convert } from '#semantic-models/units.ts'

/** A separate reference: exact rationals over the decimal that was sent, rounded half away from zero. */
function exactly(text: string, factor: Exclude<Factor, 1>, digits: { significant: number } | { decimals: number }): string {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.')
  let numerator = BigInt(whole + fraction) * (text.startsWith('-') ? -1n : 1n), denominator = 10n ** BigInt(fraction.length)
  const [addWhole = '', addFraction = ''] = String(Math.abs(factor.add ?? 0)).split('.')
  const addScale = 10n ** BigInt(addFraction.length), add = BigInt(addWhole + addFraction) * ((factor.add ?? 0) < 0 ? -1n : 1n)
  numerator = (numerator * addScale + add * denominator) * BigInt(factor.mul)
  denominator = denominator * addScale * BigInt(factor.div)
  const sign = numerator < 0n ? '-' : ''
  if (numerator < 0n) numerator = -numerator
  let decimals = 0
  if ('decimals' in digits) decimals = digits.decimals
  else {
    let power = 0n
    for (let n = numerator; n >= denominator * 10n; n /= 10n) power++
    for (let n = numerator; n > 0n && n < denominator; n *= 10n) power--
    decimals = digits.significant - 1 - Number(power)
  }
  const scale = 10n ** BigInt(Math.max(0, decimals)), shrink = 10n ** BigInt(Math.max(0, -decimals))
  const rounded = ((numerator * scale * 2n) / (denominator * shrink) + 1n) / 2n
  return `${sign}${rounded}e${-decimals}`
}

const decimal = fc.tuple(fc.integer({ min: -99_999, max: 9_999_999 }), fc.integer({ min: 0, max: 5 })).map(([mantissa, decimals]) => (mantissa / 10 ** decimals).toFixed(decimals))

describe('The unit table', () => {
  for (const unit of RULES.units) {
    for (const [spelling, factor] of Object.entries(unit.spellings)) {
      if (factor === 1) continue
      it(`converts ${spelling || 'none'} to ${unit.code} as exact rationals do`, () => {
        const conversion = { add: factor.add ?? 0, mul: factor.mul, div: factor.div, code: unit.code }
        fc.assert(fc.property(decimal, text => {
          const expected = Number(exactly(text, factor, factor.add ? { decimals: 6 } : { significant: 15 }))
          assert.equal(convert(Number(text), conversion), expected === 0 ? 0 : expected, text)
        }), { numRuns: 300 })
      })
    }
  }

  it('lets the same unit pass untouched, and −0 as 0 when it converts', () => {
    assert.equal(convert(0.1 + 0.2, { add: 0, mul: 1, div: 1, code: 'CEL' }), 0.1 + 0.2)
    assert.ok(Object.is(convert(-0, { add: 0, mul: 1, div: 1000, code: 'KWH' }), 0))
  })

  it('knows the spellings that devices use, normalised once', () => {
    for (const [quantity, unit, code] of [['temperature', '℃', 'CEL'], ['temperature', ' °C ', 'CEL'], ['temperature', 'ºC', 'CEL'], ['gasVolume', 'm³', 'MTQ'], ['pm25', 'µg/m³', 'GQ'], ['pm25', 'μg/m³', 'GQ'], ['illuminance', 'lux', 'LUX'], ['co', 'ppm', '59'], ['no2', 'ppb', '61'], ['powerFactor', '', 'C62']] as const) {
      assert.equal(conversionOf('zigbee2mqtt', quantity, unit)?.code, code, `${quantity} in ${unit}`)
    }
  })

  it('refuses what it does not know, what belongs to something else, and another case', () => {
    for (const [quantity, unit] of [['temperature', 'furlong'], ['temperature', 'hPa'], ['temperature', ''], ['pressure', 'HPA'], ['illuminance', 'raw'], ['weight', 'gg'], ['distance', 'μm'], ['co2', '%LEL'], ['windSpeed', 'mm/s'], ['temperature', '__proto__'], ['__proto__', '°C']] as const) {
      assert.equal(conversionOf('zigbee2mqtt', quantity, unit), undefined, `${quantity} in ${unit}`)
    }
  })

  it('reads C as degrees in Zigbee2MQTT and not in SenML, where it is the coulomb; and / as a ratio in SenML alone', () => {
    assert.equal(conversionOf('zigbee2mqtt', 'temperature', 'C')?.code, 'CEL')
    assert.equal(conversionOf('senml', 'temperature', 'C'), undefined)
    assert.equal(conversionOf('senml', 'temperature', 'Cel')?.code, 'CEL')
    assert.equal(convert(0.455, conversionOf('senml', 'humidity', '/')!), 45.5)
    assert.equal(conversionOf('zigbee2mqtt', 'humidity', '/'), undefined)
  })

  it('remembers a bounded number of spellings that devices invent', () => {
    for (let n = 0; n < 5_000; n++) assert.equal(conversionOf('tasmota', 'temperature', `unit ${n}`), undefined)
    assert.equal(conversionOf('tasmota', 'temperature', '℉')?.code, 'CEL')
  })
})
