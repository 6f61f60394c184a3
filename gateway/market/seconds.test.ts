import assert from 'node:assert/strict'
import { SECONDS_APART_MAX, secondsBegun } from '#gateway/market/seconds.ts'

describe('Seconds', () => {
  const now = Date.UTC(2026, 4, 4, 10, 15, 30, 250), second = Math.floor(now / 1000)

  it('begin one after the other, and none twice', () => {
    assert.deepEqual([-250, 0, 749, 750, 1_749, 1_750].map(later => secondsBegun(second, now + later)), [0, 0, 0, 1, 1, 2])
  })

  it('that a clock turned back comes by again have begun', () => {
    for (let back = 1; back <= SECONDS_APART_MAX; back++) assert.equal(secondsBegun(second, now - back * 1_000), 0)
  })

  it('that a turned clock left out, ahead or back, were not lived through: one has begun', () => {
    assert.equal(secondsBegun(second, now + SECONDS_APART_MAX * 1_000), SECONDS_APART_MAX)
    for (const turn of [SECONDS_APART_MAX + 1, 3_600, 86_400 * 365 * 50]) for (const way of [1, -1]) assert.equal(
      secondsBegun(second, now + way * turn * 1_000), 1)
  })
})
