import assert from 'node:assert/strict'
import fc from 'fast-check'
import { battery, mains, meter, rounded, sensor } from '#simulators/devices/instruments.ts'
import { Random } from '#simulators/random.ts'

const DAY_MS = 86_400_000

describe('instruments', () => {
  it('round to their resolution and keep to their range', () => {
    const values = fc.double({ min: -1e4, max: 1e4, noNaN: true })
    fc.assert(fc.property(fc.integer(), values, fc.integer({ min: 0, max: 3 }), (seed, value, decimals) => {
      const read = sensor(new Random(seed), 0.5, decimals, -50, 50)(value)
      assert.ok(read >= -50 && read <= 50)
      assert.equal(read, Number(read.toFixed(decimals)))
      assert.ok(!Object.is(read, -0))
    }))
  })

  it('have the noise they were given', () => {
    const read = sensor(new Random(1), 2, 3)
    const errors = Array.from({ length: 5_000 }, () => read(20) - 20)
    const deviation = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length)
    assert.ok(Math.abs(deviation - 2) < 0.1)
  })

  it('write no negative zero', () => {
    assert.ok(Object.is(rounded(-0.0001, 2), 0))
  })

  it('run on a battery that only empties, and is never quite gone', () => {
    const charge = battery(new Random(2))
    const days = Array.from({ length: 1_500 }, (_, day) => charge(day * DAY_MS))
    assert.ok(days[0]! >= 50 && days[0]! <= 100)
    days.forEach((percent, k) => assert.ok(Number.isInteger(percent) && percent <= (days[k - 1] ?? 100)))
    assert.equal(days.at(-1), 1)
  })

  it('sum a rate over time, from the first reading on, however seldom they are read', () => {
    const often = meter(100, () => 2)
    const seldom = meter(100, () => 2)
    for (let ms = 0; ms <= 3_600_000; ms += 10_000) often(ms)
    seldom(0)
    assert.ok(Math.abs(often(3_600_000) - 102) < 1e-9 && Math.abs(seldom(3_600_000) - 102) < 1e-9)
  })

  it('never count backwards', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 600_000 })), gaps => {
      const count = meter(0, ms => Math.sin(ms) * 500)
      let [nowMs, before] = [0, count(0)]
      for (const gap of gaps) {
        const now = count(nowMs += gap)
        assert.ok(now >= before)
        before = now
      }
    }))
  })

  it('see mains whose volts, amperes and powers belong together', () => {
    const { amperes, voltAmperes, vars } = mains(460, 230, 0.8)
    assert.deepEqual([voltAmperes, amperes], [575, 2.5])
    assert.ok(Math.abs(vars - 345) < 1e-9)
    assert.ok(mains(-460, 230, 0.8).amperes > 0)
  })
})
