// How long a node waits between attempts.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { BackOff, PAUSE_MS_MAX, PAUSE_MS_MIN } from './back-off.ts'

describe('BackOff', () => {
  it('is never below half a second or above fifteen, and jittered', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 50 }), draws => {
      const backOff = new BackOff()
      for (const draw of draws) {
        const pauseMs = backOff.next(draw)
        assert.ok(pauseMs >= PAUSE_MS_MIN && pauseMs <= PAUSE_MS_MAX)
      }
    }))
  })

  it('doubles up to its greatest, and begins anew after a success', () => {
    const backOff = new BackOff(), longest = Array.from({ length: 7 }, () => Math.round(backOff.next(1)))
    assert.deepEqual(longest, [500, 1000, 2000, 4000, 8000, 15_000, 15_000])
    assert.equal(backOff.next(0), PAUSE_MS_MAX / 2)
    backOff.reset()
    assert.equal(backOff.next(1), PAUSE_MS_MIN)
  })
})
