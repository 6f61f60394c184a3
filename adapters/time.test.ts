import assert from 'node:assert/strict'
import fc from 'fast-check'
import { instantOfSeconds, parseInstant, parseLocal, plausible, plausibleInstant } from '#adapters/time.ts'

const iso = (ms: number | undefined) => ms === undefined ? undefined : new Date(ms).toISOString()
const ANY_INSTANT = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2101, 0) - 1 })
const DAY = 86_400_000

describe('A time with a zone', () => {
  it('comes back as the instant that it was written from', () => {
    fc.assert(fc.property(ANY_INSTANT, ms => { assert.equal(parseInstant(iso(ms)), ms) }))
  })

  it('is moved by its offset, with or without the colon', () => {
    assert.equal(iso(parseInstant('2026-05-04T12:15:30+02:00')), '2026-05-04T10:15:30.000Z')
    assert.equal(iso(parseInstant('2026-05-04T12:15:30+0200')), '2026-05-04T10:15:30.000Z')
    assert.equal(iso(parseInstant('2026-05-04t04:45:30.5-05:30')), '2026-05-04T10:15:30.500Z')
    assert.equal(iso(parseInstant('2000-01-01T00:30:00+01:00')), undefined)
  })

  it('loses what is finer than a millisecond, and is never rounded up', () => {
    assert.equal(iso(parseInstant('2026-05-04T10:15:29.918999999Z')), '2026-05-04T10:15:29.918Z')
    assert.equal(iso(parseInstant('2026-05-04T10:15:29.9Z')), '2026-05-04T10:15:29.900Z')
    assert.equal(iso(parseInstant(`2026-05-04T10:15:29.${'9'.repeat(5000)}Z`)), '2026-05-04T10:15:29.999Z')
  })

  it('is refused where no calendar has it', () => {
    for (const text of [
      '2026-02-30T10:00:00Z', '2025-02-29T10:00:00Z', '2026-13-01T10:00:00Z', '2026-00-10T10:00:00Z', '2026-05-00T10:00:00Z',
      '2026-05-04T24:00:00Z', '2026-05-04T10:60:00Z',
      '2026-06-30T23:59:60Z', '2026-05-04T10:00:00+24:00', '2026-05-04T10:00:00+02:60',
    ]) assert.equal(parseInstant(text), undefined, text)
    assert.equal(iso(parseInstant('2024-02-29T10:00:00Z')), '2024-02-29T10:00:00.000Z')
  })

  it('is refused where it was never set, and in any other form', () => {
    for (const text of [
      '0001-01-01T00:00:00Z', '1970-01-01T00:00:12Z', '1999-12-31T23:59:59Z', '2101-01-01T00:00:00Z', '9999-12-31T23:59:59Z',
      '2026-05-04T10:15:30', '2026-05-04 10:15:30Z', '2026-05-04', '2026-05-04T10:15Z',
      ' 2026-05-04T10:15:30Z', '2026-05-04T10:15:30Z\n', '+2026-05-04T10:15:30Z', '2026-05-04T10:15:30.Z', '', 1777889730, null, {},
    ]) assert.equal(parseInstant(text), undefined, JSON.stringify(text))
  })
})

