import assert from 'node:assert/strict'
import { hoursOf, KEEP_HOURS_MAX } from '#gateway/consent/keep.ts'

describe('How long to keep', () => {
  it('is a duration in whole hours', () => {
    assert.deepEqual(['PT1H', 'P1D', 'P1W', 'P1M', 'P1Y', 'P1Y2M3W4DT5H', 'P100Y'].map(hoursOf), [1, 24, 168, 720, 8_760, 8_760 + 1_440 + 504 + 96 + 5, KEEP_HOURS_MAX])
  })

  it('is nothing else', () => {
    for (const text of ['', 'P', 'PT', 'PT0H', 'P0D', 'PT30M', 'P1.5D', 'P-1D', '30 days', 'P100YT1H', 'p1d', 'P1D ']) assert.throws(() => hoursOf(text), { code: 'BAD_REQUEST' }, text)
  })
})
