import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { mock } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { BLOCK_BYTES, BLOCK_BYTES_FULL } from '#gateway/journal/block.ts'
import { BEHIND_BYTES, Journal, SOON_BYTES, SOON_MS, type JournalOptions, type Pinned } from '#gateway/journal/journal.ts'
import { CONTENT_BYTES_MAX, RECORD_BYTES, writeRecord, type JournalRecord } from '#gateway/journal/record.ts'
import { scanSegment } from '#gateway/journal/scan.ts'
import { HEADER_BYTES } from '#gateway/journal/segment-header.ts'
import { SEGMENT_NAME } from '#gateway/journal/segment.ts'
import { Disk, DISK_FAULTS } from '#test/support/disk.ts'
import { silentLog, temporaryFolder, TurnedClock } from '#test/support/temporary.ts'
import { turn, until } from '#test/support/transport.ts'

const CHAIN = 'abcdefghij0123456789'
const BASE = Date.UTC(2026, 4, 4)
const record = (position: number, streamNumber = 1, content = `content ${position}`): JournalRecord =>
  ({ streamNumber, position, timestamp: BASE + position * 10, sequenceNumber: 0, msgChainId: CHAIN, content: Buffer.from(content) })

async function open(directory: string, more: Partial<JournalOptions> = {}): Promise<Journal> {
  const usual = { clock: new TurnedClock(BASE), log: silentLog, retentionMs: 7 * 86_400_000, retentionBytes: 1 << 30 }
  const journal = new Journal({ directory, ...usual, ...more })
  await journal.open()
  return journal
}

async function all(journal: Journal, streamNumber = 1): Promise<JournalRecord[]> {
  const found: JournalRecord[] = []
  for (;;) {
    const batch = await journal.read(streamNumber, found.at(-1)?.position ?? 0)
    if (batch.length === 0) return found
    found.push(...batch)
  }
}

const positions = async (journal: Journal, streamNumber = 1) => (await all(journal, streamNumber)).map(({ position }) => position)
/** The positions of the records in what was pinned, which has to end with the last of them. */
function positionsIn(pinned: readonly Pinned[]): number[] {
  return pinned.flatMap(({ path, bytes }) => {
    const found: number[] = [], number = Number(SEGMENT_NAME.exec(basename(path))![1])
    const { end, damage } = scanSegment(readFileSync(path).subarray(0, bytes), number, { unit: () => {}, record: (_stream, position) => { found.push(position) } })
    assert.deepEqual([end, damage], [bytes, []])
    return found
  })
}
/** A record of the first position, with so many bytes of content. */
function ready(content: number): Buffer {
  const bytes = Buffer.alloc(RECORD_BYTES + content)
  writeRecord(bytes, 0, content, 1, 1, BASE, 0)
  return bytes
}
const segmentsIn = (directory: string) => readdirSync(directory).filter(name => SEGMENT_NAME.test(name)).sort().map(name => join(directory, name))
/** Bytes of a block with one record. */
const ONE = BLOCK_BYTES + RECORD_BYTES + record(1).content.length