describe('A local time without a zone', () => {
  const arrival = Date.UTC(2026, 4, 4, 10, 15, 30)
  const local = (text: unknown, zone: string, receivedAt = arrival) => iso(parseLocal(text, zone, receivedAt))

  it('is read with the offset that its zone had then', () => {
    assert.equal(local('2026-05-04T12:15:30', 'Europe/Madrid'), '2026-05-04T10:15:30.000Z')
    assert.equal(local('2026-01-04T12:15:30.25', 'Europe/Madrid'), '2026-01-04T11:15:30.250Z')
    assert.equal(local('2026-05-04T12:15:30', 'Asia/Kolkata'), '2026-05-04T06:45:30.000Z')
    assert.equal(local('2026-05-04T12:15:30', 'America/New_York'), '2026-05-04T16:15:30.000Z')
    assert.equal(local('2026-05-04T12:15:30', 'UTC'), '2026-05-04T12:15:30.000Z')
  })

  it('comes back from what the clocks of any zone show', () => {
    const zones = ['Europe/Madrid', 'Europe/London', 'America/St_Johns', 'Australia/Lord_Howe', 'Pacific/Chatham', 'Africa/Casablanca']
    fc.assert(fc.property(ANY_INSTANT, fc.constantFrom(...zones), (ms, zone) => {
      const whole = ms - ms % 1000
      assert.equal(parseLocal(shown(whole, zone), zone, whole), whole)
    }), { numRuns: 300 })
  })

  it('in the hour that comes twice is the one nearer to the arrival, and the first where the arrival is far away', () => {
    const first = Date.UTC(2025, 9, 26, 0, 30), second = first + 3_600_000
    assert.equal(parseLocal('2025-10-26T02:30:00', 'Europe/Madrid', first + 2000), first)
    assert.equal(parseLocal('2025-10-26T02:30:00', 'Europe/Madrid', second + 2000), second)
    assert.equal(parseLocal('2025-10-26T02:30:00', 'Europe/Madrid', second + DAY), first)
    assert.equal(parseLocal('2025-10-26T03:30:00', 'Europe/Madrid', first), Date.UTC(2025, 9, 26, 2, 30))
  })

  it('in the hour that is left out is a clock that was not put forward yet', () => {
    assert.equal(local('2026-03-29T02:30:00', 'Europe/Madrid'), '2026-03-29T01:30:00.000Z')
    assert.equal(local('2026-03-29T01:59:59', 'Europe/Madrid'), '2026-03-29T00:59:59.000Z')
    assert.equal(local('2026-03-29T03:00:00', 'Europe/Madrid'), '2026-03-29T01:00:00.000Z')
  })

  it('is refused with a zone that nobody knows, in another form, and where the clock was never set', () => {
    assert.equal(local('2026-05-04T12:15:30', 'Europe/Nowhere'), undefined)
    assert.equal(local('2026-05-04T12:15:30', ''), undefined)
    for (const text of ['1970-01-01T00:00:12', '2026-02-30T00:00:00', '2026-05-04T12:15:30Z', '2026-05-04T12:15', 'x', 5]) {
      assert.equal(local(text, 'Europe/Madrid'), undefined, JSON.stringify(text))
    }
  })
})

describe('Seconds since 1970', () => {
  it('keep the milliseconds that were written, and lose what is finer', () => {
    fc.assert(fc.property(ANY_INSTANT, ms => { assert.equal(instantOfSeconds(Number((ms / 1000).toFixed(3))), ms) }), { numRuns: 1000 })
    assert.equal(instantOfSeconds(1685372667.0179), 1685372667017)
    assert.equal(instantOfSeconds(12), undefined)
    assert.equal(instantOfSeconds(Infinity), undefined)
  })
})

describe("A device's time", () => {
  it('counts up to a day ahead of the arrival, and not a millisecond more', () => {
    const arrival = Date.UTC(2026, 4, 4)
    assert.equal(plausibleInstant(arrival + DAY, arrival), arrival + DAY)
    assert.equal(plausibleInstant(arrival + DAY + 1, arrival), undefined)
    assert.equal(plausibleInstant(arrival - 3650 * DAY, arrival), arrival - 3650 * DAY)
    assert.equal(plausibleInstant(undefined, arrival), undefined)
  })

  it('is of the years 2000 to 2100', () => {
    assert.equal(plausible(Date.UTC(2000, 0) - 1), undefined)
    assert.equal(plausible(Date.UTC(2000, 0)), Date.UTC(2000, 0))
    assert.equal(plausible(Date.UTC(2101, 0) - 1), Date.UTC(2101, 0) - 1)
    assert.equal(plausible(Date.UTC(2101, 0)), undefined)
    assert.equal(plausible(NaN), undefined)
  })
})

/** What a clock on the wall of this zone shows, by way of another API than the one under test uses. */
function shown(ms: number, timeZone: string): string {
  return new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(ms).replace(' ', 'T')
}
