import assert from 'node:assert/strict'
import fc from 'fast-check'
import { endOfPeriods, parsePeriod } from '#gateway/market/period.ts'

const DAY_MS = 86_400_000
const ends = (from: string, text: string, ...counts: number[]) => counts.map(
  count => new Date(endOfPeriods(Date.parse(from), parsePeriod(text), count)).toISOString())

describe('A period', () => {
  for (const [text, months, milliseconds] of [
    ['P1M', 1, 0], ['P1Y', 12, 0], ['P1W', 0, 7 * DAY_MS], ['P1D', 0, DAY_MS], ['PT1H', 0, 3_600_000], ['PT15M', 0, 900_000],
    ['PT1S', 0, 1_000], ['P1Y2M3DT4H5M6S', 14, 3 * DAY_MS + 14_706_000], ['P999M', 999, 0],
  ] as const) it(`is ${text}`, () => assert.deepEqual(parsePeriod(text), { months, milliseconds }))

  for (const text of [
    '', 'P', 'PT', 'P1', '1M', 'P1MT', 'P-1M', 'P1.5D', 'P0D', 'P0Y0M', 'PT0S', 'p1m', 'P1D ', 'P1000D', 'P1H', 'PT1D', 'P1D1M', 'P1M\n',
    'x'.repeat(1_000_000),
  ]) {
    it(
      `is not ${JSON.stringify(text.slice(0, 12))}`,
      () => assert.throws(() => parsePeriod(text), { code: 'BAD_REQUEST', message: /^.{1,160}$/ }))
  }

  it('of a month ends on the same day, or on the last day of a short month, and grows long again', () => {
    assert.deepEqual(ends('2027-01-31T10:15:30.250Z', 'P1M', 0, 1, 2, 3, 13), [
      '2027-01-31T10:15:30.250Z', '2027-02-28T10:15:30.250Z', '2027-03-31T10:15:30.250Z', '2027-04-30T10:15:30.250Z',
      '2028-02-29T10:15:30.250Z',
    ])
    assert.deepEqual(ends('2028-02-29T00:00:00Z', 'P1Y', 1, 4), ['2029-02-28T00:00:00.000Z', '2032-02-29T00:00:00.000Z'])
    assert.deepEqual(ends('2026-12-15T23:59:59.999Z', 'P1M', 1), ['2027-01-15T23:59:59.999Z'])
  })

  it('of days and hours has the same length always, in UTC', () => {
    assert.deepEqual(ends('2027-03-27T12:00:00Z', 'P1DT1H', 1, 2), ['2027-03-28T13:00:00.000Z', '2027-03-29T14:00:00.000Z'])
  })

  it('is followed by one that ends later', () => {
    const text = fc.constantFrom('P1M', 'P1Y', 'P1W', 'P1D', 'PT1H', 'PT1S', 'P1M1D', 'P11M')
    fc.assert(fc.property(fc.integer({ min: 0, max: Date.UTC(2100, 0) }), text, fc.nat(500), (anchor, duration, count) => {
      const period = parsePeriod(duration)
      assert.ok(endOfPeriods(anchor, period, count) < endOfPeriods(anchor, period, count + 1))
      assert.equal(endOfPeriods(anchor, period, 0), anchor)
    }))
  })
})
