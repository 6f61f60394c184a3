import assert from 'node:assert/strict'
import { clearSkyRadiation, solarHour, sunElevation } from '#simulators/sun.ts'

const BRUSSELS = [4.35, 50.85] as const

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`)
}

describe('sun', () => {
  it('stands where almanacs put it', () => {
    near(sunElevation(Date.parse('2026-06-21T11:43:00Z'), BRUSSELS), 62.6, 0.6)
    near(sunElevation(Date.parse('2026-12-21T11:43:00Z'), BRUSSELS), 15.7, 0.6)
    near(sunElevation(Date.parse('2026-03-20T12:00:00Z'), [0, 0]), 90, 2.5)
    assert.ok(sunElevation(Date.parse('2026-06-21T23:43:00Z'), BRUSSELS) < -14)
    assert.ok(sunElevation(Date.parse('2026-06-21T23:00:00Z'), [20, 70]) > 0, 'the midnight sun')
  })

  it('has its noon when the place faces it', () => {
    near(solarHour(Date.parse('2026-05-04T12:00:00Z'), [0, 0]), 12, 1e-9)
    near(solarHour(Date.parse('2026-05-04T02:00:00Z'), [-60, 0]), 22, 1e-9)
    near(solarHour(Date.parse('2026-05-04T20:00:00Z'), [150, 0]), 6, 1e-9)
  })

  it('shines as strongly as it stands high, and not at all below the horizon', () => {
    assert.equal(clearSkyRadiation(-0.1), 0)
    near(clearSkyRadiation(90), 1037, 1)
    const climb = [5, 20, 40, 60, 80].map(clearSkyRadiation)
    assert.deepEqual(climb, [...climb].sort((a, b) => a - b))
  })
})
