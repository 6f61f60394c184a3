import assert from 'node:assert/strict'
import { assertWithin, between, correlation, describeDevice, mean, watch } from '#simulators/devices/device.contract.ts'
import { senml } from '#simulators/devices/senml.ts'

interface SenmlRecord {
  readonly bn?: string
  readonly bt?: number
  readonly n: string
  readonly u: string
  readonly v: number
}

interface Pack {
  readonly atMs: number
  readonly records: readonly SenmlRecord[]
}

const packs = (model: string, options = {}): readonly Pack[] =>
  watch(model, options).map(({ atMs, message }) => ({ atMs, records: JSON.parse(message.payload) as SenmlRecord[] }))
const signal = (seen: readonly Pack[], name: string) => seen.map(({ records }) => records.find(({ n }) => n === name)!.v)

for (const model of Object.keys(senml.models)) describeDevice(model)

describe('senml', () => {
  it('names itself and its time once, in the first record', () => {
    for (const { atMs, records: [first, ...rest] } of packs('senml-station', { hours: 1 })) {
      assert.match(first!.bn!, /^urn:dev:mac:[0-9a-f]{16}:$/)
      assert.ok(Math.abs(first!.bt! - atMs / 1000) < 0.001)
      assert.ok(rest.length === 7 && rest.every(({ bn, bt }) => bn === undefined && bt === undefined))
    }
  })

  it('uses units of the SenML registry', () => {
    const [station] = packs('senml-station', { hours: 1 })
    assert.deepEqual(station!.records.map(({ n, u }) => [n, u]), [
      ['temperature', 'Cel'], ['humidity', '%RH'], ['pressure', 'Pa'], ['wind_speed', 'm/s'], ['wind_gust', 'm/s'],
      ['wind_direction', 'deg'], ['rain', 'mm'], ['solar_radiation', 'W/m2'],
    ])
    assert.deepEqual(packs('senml-noise', { hours: 1 })[0]!.records.map(({ n, u }) => [n, u]), [['LAeq', 'dB']])
  })

  it('has a day outdoors: dry when warm, dark at night, gusts above the wind', () => {
    const week = packs('senml-station', { hours: 168, periodS: 600 })
    assertWithin('temperature', signal(week, 'temperature'), -10, 38)
    assertWithin('humidity', signal(week, 'humidity'), 5, 100)
    assertWithin('pressure', signal(week, 'pressure'), 95_000, 105_000)
    assertWithin('wind direction', signal(week, 'wind_direction'), 0, 359)
    assertWithin('solar radiation', signal(week, 'solar_radiation'), 0, 1_100)
    assert.ok(correlation(signal(week, 'temperature'), signal(week, 'humidity')) < -0.4)
    assert.ok(correlation(signal(week, 'solar_radiation'), signal(week, 'temperature')) > 0.3)
    assertWithin('radiation by night', signal(between(week, 0, 5), 'solar_radiation'), 0, 12)
    assert.ok(mean(signal(week, 'wind_gust')) > 1.3 * mean(signal(week, 'wind_speed')))
  })

  it('tells the rain since the report before, in whole tips of the bucket', () => {
    const month = packs('senml-station', { hours: 720, periodS: 900 })
    const rain = signal(month, 'rain')
    for (const tips of rain.map(mm => mm / 0.2)) assert.ok(Math.abs(tips - Math.round(tips)) < 1e-9)
    const total = rain.reduce((a, b) => a + b, 0)
    assert.ok(total > 5 && total < 400, `${total} mm in a month`)
    const often = signal(packs('senml-station', { hours: 720, periodS: 300 }), 'rain').reduce((a, b) => a + b, 0)
    assert.ok(Math.abs(often - total) < 0.15 * total, 'as much, however often it is read')
  })

  it('is louder by day than by night', () => {
    const week = packs('senml-noise', { hours: 120, periodS: 600 })
    const during = (from: number, to: number) => mean(signal(between(week, from, to), 'LAeq'))
    assertWithin('sound level', signal(week, 'LAeq'), 35, 85)
    assert.ok(during(8, 19) > during(2, 5) + 5)
  })
})
