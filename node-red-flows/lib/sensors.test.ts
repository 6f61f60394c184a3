// What the virtual sensors say.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Random, walk } from './random.ts'
import { formatRate, Rate } from './rate.ts'
import { sensorOf, type Dialect } from './sensors.ts'

interface Energy { readonly Total: number, readonly Power: number, readonly Voltage: number, readonly Current: number }

const START_MS = Date.UTC(2026, 4, 4, 10, 15, 30, 250)
const said = (dialect: Dialect, seed: number, times = 50): { topic: string, payload: string }[] => {
  const sensor = sensorOf(dialect, seed)
  return Array.from({ length: times }, (_, n) => sensor(START_MS + 100 * n))
}

describe('sensorOf', () => {
  for (const dialect of ['zigbee2mqtt', 'tasmota', 'senml'] as const) {
    it(`says the same with the same seed, and something else with another (${dialect})`, () => {
      assert.deepEqual(said(dialect, 7), said(dialect, 7))
      assert.notDeepEqual(said(dialect, 7).map(({ payload }) => payload), said(dialect, 8).map(({ payload }) => payload))
      assert.notEqual(said(dialect, 7)[0]!.topic, said(dialect, 8)[0]!.topic)
    })

    it(`always says JSON, on one topic, and hardly ever the same twice (${dialect})`, () => {
      const reports = said(dialect, 4_294_967_295, 500), payloads = reports.map(({ payload }) => payload)
      assert.equal(new Set(reports.map(({ topic }) => topic)).size, 1)
      for (const payload of payloads) assert.equal(typeof JSON.parse(payload), 'object')
      assert.ok(new Set(payloads).size > 400)
    })
  }

  it('gives a plug a counter that only grows, by what it draws', () => {
    const energies = said('tasmota', 3, 2000).map(({ payload }) => (JSON.parse(payload) as { ENERGY: Energy }).ENERGY)
    for (const [index, { Total, Power, Voltage, Current }] of energies.entries()) {
      assert.ok(Total >= (energies[index - 1]?.Total ?? 0))
      assert.ok(Math.abs(Power - Voltage * Current) < 0.2)
    }
    assert.ok(energies.at(-1)!.Total > energies[0]!.Total)
  })

  it('stamps a pack with its own time in seconds', () => {
    const [{ bt, bn }] = JSON.parse(said('senml', 1)[0]!.payload) as [{ bt: number, bn: string }]
    assert.deepEqual([bt, bn], [START_MS / 1000, 'urn:dev:mac:02ffffff00000001:'])
  })
})

describe('walk', () => {
  it('never leaves its bounds, and never steps far', () => {
    fc.assert(fc.property(fc.integer(), fc.double({ min: 0.01, max: 50, noNaN: true }), (seed, step) => {
      const next = walk(new Random(seed), { mean: 20, step, min: 0, max: 40, decimals: 2 })
      for (let n = 0, before = 20; n < 200; n++) {
        const value = next()
        assert.ok(value >= 0 && value <= 40 && Math.abs(value - before) <= step + 0.45)
        before = value
      }
    }))
  })
})

describe('Rate', () => {
  it('is what came a second since it was asked for the last time', () => {
    const rate = new Rate(1000)
    rate.add(30)
    rate.add(10)
    assert.deepEqual([rate.take(3000), rate.take(5000), rate.take(5000)], [20, 0, 0])
  })

  it('is written in few characters', () => {
    const texts = ['0/s', '0.4/s', '3/s', '10.0/s', '12/s', '999/s', '1.2k/s', '25.0k/s']
    assert.deepEqual([0, 0.44, 3, 9.96, 12.4, 999, 1234, 25_000].map(formatRate), texts)
  })
})
