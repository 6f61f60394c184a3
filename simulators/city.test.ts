import assert from 'node:assert/strict'
import { City } from '#simulators/city.ts'
import { Weather } from '#simulators/weather.ts'

const HOUR_MS = 3_600_000
const MONDAY = Date.parse('2026-05-03T22:00:00Z') // midnight in Madrid
const SUNDAY = MONDAY - 24 * HOUR_MS
const city = new City(3, 'Europe/Madrid', new Weather(3, [-4.72, 41.65]))
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
/** Mean over working days of what is the case at a local hour. */
const onWorkingDays = (hour: number, signal: (ms: number) => number) =>
  mean([0, 1, 2, 3, 4].map(day => signal(MONDAY + (day * 24 + hour) * HOUR_MS)))
const bays = Array.from({ length: 300 }, (_, k) => k * 7 + 1)

describe('city', () => {
  it('has two rush hours on working days, none on Sunday, and quiet nights', () => {
    const at = (hour: number) => onWorkingDays(hour, ms => city.traffic(ms))
    assert.ok(at(8.2) > 0.6 && at(17.5) > 0.7)
    assert.ok(at(3) < 0.1 && at(11) < at(8.2))
    assert.ok(city.traffic(SUNDAY + 8.2 * HOUR_MS) < at(8.2) / 2)
  })

  it('is dustier and louder with traffic; fine dust is part of the coarse', () => {
    for (const signal of [(ms: number) => city.air(ms).pm25, (ms: number) => city.air(ms).no2, (ms: number) => city.soundLevel(ms)]) {
      assert.ok(onWorkingDays(8.2, signal) > onWorkingDays(3, signal) + 3)
    }
    for (let k = 0; k < 500; k++) {
      const ms = MONDAY + k * 1.7 * HOUR_MS
      const { pm1, pm25, pm10, no2 } = city.air(ms)
      assert.ok(pm1 > 0 && pm1 < pm25 && pm25 < pm10 && pm10 < 150 && no2 > 0 && no2 < 200)
      assert.ok(city.soundLevel(ms) > 40 && city.soundLevel(ms) < 85)
    }
  })

  it('fills its parking bays by day more than by night, each bay for a while at a time', () => {
    const taken = (hour: number) => onWorkingDays(hour, ms => mean(bays.map(bay => Number(city.isParked(bay, ms)))))
    assert.ok(taken(12) > 0.75 && taken(12) < 1)
    assert.ok(taken(3) > 0.2 && taken(3) < 0.5)
    const minutes = Array.from({ length: 24 * 60 }, (_, k) => city.isParked(41, MONDAY + k * 60_000))
    const changes = minutes.filter((now, k) => k > 0 && now !== minutes[k - 1]).length
    assert.ok(changes > 1 && changes <= 36, `${changes} changes in a day`)
  })

  it('fills its bins until they are emptied, every third day at seven', () => {
    for (const bin of [5, 6, 7]) {
      const week = Array.from({ length: 7 * 24 * 4 }, (_, k) => city.binFill(bin, MONDAY + k * HOUR_MS / 4))
      const drops = week.flatMap((fill, k) => k > 0 && fill < (week[k - 1] ?? 0) ? [k] : [])
      assert.ok(drops.length >= 2 && drops.length <= 3, `emptied ${drops.length} times in a week`)
      assert.ok(drops.every(k => (k / 4) % 24 === 7), 'at seven in the morning')
      assert.ok(drops.every(k => (week[k] ?? 1) < 0.05) && Math.max(...week) > 0.4 && Math.max(...week) <= 1)
    }
  })

  it('gets fuller faster by day than by night', () => {
    const bin = 5
    const start = city.lastCollectionMs(bin, MONDAY + 48 * HOUR_MS) + HOUR_MS
    const growth = (from: number, to: number) => city.binFill(bin, start + to * HOUR_MS) - city.binFill(bin, start + from * HOUR_MS)
    assert.ok(growth(4, 10) > 2 * growth(15, 21), 'noon to six beside eleven to five')
  })
})
