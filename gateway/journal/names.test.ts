import assert from 'node:assert/strict'
import { Journal } from '#gateway/journal/journal.ts'
import { recordsIn } from '#gateway/journal/names.ts'
import { systemClock } from '#gateway/lib/clock.ts'
import { silentLog, temporaryFolder } from '#test/support/temporary.ts'

describe('Messages of a journal by their positions', () => {
  const BEFORE = 1_000
  let journal: Journal
  beforeEach(async () => {
    journal = new Journal({ directory: temporaryFolder(), clock: systemClock, log: silentLog, retentionMs: 1 << 30, retentionBytes: 1 << 30 })
    await journal.open()
    for (let position = 1; position <= 60; position++) {
      if (position % 10 === 0) continue // was never written
      await journal.append([1, 2].map(streamNumber => ({ streamNumber, position, timestamp: BEFORE + position, sequenceNumber: streamNumber, msgChainId: 'x'.repeat(20), content: Buffer.alloc(9) })), true)
    }
  })
  afterEach(() => journal.close())

  const found = async (...runs: [number, number][]) => {
    const positions: number[] = []
    await recordsIn(journal, 2, runs, ({ position, timestamp, sequenceNumber }) => {
      assert.deepEqual([timestamp, sequenceNumber], [BEFORE + position, 2])
      positions.push(position)
    })
    return positions
  }

  it('are told in their order, those that are asked for and there, and no others', async () => {
    assert.deepEqual(await found([1, 3], [8, 12], [20, 20], [29, 31], [58, 90]), [1, 2, 3, 8, 9, 11, 12, 29, 31, 58, 59])
    assert.deepEqual([await found(), await found([10, 10]), await found([70, 80], [81, 90]), await found([59, 59])], [[], [], [], [59]])
  })
})
