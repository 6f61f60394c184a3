// The kernel against the road that is the truth, in the seconds that `npm test` has. test/more has a million messages.
import assert from 'node:assert/strict'
import { ADAPTERS } from '#adapters/registry.ts'
import { Beside } from '#benchmarks/kernel/kernel-truth.ts'
import { Kernel } from '#gateway/kernel/kernel.ts'
import { kernelSuite } from '#test/support/kernel-suite.ts'

describe('The kernel beside decode and map', function () {
  this.timeout(60_000)
  kernelSuite({ rounds: 8, corpora: 1, secondsMax: 20 })

  it('takes a time that is written with escapes for what it says, whatever longer one was there before', () => {
    const beside = new Beside(new Kernel(), {
      adapter: ADAPTERS.find(({ name }) => name === 'tasmota')!, topic: 'tele/desk/SENSOR', settings: { timezone: 'Europe/Brussels' },
      facts: { id: 'abcdefghijklmnopqrstuvwxyz', dialect: 'tasmota', placement: 'indoor', phases: 1 },
    })
    const send = (time: string) => beside.send(Buffer.from(`{"Time":"${time}","BME280":{"Temperature":21.5}}`), Date.UTC(2026, 10, 25, 8))
    const escaped = '2026\\u002d11-25T08:59:58'
    send('2026-11-25T08:59:58')
    assert.deepEqual([send('2026-11-25T08:59:58'), send(escaped)], ['taken', 'taken'])
    send('2026\\u002d11-25T08:59:58.123')
    assert.equal(send(escaped), 'taken')
  })
})
