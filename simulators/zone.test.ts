import assert from 'node:assert/strict'
import { localIso, localTime } from '#simulators/zone.ts'

describe('zone', () => {
  it('writes local time without an offset, in summer and in winter', () => {
    assert.equal(localIso('Europe/Madrid', Date.parse('2026-05-04T10:15:30.250Z')), '2026-05-04T12:15:30')
    assert.equal(localIso('Europe/Madrid', Date.parse('2026-01-04T10:15:30Z')), '2026-01-04T11:15:30')
    assert.equal(localIso('America/St_Johns', Date.parse('2026-07-01T00:00:00Z')), '2026-06-30T21:30:00')
    assert.equal(localIso('UTC', 0), '1970-01-01T00:00:00')
  })

  it('changes at the moment when the clocks change', () => {
    assert.equal(localIso('Europe/Brussels', Date.parse('2026-03-29T00:59:59Z')), '2026-03-29T01:59:59')
    assert.equal(localIso('Europe/Brussels', Date.parse('2026-03-29T01:00:00Z')), '2026-03-29T03:00:00')
    assert.equal(localIso('Europe/Brussels', Date.parse('2026-03-29T00:59:59Z')), '2026-03-29T01:59:59', 'and back again')
  })

  it('knows the hour, the day and the weekend of a place', () => {
    const saturday = localTime('Asia/Kolkata', Date.parse('2026-05-01T20:00:00Z'))
    assert.deepEqual(saturday, { hour: 1.5, day: 20_575, isWeekend: true })
    assert.equal(localTime('Europe/Brussels', Date.parse('2026-05-01T20:00:00Z')).isWeekend, false)
    assert.equal(localTime('Europe/Brussels', Date.parse('2026-05-03T12:00:00Z')).isWeekend, true)
  })
})
