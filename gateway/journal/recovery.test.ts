import assert from 'node:assert/strict'
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Journal } from '#gateway/journal/journal.ts'
import type { JournalRecord } from '#gateway/journal/record.ts'
import { HEADER_BYTES } from '#gateway/journal/segment-header.ts'
import { systemClock } from '#gateway/lib/clock.ts'
import { firstRecord, MARKER, segmentOf } from '#test/support/segments.ts'
import { silentLog, temporaryFolder } from '#test/support/temporary.ts'

const record = (position: number, content = `content ${position}`): JournalRecord =>
  ({ streamNumber: 1, position, timestamp: 1_700_000_000_000 + position, sequenceNumber: 0, msgChainId: 'abcdefghij0123456789', content: Buffer.from(content) })
const from = (first: number, last: number): JournalRecord[][] => Array.from({ length: last - first + 1 }, (_, n) => [record(first + n)])
const nameOf = (number: number): string => `${String(number).padStart(10, '0')}.seg`

describe('A start of the journal', () => {
  let directory: string, told: any[], journal: Journal | undefined
  beforeEach(() => { directory = temporaryFolder() })
  afterEach(() => journal?.close())

  const put = (number: number, bytes: Buffer) => writeFileSync(join(directory, nameOf(number)), bytes)
  async function start(): Promise<Journal> {
    await journal?.close()
    told = []
    const log = { ...silentLog, warn: (fields: object) => { told.push(fields) } }
    journal = new Journal({ directory, clock: systemClock, log, retentionMs: 1e15, retentionBytes: 1e15 })
    await journal.open()
    await journal.checked
    return journal
  }
  async function positions(): Promise<number[]> {
    const found: number[] = []
    for (let records = await journal!.read(1, 0); records.length > 0; records = await journal!.read(1, found.at(-1)!)) found.push(...records.map(({ position }) => position))
    return found
  }

  it('reads segments of the first format, names their damage, cuts off their torn tail for good, and goes on in a new one', async () => {
    const damaged = firstRecord(record(2))
    damaged[30]! ^= 1
    put(1, Buffer.concat([firstRecord(record(1)), damaged, firstRecord(record(3))]))
    put(2, Buffer.concat([firstRecord(record(4)), firstRecord(record(5)), firstRecord(record(6)).subarray(0, 40)]))
    await start()
    assert.deepEqual([await positions(), told.map(({ file, offset }) => [file, offset])],
      [[1, 4, 5], [[join(directory, nameOf(1)), firstRecord(record(1)).length], [join(directory, nameOf(2)), 2 * firstRecord(record(1)).length]]])
    await journal!.append([record(6), record(7)], true)
    assert.equal((await journal!.read(1, 4))[0]!.msgChainId, record(5).msgChainId)
    await start()
    assert.deepEqual([await positions(), readdirSync(directory).filter(name => name.endsWith('.seg')).length], [[1, 4, 5, 6, 7], 3])
    assert.equal(told.length, 1, 'the torn tail is not told of again')
  })

  it('believes the next segment how the one before ended: what lies behind was never acknowledged', async () => {
    const first = segmentOf(from(1, 3)), counted = segmentOf(from(1, 2)).length
    put(1, first)
    put(2, segmentOf(from(3, 4), 2, { bytes: counted, marker: MARKER }))
    await start()
    assert.deepEqual([await positions(), told], [[1, 2, 3, 4], []])
  })

  it('finds out that a segment has become shorter, even by whole blocks, and that one is gone', async () => {
    const first = segmentOf(from(1, 3)), short = segmentOf(from(1, 2)).length
    put(1, first.subarray(0, short))
    put(2, segmentOf(from(4, 5), 2, { bytes: first.length, marker: MARKER }))
    put(4, segmentOf(from(7, 8), 4))
    await start()
    assert.deepEqual(await positions(), [1, 2, 4, 5, 7, 8])
    assert.deepEqual(told, [{ file: join(directory, nameOf(1)), offset: short, bytes: first.length - short }, { from: 3, to: 3 }])
  })

  it('reads a segment whose header is damaged by the marker that the next one has of it', async () => {
    const first = segmentOf(from(1, 3)), before = { bytes: first.length, marker: MARKER }
    first.fill(0, 0, HEADER_BYTES)
    put(1, first)
    put(2, segmentOf(from(4, 4), 2, before))
    await start()
    assert.deepEqual([await positions(), told], [[1, 2, 3, 4], [{ file: join(directory, nameOf(1)), offset: 0, bytes: HEADER_BYTES }]])
  })

  it('never cuts off damage that sound records follow, nor a block that is whole and wrong, and appends to a new segment', async () => {
    const whole = segmentOf(from(1, 4)), offset = segmentOf(from(1, 1)).length
    for (const [n, damagedAt] of [offset + 50, whole.length - 1].entries()) {
      const damaged = Buffer.from(whole)
      damaged[damagedAt]! ^= 1
      put(1, damaged)
      await start()
      assert.deepEqual([await positions(), told.length], [n === 0 ? [1, 3, 4] : [1, 2, 3], 1])
      await journal!.append([record(5)], true)
      assert.deepEqual([readFileSync(join(directory, nameOf(1))), (await positions()).at(-1)], [damaged, 5])
      await journal!.close()
      journal = undefined
      for (const name of readdirSync(directory)) rmSync(join(directory, name))
    }
  })

  it('puts aside what it cannot read at all, and says so', async () => {
    put(1, Buffer.alloc(500, 0xee))
    put(2, segmentOf(from(1, 2), 2))
    await start()
    assert.deepEqual([await positions(), told], [[1, 2], [{ file: join(directory, nameOf(1)), offset: 0, bytes: 500 }]])
  })

  it('reads by index what was closed, by itself what was not, and makes the index of a segment that has lost it', async () => {
    put(1, segmentOf(from(1, 50)))
    put(2, segmentOf(from(51, 60), 2, { bytes: segmentOf(from(1, 50)).length, marker: MARKER }))
    await start()
    await journal!.close()
    const index = join(directory, '0000000001.idx'), good = readFileSync(index)
    for (const [wrong, name] of [[Buffer.alloc(0), 'empty'], [good.subarray(0, -8), 'torn'], [Buffer.from(good).fill(1, 40, 41), 'damaged'], [undefined, 'gone']] as const) {
      if (wrong) writeFileSync(index, wrong)
      else rmSync(index)
      await start()
      assert.deepEqual([await positions(), told], [Array.from({ length: 60 }, (_, n) => n + 1), []], name)
      await journal!.close()
      assert.deepEqual(readFileSync(index), good, name)
    }
  })

  it('does not believe the index of another segment, nor one of more than there is', async () => {
    put(1, segmentOf(from(1, 5)))
    await start()
    await journal!.close()
    const segment = join(directory, nameOf(1)), index = join(directory, '0000000001.idx'), saved = join(temporaryFolder(), 'saved')
    copyFileSync(index, saved)
    truncateSync(segment, segmentOf(from(1, 3)).length)
    await start()
    assert.deepEqual([await positions(), told], [[1, 2, 3], [{ file: segment, offset: segmentOf(from(1, 3)).length, bytes: segmentOf(from(1, 5)).length - segmentOf(from(1, 3)).length }]])
    await journal!.close()
    rmSync(segment)
    rmSync(index)
    journal = undefined
    await start()
    await journal!.append([record(7)], true)
    await journal!.close()
    copyFileSync(saved, index)
    await start()
    assert.deepEqual(await positions(), [7])
  })

  it('removes what a power cut left of a segment before anything was in it', async () => {
    put(1, segmentOf(from(1, 2)))
    put(2, Buffer.alloc(0))
    await start()
    assert.deepEqual([await positions(), told, readdirSync(directory)], [[1, 2], [{ file: join(directory, nameOf(2)), offset: 0, bytes: 0 }], [nameOf(1)]])
    await journal!.append([record(3)], true)
    assert.equal(statSync(join(directory, nameOf(1))).size, segmentOf(from(1, 3)).length)
  })
})
