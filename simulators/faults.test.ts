import assert from 'node:assert/strict'
import { Line, MALFORMATIONS, type Sending } from '#simulators/faults.ts'
import type { Faults } from '#simulators/fleet.ts'
import { Random } from '#simulators/random.ts'

const NONE: Faults = { duplicate: 0, reorder: 0, disconnect: 0, malformed: 0, clockSkewS: 0 }
const MESSAGES = 5_000

function passed(faults: Partial<Faults>, seed = 1): readonly Sending[] {
  const line = new Line({ ...NONE, ...faults }, new Random(seed))
  return Array.from({ length: MESSAGES }, (_, k) => [...line.pass({ topic: 'a/b', payload: `{"k":${k}}` })]).flat()
}
const numberOf = ({ message }: Sending) => (JSON.parse(message.payload) as { k: number }).k
const near = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 0.2 * expected, `${actual} beside ${expected}`)

describe('faults', () => {
  it('leave everything alone when there are none', () => {
    assert.deepEqual(passed({}).map(numberOf), Array.from({ length: MESSAGES }, (_, k) => k))
    assert.ok(passed({}).every(({ fault, isCut }) => fault === undefined && isCut === undefined))
  })

  it('repeat a message byte for byte, right behind it, as often as they should', () => {
    const sendings = passed({ duplicate: 0.1 })
    near(sendings.filter(({ fault }) => fault === 'duplicate').length, 500)
    sendings.forEach(({ fault, message }, k) => { if (fault === 'duplicate') assert.deepEqual(message, sendings[k - 1]?.message) })
    assert.equal(sendings.filter(({ fault }) => !fault).length, MESSAGES)
  })

  it('swap neighbours and lose nobody but one who still waits', () => {
    const sendings = passed({ reorder: 0.1 })
    const swapped = sendings.filter(({ fault }) => fault === 'reordered')
    near(swapped.length, 450)
    sendings.forEach((sending, k) => { if (sending.fault === 'reordered') assert.equal(numberOf(sendings[k - 1]!), numberOf(sending) + 1) })
    assert.ok(sendings.length >= MESSAGES - 1 && new Set(sendings.map(numberOf)).size === sendings.length)
  })

  it('cut the line behind a message, behind its duplicate where it has one', () => {
    near(passed({ disconnect: 0.1 }).filter(({ isCut }) => isCut).length, 500)
    const both = passed({ disconnect: 1, duplicate: 1 })
    assert.ok(both.every(({ fault, isCut }) => (fault === 'duplicate') === (isCut === true)))
  })

  it('break as many payloads as they should, each in a way that a reading cannot survive', () => {
    const broken = passed({ malformed: 0.1 }).filter(({ fault }) => fault === 'malformed')
    near(broken.length, 500)
    for (const { message: { payload } } of broken) {
      let value: unknown
      try { value = (JSON.parse(payload) as { k?: unknown }).k } catch { continue }
      assert.ok(!Number.isFinite(value), payload.slice(0, 80))
    }
  })

  it('know broken JSON, wrong types, numbers without end and huge ones', () => {
    const broken = MALFORMATIONS.map(break_ => break_('{"temperature":21.5,"humidity":44}'))
    assert.equal(new Set(broken).size, MALFORMATIONS.length)
    assert.ok(broken.includes('{"temperature":1e400,"humidity":44}') && broken.includes('{"temperature":"n/a","humidity":44}'))
    const sizes = broken.map(payload => payload.length)
    assert.ok(Math.max(...sizes) > 50_000 && Math.max(...sizes) < 131_072, 'huge, but one packet that an MQTT server still takes')
    for (const payload of MALFORMATIONS.map(break_ => break_('[{"n":"t","v":-3.5}]'))) assert.notEqual(payload, '[{"n":"t","v":-3.5}]')
  })

  it('come the same way again for the same seed', () => {
    const all = { duplicate: 0.05, reorder: 0.05, disconnect: 0.05, malformed: 0.05 }
    assert.deepEqual(passed(all), passed(all))
    assert.notDeepEqual(passed(all), passed(all, 2))
  })
})
