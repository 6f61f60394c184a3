import assert from 'node:assert/strict'
import { Linger, LINGER_COUNT_MAX, LINGER_PERIOD_MS, LINGER_RATE_MIN } from '#gateway/pipeline/linger.ts'

/** How often it rested while turns of so many messages came, each some milliseconds behind the last. */
function rests({ ms = 1, count, every, turns = 200 }: { ms?: number, count: number, every: number, turns?: number }): number {
  const rested: number[] = []
  let now = 5_000
  const linger = new Linger(ms, () => now, time => { rested.push(time) })
  for (let turn = 0; turn < turns; turn++) {
    now += every
    linger.behind(count)
  }
  assert.ok(rested.every(time => time === ms))
  return rested.length
}
const perTurn = 1_000 / LINGER_RATE_MIN

describe('Lingering', () => {
  it('begins where messages come one by one at the rate that is worth it', () => {
    assert.ok(rests({ count: 1, every: perTurn }) >= 99)
    assert.equal(rests({ count: 1, every: perTurn * 1.02 }), 0)
  })

  it('is not for a turn that has many', () => {
    assert.ok(rests({ count: LINGER_COUNT_MAX, every: 1 }) > 100)
    assert.equal(rests({ count: LINGER_COUNT_MAX + 1, every: 1 }), 0)
  })

  it('ends a moment after the rate has fallen', () => {
    const rested: number[] = []
    let now = 0
    const linger = new Linger(1, () => now, () => { rested.push(now) })
    for (; now < 1_000; now += perTurn / 2) linger.behind(1)
    for (now += 100; now < 5_000; now += 100) linger.behind(1)
    assert.ok(rested.length > 0 && rested.at(-1)! <= 1_000 + 100 + LINGER_PERIOD_MS)
  })

  it('is never where it is not wanted', () => { assert.equal(rests({ ms: 0, count: 1, every: 0.01 }), 0) })

  it('takes about as long as was said', () => {
    const linger = new Linger(20), started = performance.now()
    for (const until = started + 300; performance.now() < until;) linger.behind(1)
    const before = performance.now()
    linger.behind(1)
    assert.ok(performance.now() - before >= 15)
  })
})