describe('The journal', () => {
  it('gives each stream its own messages in order, also after it was opened again', async () => {
    const directory = temporaryFolder(), journal = await open(directory)
    const batches = [[record(1), record(1, 2)], [record(2)], [record(3), record(2, 2)]]
    await Promise.all(batches.map((batch, n) => journal.append(batch, n !== 1)))
    assert.deepEqual([await positions(journal), await positions(journal, 2), await positions(journal, 3)], [[1, 2, 3], [1, 2], []])
    await journal.close()
    const again = await open(directory)
    assert.deepEqual([await positions(again), await positions(again, 2), again.lastPosition(1)], [[1, 2, 3], [1, 2], 3])
    assert.equal(Buffer.from((await all(again))[1]!.content).toString(), 'content 2')
    await again.close()
  })

  it('resolves appends in the order in which they came', async () => {
    const journal = await open(temporaryFolder()), order: number[] = []
    await Promise.all(Array.from({ length: 50 }, (_, n) => journal.append([record(n + 1)], n % 3 === 0).then(() => order.push(n))))
    assert.deepEqual(order, Array.from({ length: 50 }, (_, n) => n))
    await journal.close()
  })

  it('begins a new segment when one is full, and reads over their ends', async () => {
    const directory = temporaryFolder(), journal = await open(directory, { segmentBytesMax: 300 })
    for (let position = 1; position <= 20; position++) await journal.append([record(position)], true)
    assert.ok(segmentsIn(directory).length > 3)
    assert.deepEqual(await positions(journal), Array.from({ length: 20 }, (_, n) => n + 1))
    await journal.close()
  })

  it('finds where to go on by message id and by time', async () => {
    const journal = await open(temporaryFolder())
    const at = (position: number) => ({ timestamp: BASE + Math.floor((position - 1) / 2), sequenceNumber: (position - 1) % 2 })
    await journal.append([1, 2, 3, 4].map(position => ({ ...record(position), ...at(position) })), true)
    const index = journal.indexOf(1)!
    const ids = [[BASE, 0], [BASE, 1], [BASE, 9], [BASE + 1, 0], [0, 0]] as const
    assert.deepEqual(ids.map(([timestamp, number]) => index.positionAt(timestamp, number)), [1, 2, 2, 3, 0])
    assert.deepEqual([BASE, BASE + 1, BASE + 5].map(time => index.positionAt(time, -1)), [0, 2, 4])
    await journal.close()
  })

  it('returns exactly the whole records that came before the end of a torn file, for each length of it', async () => {
    const directory = temporaryFolder(), journal = await open(directory)
    for (const position of [1, 2, 3]) await journal.append([record(position)], true)
    const [file] = segmentsIn(directory), bytes = readFileSync(file!)
    await journal.close()
    for (let length = bytes.length; length >= 0; length -= 7) {
      for (const name of readdirSync(directory)) rmSync(join(directory, name))
      writeFileSync(file!, bytes.subarray(0, length))
      const torn = await open(directory)
      const whole = Math.max(0, Math.floor((length - HEADER_BYTES) / ONE))
      assert.deepEqual(await positions(torn), Array.from({ length: whole }, (_, n) => n + 1), `${length} bytes`)
      await torn.append([record(9)], true)
      assert.equal((await positions(torn)).at(-1), 9)
      await torn.close()
    }
  })

  it('finds damage in a segment that a start has not read, soon after it, and goes on behind it', async () => {
    const directory = temporaryFolder(), journal = await open(directory, { segmentBytesMax: 3 * ONE })
    for (let position = 1; position <= 8; position++) await journal.append([record(position)], true)
    await journal.close()
    const file = segmentsIn(directory)[0]!, bytes = readFileSync(file)
    bytes[HEADER_BYTES + ONE + 20]! ^= 1
    writeFileSync(file, bytes)
    const told: object[] = []
    const damaged = await open(directory, { log: { ...silentLog, warn: (fields: object) => { told.push(fields) } } })
    await damaged.checked
    assert.deepEqual(told, [{ file, offset: HEADER_BYTES + ONE }])
    assert.deepEqual(await positions(damaged), [1, 3, 4, 5, 6, 7, 8])
    await damaged.close()
  })

  it('deletes the oldest segments above its size and beyond its time, and keeps the newest', async () => {
    const directory = temporaryFolder(), clock = new TurnedClock(BASE)
    const journal = await open(directory, { segmentBytesMax: 300, retentionBytes: 600, clock })
    for (let position = 1; position <= 30; position++) await journal.append([record(position)], true)
    await journal.retain()
    assert.ok(journal.bytes <= 600)
    const kept = await positions(journal)
    assert.equal(kept.at(-1), 30)
    assert.equal(segmentsIn(directory).reduce((sum, file) => sum + statSync(file).size, 0), journal.bytes)
    clock.turn(8 * 86_400_000)
    await journal.retain()
    assert.equal(segmentsIn(directory).length, 1)
    assert.deepEqual(await positions(journal, 1), kept.slice(-(await positions(journal, 1)).length))
    await journal.close()
  })

  it('takes what is appended while the last group is being answered, however many turns later', async () => {
    const journal = await open(temporaryFolder())
    for (let turns = 0; turns < 12; turns++) {
      await journal.append([record(2 * turns + 1)], false)
      for (let turn = 0; turn < turns; turn++) await Promise.resolve()
      await journal.append([record(2 * turns + 2)], false)
    }
    assert.equal(journal.lastPosition(1), 24)
    await journal.close()
  })

  it('reads without a gap while the oldest segments go', async () => {
    const journal = await open(temporaryFolder(), { segmentBytesMax: 500, retentionBytes: 700 })
    for (let position = 1; position <= 30; position++) await journal.append([record(position)], true)
    const [records] = await Promise.all([journal.read(1, 25), journal.retain()])
    assert.equal(records[0]?.position, 26)
    assert.ok(journal.indexOf(1)!.firstPosition > 1, 'nothing went')
    await journal.close()
  })

  it('goes on in what is left when the segment that it reads from goes', async () => {
    const journal = await open(temporaryFolder(), { segmentBytesMax: 500, retentionBytes: 700 })
    for (let position = 1; position <= 30; position++) await journal.append([record(position)], true)
    const removing = journal.retain(), { firstPosition: first } = journal.indexOf(1)!
    assert.deepEqual((await journal.read(1, 0))[0]?.position, first)
    await removing
    await journal.close()
  })

  it('reports a record that has become unreadable, and leaves it out for everybody', async () => {
    const directory = temporaryFolder(), told: object[] = []
    const journal = await open(directory, { log: { ...silentLog, warn: (fields: object) => { told.push(fields) } } })
    for (const position of [1, 2, 3, 4]) await journal.append([record(position)], true)
    const [file] = segmentsIn(directory), bytes = readFileSync(file!), offset = HEADER_BYTES + 2 * ONE
    bytes[offset + 20]! ^= 1
    writeFileSync(file!, bytes)
    assert.deepEqual(await Promise.all([positions(journal), positions(journal)]), [[1, 2, 4], [1, 2, 4]])
    assert.deepEqual(told, [{ file, offset }])
    await journal.close()
  })

  it('does not read a megabyte for each message of a stream that shares its segment with many', async () => {
    const journal = await open(temporaryFolder()), disk = new Disk(), neighbour = 'x'.repeat(100_000)
    for (let position = 1; position <= 15; position++) await journal.append([record(position), record(position, 2, neighbour)], false)
    const reads = disk.watchReads()
    try {
      assert.deepEqual((await journal.read(1, 14)).map(({ position }) => position), [15])
      assert.deepEqual((await journal.read(2, 14)).map(({ content }) => content.length), [100_000])
      const block = BLOCK_BYTES + BLOCK_BYTES_FULL, long = BLOCK_BYTES + 2 * RECORD_BYTES + record(15).content.length + neighbour.length
      assert.ok(reads().length <= 4 && reads().every(bytes => bytes <= block || bytes === long), reads().join())
    } finally { disk.work() }
    await journal.close()
  })

  it('refuses a record that could not be read back, and only that', async () => {
    const journal = await open(temporaryFolder())
    const records = [record(1), record(2, 1, 'x'.repeat(CONTENT_BYTES_MAX + 1)), record(3)]
    const appended = await Promise.allSettled(records.map(each => journal.append([each], true)))
    assert.deepEqual(appended.map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled'])
    assert.equal(journal.fault, undefined)
    assert.deepEqual(await positions(journal), [1, 3])
    await journal.close()
  })

  it('pins what is committed at a moment, whatever is being written, comes later or is deleted', async () => {
    const clock = new TurnedClock(BASE), journal = await open(temporaryFolder(), { segmentBytesMax: 300, clock })
    assert.deepEqual([journal.pin(temporaryFolder()), journal.count], [[], 0])
    for (let position = 1; position <= 10; position++) await journal.append([record(position)], true)
    const later = [journal.append([record(11)], true), journal.append([record(12)], true)]
    const pinned = journal.pin(temporaryFolder()), count = journal.count
    assert.ok(pinned.length > 1)
    await Promise.all(later)
    clock.turn(8 * 86_400_000)
    await journal.retain()
    assert.deepEqual([positionsIn(pinned), count, journal.count], [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 10, (await positions(journal)).length])
    assert.ok(journal.count < 10)
    await journal.close()
  })

  it('knows at once what nobody waits for, and reads it however much goes on being added', async () => {
    const directory = temporaryFolder(), journal = await open(directory), first = ready(3)
    void journal.appendSoon(first, 0, first.length, CHAIN)
    assert.deepEqual([journal.positionAt(1, BASE, 0), journal.positionAt(1, BASE, -1), journal.lastPosition(1)], [1, 0, 0])
    let isOver = false, position = 0
    const adding = [0, 1].map(async () => { while (!isOver) await journal.append([record(++position, 2)], true) })
    const read = await Promise.race([journal.read(1, 0), delay(5_000, undefined, { ref: false })])
    assert.deepEqual(read?.map(each => each.position), [1])
    assert.deepEqual(await Promise.race([journal.read(1, 1), delay(5_000, undefined, { ref: false })]), [])
    isOver = true
    await Promise.all(adding)
    void journal.appendSoon(first, 0, first.length, CHAIN)
    await journal.close()
    const again = await open(directory)
    assert.equal((await all(again)).length, 2)
    await again.close()
  })

  it('writes what nobody waits for when it is old enough, or enough', async () => {
    const small = await open(temporaryFolder()), almost = await open(temporaryFolder()), enough = await open(temporaryFolder())
    const room = SOON_BYTES - BLOCK_BYTES - RECORD_BYTES
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      void small.appendSoon(ready(1), 0, RECORD_BYTES + 1, CHAIN)
      void almost.appendSoon(ready(room - 1), 0, RECORD_BYTES + room - 1, CHAIN)
      void enough.appendSoon(ready(room), 0, RECORD_BYTES + room, CHAIN)
      await until(() => enough.count === 1)
      mock.timers.tick(SOON_MS - 1)
      for (let turns = 0; turns < 20; turns++) await turn()
      assert.deepEqual([small.count, almost.count], [0, 0])
      mock.timers.tick(1)
      await until(() => small.count === 1 && almost.count === 1)
    } finally { mock.timers.reset() }
    await Promise.all([small, almost, enough].map(journal => journal.close()))
  })

  it('is behind when more waits for the disk than it should', async () => {
    const disk = new Disk(), journal = await open(temporaryFolder()), add = (content: number) => void journal.appendSoon(ready(content), 0, RECORD_BYTES + content, CHAIN)
    disk.stall()
    for (let n = 0; n < 3; n++) add(CONTENT_BYTES_MAX)
    add(BEHIND_BYTES - journal.waitingBytes - BLOCK_BYTES - RECORD_BYTES)
    assert.deepEqual([journal.waitingBytes, journal.isBehind], [BEHIND_BYTES, false])
    add(1)
    assert.equal(journal.isBehind, true)
    disk.work()
    await journal.written()
    assert.deepEqual([journal.waitingBytes, journal.isBehind, journal.count], [0, false, 5])
    await journal.close()
  })

  it('cuts off what a failed write left behind', async () => {
    const directory = temporaryFolder(), journal = await open(directory)
    await journal.append([record(1)], true)
    await journal.close()
    const file = segmentsIn(directory)[0]!, size = statSync(file).size
    appendFileSync(file, readFileSync(file).subarray(HEADER_BYTES, -1))
    const again = await open(directory)
    assert.equal(statSync(file).size, size)
    await again.close()
  })
})

