import assert from 'node:assert/strict'
import { realClock, virtualClock } from '#simulators/clock.ts'

describe('clock', () => {
  it('passes faster when told to', async () => {
    const clock = realClock(1000)
    const [simulated, real] = [clock.nowMs(), performance.now()]
    await clock.until(simulated + 20_000)
    assert.ok(clock.nowMs() >= simulated + 19_000)
    assert.ok(performance.now() - real < 2_000)
  })

  it('wakes at once when the signal is aborted, without an error', async () => {
    const stop = new AbortController()
    const clock = realClock()
    const sleep = clock.until(clock.nowMs() + 60_000, stop.signal)
    stop.abort()
    await sleep
  })

  it('jumps where it is virtual, and never back', async () => {
    const clock = virtualClock(1_000)
    await clock.until(5_000)
    await clock.until(2_000)
    assert.equal(clock.nowMs(), 5_000)
  })
})
