import assert from 'node:assert/strict'
import { findCommand, parseInput } from '#cli/parse.ts'
import { DAY_S, DAY_TAKES_S, LATE_S_MAX, lateness, scenarioOf } from '#cli/scenario.ts'
import { COMMANDS } from '#cli/table.ts'
import type { Counts, RunOptions } from '#simulators/run.ts'

const NOW_MS = Date.parse('2026-05-04T12:00:00Z')

async function scenario(...words: readonly string[]) {
  const { command, rest } = findCommand(COMMANDS, ['simulate', '--fleet', 'home', ...words])!
  return scenarioOf(parseInput(command, rest), NOW_MS)
}

/** Runs it against no broker at all, and tells how it would have gone on. */
async function firstMoments(...words: readonly string[]): Promise<{ readonly startMs: number, readonly counts: Counts }> {
  const { startMs, run } = await scenario(...words), stop: RunOptions = { signal: AbortSignal.abort() }
  return { startMs, counts: await run(() => assert.fail('nobody is asked for credentials'), stop) }
}

describe('A scenario', () => {
  it('begins now, and has no end of its own', async () => {
    const { startMs, plannedS } = await scenario()
    assert.deepEqual([startMs, plannedS], [NOW_MS, undefined])
  })

  it('of a day is a minute long and ends now, since a gateway takes what is past and not all that is to come', async () => {
    const { startMs, plannedS } = await scenario('--day')
    assert.equal(plannedS, DAY_TAKES_S)
    assert.equal(startMs + DAY_S * 1000, NOW_MS + DAY_TAKES_S * 1000)
  })

  it('of a faster life ends now as well, after a day or after so many seconds', async () => {
    const [day, hour] = [await scenario('--speedup', '720'), await scenario('--speedup', '360', '--seconds', '10')]
    assert.deepEqual([day.plannedS, day.startMs], [120, NOW_MS + 120_000 - DAY_S * 1000])
    assert.deepEqual([hour.plannedS, hour.startMs], [10, NOW_MS + 10_000 - 3_600_000])
  })

  it('begins where it is told to', async () => {
    const { startMs, plannedS } = await scenario('--day', '--start', '2026-01-01T00:00:00Z')
    assert.deepEqual([startMs, plannedS], [Date.parse('2026-01-01T00:00:00Z'), DAY_TAKES_S])
  })

  it('says that it took longer than planned, by how much, and that nothing is missing', () => {
    assert.equal(lateness(87.26, 60, { acknowledged: 232_780 }),
      'It took 87.3 s instead of 60 s: no more than 2668 messages a second came through. None was left out.')
    assert.equal(lateness(60 + LATE_S_MAX, 60, { acknowledged: 5 }), undefined)
    assert.equal(lateness(1e6, undefined, { acknowledged: 5 }), undefined)
  })

  it('that is interrupted before it began pairs nobody and sends nothing', async () => {
    const { startMs, counts } = await firstMoments('--day')
    assert.ok(startMs < NOW_MS)
    assert.equal(counts.sent, 0)
  })
})
