import assert from 'node:assert/strict'
import { Weather, type Air } from '#simulators/weather.ts'

const HOUR_MS = 3_600_000
const BRUSSELS = [4.35, 50.85] as const
const weather = new Weather(1, BRUSSELS)
const hours = (start: string, count: number, of = weather) =>
  Array.from({ length: count }, (_, k) => of.at(Date.parse(start) + k * HOUR_MS))
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
const meanTemperature = (air: readonly Air[]) => mean(air.map(({ temperature }) => temperature))
const year = hours('2026-01-01T00:00:00Z', 8760)

/** Pearson's coefficient. */
function correlation(xs: readonly number[], ys: readonly number[]): number {
  const [mx, my] = [mean(xs), mean(ys)]
  const covariance = mean(xs.map((x, k) => (x - mx) * ((ys[k] ?? 0) - my)))
  return covariance / Math.sqrt(mean(xs.map(x => (x - mx) ** 2)) * mean(ys.map(y => (y - my) ** 2)))
}
const related = (air: readonly Air[], one: keyof Air, other: keyof Air) => correlation(air.map(a => a[one]), air.map(a => a[other]))

describe('weather', () => {
  it('is the same whenever a moment is asked for, and another for another seed', () => {
    const at = Date.parse('2026-05-04T10:15:30Z')
    const first = weather.at(at)
    weather.at(at - 86_400_000)
    assert.deepEqual(weather.at(at), first)
    assert.deepEqual(new Weather(1, BRUSSELS).at(at), first)
    assert.notDeepEqual(new Weather(2, BRUSSELS).at(at), first)
  })

  it('keeps every signal within what nature allows, the year round', () => {
    const bounds: Readonly<Record<keyof Air, readonly [number, number]>> = {
      temperature: [-20, 42], humidity: [5, 100], vapour: [0.5, 30], pressure: [950, 1050], cloud: [0, 1], rainRate: [0, 12],
      solar: [0, 1100], illuminance: [0, 130_000], windSpeed: [0, 35], windGust: [0, 60], windDirection: [0, 360],
    }
    for (const [signal, [min, max]] of Object.entries(bounds)) {
      const values = year.map(air => air[signal as keyof Air])
      assert.ok(values.every(value => value >= min && value <= max), `${signal}: ${Math.min(...values)} to ${Math.max(...values)}`)
    }
    assert.ok(year.every(air => air.windGust >= air.windSpeed))
  })

  it('has the climate of its latitude: a mild year in Brussels, and winter in July down under', () => {
    const yearly = meanTemperature(year)
    assert.ok(yearly > 7 && yearly < 14, `${yearly} °C over the year`)
    const [january, july] = ['2026-01-01T00:00:00Z', '2026-07-01T00:00:00Z']
    assert.ok(meanTemperature(hours(july, 744)) > meanTemperature(hours(january, 744)) + 10)
    const sydney = new Weather(1, [151, -33.9])
    assert.ok(meanTemperature(hours(january, 744, sydney)) > meanTemperature(hours(july, 744, sydney)) + 5)
  })

  it('warms after noon, dries as it warms, and is dark by night', () => {
    const june = hours('2026-06-01T00:00:00Z', 720)
    const atHour = (hour: number) => meanTemperature(june.filter((_, k) => k % 24 === hour))
    assert.ok(atHour(14) > atHour(3) + 4)
    assert.ok(related(june, 'temperature', 'humidity') < -0.4, `temperature and humidity: ${related(june, 'temperature', 'humidity')}`)
    assert.ok(related(june, 'solar', 'illuminance') > 0.99)
    assert.ok(related(june.filter((_, k) => k % 24 === 12), 'cloud', 'solar') < -0.8, 'clouds take the sun away')
    assert.ok(june.filter((_, k) => k % 24 === 0).every(air => air.illuminance === 0 && air.solar === 0))
  })

  it('rains from clouds only, some of the time, and not all day', () => {
    const wet = year.filter(air => air.rainRate > 0)
    assert.ok(wet.every(air => air.cloud > 0.75))
    assert.ok(wet.filter(air => air.rainRate > 1).every(air => air.humidity > 90))
    const share = wet.length / year.length
    assert.ok(share > 0.03 && share < 0.25, `it rains ${(100 * share).toFixed(1)} % of the time`)
  })

  it('changes by little in a minute', () => {
    for (let k = 0; k < 500; k++) {
      const at = Date.parse('2026-04-01T00:00:00Z') + k * 977_777
      const [now, soon] = [weather.at(at), weather.at(at + 60_000)]
      assert.ok(Math.abs(soon.temperature - now.temperature) < 0.3)
      assert.ok(Math.abs(soon.pressure - now.pressure) < 0.2)
    }
  })
})
