import assert from 'node:assert/strict'
import { City } from '#simulators/city.ts'
import { Home } from '#simulators/home.ts'
import { Weather } from '#simulators/weather.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const ZONE = 'Europe/Brussels'
const JANUARY = Date.parse('2026-01-11T23:00:00Z') // a Monday begins
const JUNE = Date.parse('2026-06-14T22:00:00Z')
const weather = new Weather(4, [4.35, 50.85])
const homeOf = (seed: number) => new Home(seed, ZONE, weather, new City(seed, ZONE, weather))
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
const spread = (values: readonly number[]) => Math.max(...values) - Math.min(...values)
const times = (start: number, hours: number, stepMs: number) =>
  Array.from({ length: hours * HOUR_MS / stepMs }, (_, k) => start + k * stepMs)
const homes = [1, 2, 3, 4, 5, 6, 7, 8]

describe('home', () => {
  it('is heated in winter, and sways less than the weather', () => {
    for (const seed of homes) {
      const home = homeOf(seed)
      const week = times(JANUARY, 168, 10 * MINUTE_MS)
      const indoors = week.map(ms => home.air(ms).temperature)
      assert.ok(Math.min(...indoors) > 15 && Math.max(...indoors) < 24, `${Math.min(...indoors)} to ${Math.max(...indoors)} °C`)
      const steps = indoors.slice(1).map((value, k) => Math.abs(value - (indoors[k] ?? 0)))
      assert.ok(Math.max(...steps) < 0.8, 'inertia: ten minutes change little')
    }
    const day = times(JUNE, 24, 10 * MINUTE_MS)
    const home = homeOf(1)
    assert.ok(spread(day.map(ms => home.air(ms).temperature)) < spread(day.map(ms => weather.at(ms).temperature)), 'a June day')
  })

  it('follows the seasons outdoors a little', () => {
    const weekFrom = (start: number) => {
      const home = homeOf(2)
      return mean(times(start, 168, HOUR_MS).map(ms => home.air(ms).temperature))
    }
    assert.ok(weekFrom(JUNE) > weekFrom(JANUARY) && weekFrom(JUNE) < 30)
  })

  it('gets stuffy when people are in, and fresh when they are out', () => {
    const withIn: number[] = []
    const without: number[] = []
    for (const seed of homes) {
      const home = homeOf(seed)
      for (const ms of times(JANUARY, 168, 15 * MINUTE_MS)) {
        const { co2, pm25, vocIndex } = home.air(ms)
        assert.ok(co2 > 400 && co2 < 2600 && pm25 >= 0 && pm25 < 150 && vocIndex > 0 && vocIndex <= 500)
        if (home.people(ms) === home.people(ms - 2 * HOUR_MS)) (home.people(ms) > 0 ? withIn : without).push(co2)
      }
    }
    assert.ok(without.length > 200 && mean(withIn) > mean(without) + 150, `${mean(withIn)} beside ${mean(without)} ppm`)
  })

  it('has everybody in bed at home by night, and awake ones only by day', () => {
    const home = homeOf(3)
    const size = home.people(JANUARY + 3 * HOUR_MS)
    assert.ok(size >= 1 && size <= 4)
    for (let day = 0; day < 14; day++) {
      assert.equal(home.people(JANUARY + (day * 24 + 4) * HOUR_MS), size)
      assert.equal(home.household(JANUARY + (day * 24 + 4) * HOUR_MS).awake, 0)
    }
    assert.ok(times(JANUARY, 336, HOUR_MS).some(ms => home.people(ms) < size), 'sometimes somebody is out')
  })

  it('draws power by appliances that switch on and off, and feeds the grid at a sunny noon where it has a roof', () => {
    const home = homeOf(1)
    const day = times(JUNE, 24, MINUTE_MS)
    const fridge = day.map(ms => home.watts('fridge', ms))
    const cycles = fridge.filter((watts, k) => watts > 50 && (fridge[k - 1] ?? 0) < 50).length
    assert.ok(cycles > 25 && cycles < 45, `${cycles} cycles of the fridge`)
    const summer = times(JUNE + 12 * HOUR_MS, 24 * 5, 24 * HOUR_MS)
    const fed = homes.map(seed => { const at = homeOf(seed); return Math.min(...summer.map(ms => at.phases(ms)[0])) })
    assert.ok(fed.some(watts => watts < -1000), 'a roof full of panels')
    assert.ok(fed.some(watts => watts > 0), 'and one without')
    assert.ok(times(JUNE, 120, 30 * MINUTE_MS).every(ms => home.phases(ms).every(watts => watts > -6000 && watts < 9000)))
  })

  it('runs a washing machine like one: heating, turning, spinning, done', () => {
    const home = homeOf(5)
    const watts = times(JANUARY, 24 * 10, MINUTE_MS).map(ms => Math.round(home.watts('washer', ms)))
    const first = watts.findIndex(value => value > 10)
    assert.ok(first > 0, 'it runs within ten days')
    assert.deepEqual([...new Set(watts.slice(first, first + 95))], [60, 2050, 190, 40, 430, 1])
  })

  it('answers a meter that looks back, and keeps the voltage that grids keep', () => {
    const home = homeOf(6)
    const then = home.air(JUNE + HOUR_MS).temperature
    home.air(JUNE + 2 * HOUR_MS)
    assert.equal(home.air(JUNE + HOUR_MS).temperature, then)
    const volts = times(JUNE, 24, MINUTE_MS).flatMap(ms => [1, 2, 3].map(phase => home.voltage(phase, ms)))
    assert.ok(Math.min(...volts) > 215 && Math.max(...volts) < 240)
  })
})