describe('The journal on a disk that fails', () => {
  let disk: Disk
  before(() => { disk = new Disk() })
  afterEach(() => disk.work())

  for (const fault of DISK_FAULTS) {
    it(`acknowledges nothing that it could not keep, says why, and takes up again by itself (${fault})`, async () => {
      const directory = temporaryFolder(), journal = await open(directory)
      await journal.append([record(1)], true)
      disk.fail(fault)
      const failed = await Promise.allSettled([journal.append([record(2)], true), journal.append([record(3)], true)])
      assert.deepEqual(failed.map(({ status }) => status), ['rejected', 'rejected'])
      assert.ok(journal.fault)
      assert.deepEqual(await positions(journal), [1])
      disk.work()
      await journal.append([record(4)], true)
      assert.equal(journal.fault, undefined)
      assert.deepEqual(await positions(journal), [1, 4])
      await journal.close()
      const again = await open(directory)
      const found = await positions(again)
      assert.deepEqual(fault === 'sync and cut' ? found.filter(position => position === 1 || position === 4) : found, [1, 4])
      await again.close()
    })

    it(`pins nothing that it is about to take back (${fault})`, async () => {
      const journal = await open(temporaryFolder())
      await journal.append([record(1)], true)
      disk.fail(fault)
      const failing = assert.rejects(journal.append([record(2)], true)), pinned: (readonly Pinned[])[] = []
      while (!journal.fault) {
        pinned.push(journal.pin(temporaryFolder()))
        await new Promise(setImmediate)
      }
      await failing
      disk.work()
      await journal.append([record(3)], true)
      for (const each of pinned) assert.deepEqual(positionsIn(each), [1])
      assert.deepEqual(positionsIn(journal.pin(temporaryFolder())), [1, 3])
      await journal.close()
    })

    it(`leaves no files behind while it lasts (${fault})`, async () => {
      const directory = temporaryFolder(), journal = await open(directory)
      await journal.append([record(1)], true)
      disk.fail(fault)
      for (let position = 2; position <= 40; position++) await assert.rejects(journal.append([record(position)], true))
      assert.ok(segmentsIn(directory).length <= 2, segmentsIn(directory).join())
      disk.work()
      await journal.append([record(41)], true)
      await journal.close()
      const again = await open(directory)
      assert.equal((await positions(again)).at(-1), 41)
      await again.close()
    })

    it(`finds out when it is over though nobody sends anything (${fault})`, async () => {
      const journal = await open(temporaryFolder())
      await journal.append([record(1)], true)
      disk.fail(fault)
      await assert.rejects(journal.append([record(2)], true))
      await journal.probe()
      assert.ok(journal.fault)
      disk.work()
      await journal.probe()
      assert.equal(journal.fault, undefined)
      await journal.append([record(3)], true)
      assert.deepEqual(await positions(journal), [1, 3])
      await journal.close()
    })
  }

  it('keeps whatever it acknowledged, in order, however its groups and the faults fall', async () => {
    const group = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.boolean(), fc.option(fc.constantFrom(...DISK_FAULTS), { freq: 3 }))
    await fc.assert(fc.asyncProperty(fc.array(group, { minLength: 1, maxLength: 12 }), async groups => {
      const directory = temporaryFolder(), journal = await open(directory, { segmentBytesMax: 300 })
      const acknowledged: number[] = [], refused: number[] = []
      let position = 0
      for (const [size, durable, fault] of groups) {
        if (fault !== null) disk.fail(fault)
        await Promise.all(Array.from({ length: size }, () => {
          const next = ++position
          return journal.append([record(next)], durable).then(() => { acknowledged.push(next) }, () => { refused.push(next) })
        }))
        disk.work()
      }
      assert.deepEqual(await positions(journal), acknowledged)
      await journal.close()
      const again = await open(directory), found = await positions(again)
      assert.deepEqual(found.filter(each => !refused.includes(each)), acknowledged)
      await again.close()
    }), { numRuns: 60 })
  })
})
