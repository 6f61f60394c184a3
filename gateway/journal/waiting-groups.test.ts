import assert from 'node:assert/strict'
import { BLOCK_BYTES } from '#gateway/journal/block.ts'
import { Journal } from '#gateway/journal/journal.ts'
import { CONTENT_BYTES_MAX, RECORD_BYTES, type JournalRecord } from '#gateway/journal/record.ts'
import { GROUP_BYTES_MAX, WaitingGroups } from '#gateway/journal/waiting-groups.ts'
import { Disk } from '#test/support/disk.ts'
import { silentLog, temporaryFolder, TurnedClock } from '#test/support/temporary.ts'

const CHAIN = 'abcdefghij0123456789'
const record = (position: number, bytes: number): JournalRecord =>
  ({ streamNumber: 1, position, timestamp: position, sequenceNumber: 0, msgChainId: CHAIN, content: Buffer.alloc(bytes, position) })
/** What a record of so much content adds to a group that had nothing. */
const added = (bytes: number) => BLOCK_BYTES + RECORD_BYTES + bytes

describe('What waits for the disk', () => {
  it('is one group until that is full, and then another, which come in their order', () => {
    const waiting = new WaitingGroups(), first = waiting.filling, rest = GROUP_BYTES_MAX - 4 * added(CONTENT_BYTES_MAX - 1_000) - added(0)
    for (let n = 1; n <= 4; n++) first.add([record(n, CONTENT_BYTES_MAX - 1_000)])
    first.add([record(5, rest - 1)])
    waiting.hurry()
    assert.deepEqual([first.length, waiting.filling === first], [GROUP_BYTES_MAX - 1, true])
    first.add([record(6, 0)])
    waiting.hurry()
    assert.notEqual(waiting.filling, first)
    const second = waiting.filling
    second.add([record(7, 10)])
    assert.deepEqual([waiting.all, waiting.bytes], [[first, second], first.length + second.length])
    assert.deepEqual([waiting.next(), waiting.all], [first, [first, second]])
    waiting.done(first)
    assert.deepEqual([waiting.next(), waiting.all, waiting.bytes], [undefined, [second], added(10)])
    waiting.hurry()
    assert.equal(waiting.next(), second)
  })

  it('is known, read and answered in order, however many groups it is', async () => {
    const disk = new Disk(), journal = new Journal({ directory: temporaryFolder(), clock: new TurnedClock(1), log: silentLog, retentionMs: 1e12, retentionBytes: 1 << 30 })
    await journal.open()
    const positions = Array.from({ length: 11 }, (_, n) => n + 1), answered: number[] = []
    disk.stall()
    const appended = positions.map(position => journal.append([record(position, CONTENT_BYTES_MAX)], true).then(() => { answered.push(position) }))
    assert.deepEqual([journal.positionAt(1, 11, 0), journal.waitingBytes], [11, 11 * added(CONTENT_BYTES_MAX)])
    const reading = journal.read(1, 10)
    disk.work()
    await Promise.all(appended)
    assert.deepEqual([answered, (await reading).map(({ position }) => position), journal.count, journal.waitingBytes], [positions, [11], 11, 0])
    await journal.close()
  })

  it('fails by the group: what was answered is kept, and what comes behind it is tried again', async () => {
    const disk = new Disk(), journal = new Journal({ directory: temporaryFolder(), clock: new TurnedClock(1), log: silentLog, retentionMs: 1e12, retentionBytes: 1 << 30 })
    await journal.open()
    disk.fail('full')
    const appended = Array.from({ length: 11 }, (_, n) => journal.append([record(n + 1, CONTENT_BYTES_MAX)], true))
    assert.ok((await Promise.allSettled(appended)).every(({ status }) => status === 'rejected'))
    assert.notEqual(journal.fault, undefined)
    disk.work()
    await journal.append([record(12, 1)], true)
    assert.deepEqual([journal.count, journal.fault], [1, undefined])
    await journal.close()
  })
})
