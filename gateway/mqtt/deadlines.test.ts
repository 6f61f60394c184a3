// Deadlines by a clock that the test turns: at the limit nobody goes, a millisecond later they do.
import assert from 'node:assert/strict'
import { Deadlines } from '#gateway/mqtt/deadlines.ts'
import { MQTT_LIMITS } from '#gateway/mqtt/limits.ts'

const limits = { ...MQTT_LIMITS, connectDeadlineMs: 5_000, frameDeadlineMs: 20_000, idleMsMax: 60_000, drainMsMax: 4_000 }

/** Not overdue at `at`, and for this reason a millisecond later. */
function assertEnds(deadlines: Deadlines, at: number, reason: string): void {
  assert.equal(deadlines.overdue(at, false), undefined)
  assert.equal(deadlines.overdue(at + 1, false), reason)
}

function joined(keepAlive: number, at = 1_000): Deadlines {
  const deadlines = new Deadlines(limits, 0)
  deadlines.joined(keepAlive, at)
  return deadlines
}

describe('deadlines', () => {
  it('give a newcomer its time for a CONNECT, whatever it sends meanwhile', () => {
    const deadlines = new Deadlines(limits, 1_000)
    deadlines.took(0, true, 5_900)
    deadlines.took(1, false, 5_990)
    deadlines.resumed(5_990)
    assertEnds(deadlines, 6_000, 'connect-deadline')
    assert.equal(deadlines.overdue(6_001, true), 'connect-deadline')
  })

  it('give one and a half keep alives from packet to packet, and a limit of ours where there is none', () => {
    const deadlines = joined(10)
    assertEnds(deadlines, 16_000, 'keep-alive')
    deadlines.took(1, false, 16_000)
    assertEnds(deadlines, 31_000, 'keep-alive')
    assertEnds(joined(0), 61_000, 'keep-alive')
  })

  it('do not take a part of a packet for a sign of life', () => {
    const deadlines = joined(10)
    deadlines.took(0, true, 15_000)
    assertEnds(deadlines, 16_000, 'keep-alive')
  })

  it('count a packet from its first byte, and the next one anew', () => {
    const deadlines = joined(60)
    deadlines.took(3, true, 2_000)
    deadlines.took(0, true, 10_000)
    assertEnds(deadlines, 22_000, 'frame-deadline')
    deadlines.took(1, true, 22_000)
    assertEnds(deadlines, 42_000, 'frame-deadline')
    deadlines.took(1, false, 42_000)
    assert.equal(deadlines.overdue(62_001, false), undefined)
  })

  it('do not count the time in which we did not read against a part of a packet', () => {
    const deadlines = joined(60)
    deadlines.took(0, true, 2_000)
    deadlines.held(12_000)
    deadlines.held(12_500)
    deadlines.resumed(52_000)
    deadlines.took(0, true, 52_000)
    assertEnds(deadlines, 62_000, 'frame-deadline')
  })

  it('hold nothing against who is not read, but that it does not read', () => {
    const deadlines = joined(10)
    deadlines.took(0, true, 2_000)
    assert.equal(deadlines.overdue(100_000, true), undefined)
    deadlines.resumed(100_000)
    deadlines.took(1, false, 100_000)
    assertEnds(deadlines, 115_000, 'keep-alive')
    deadlines.answersUnread(101_000)
    deadlines.answersUnread(104_000)
    assert.equal(deadlines.overdue(105_000, true), undefined)
    assert.equal(deadlines.overdue(105_001, true), 'frozen-reader')
    deadlines.answersRead()
    assert.equal(deadlines.overdue(105_001, true), undefined)
  })
})
