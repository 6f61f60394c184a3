import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Journal, type JournalOptions } from '#gateway/journal/journal.ts'
import { CONTENT_BYTES_MAX, type JournalRecord } from '#gateway/journal/record.ts'
import { diskStorage } from '#gateway/journal/disk-storage.ts'
import type { Storage } from '#gateway/journal/storage.ts'
import { Random } from '#benchmarks/corpus/random.ts'
import { FaultyStorage, INJECTED } from '#test/support/faulty-storage.ts'
import { firstRecord, segmentOf } from '#test/support/segments.ts'
import { SimulatedDisk } from '#test/support/simulated-disk.ts'
import { silentLog, temporaryFolder, TurnedClock } from '#test/support/temporary.ts'

const BASE = Date.UTC(2026, 4, 4), CANARY = 'canary-of-stream-2'
const record = (position: number, streamNumber: number, length = 40): JournalRecord => ({
  streamNumber, position, timestamp: BASE + position, sequenceNumber: 0, msgChainId: 'abcdefghij0123456789',
  content: Buffer.alloc(length, streamNumber === 2 ? CANARY : `stream ${streamNumber} position ${position} `),
})
/** Three streams whose records share blocks and segments; the second is to go. */
const groups = (count: number): JournalRecord[][] => Array.from({ length: count }, (_, n) => [1, 2, 3].map(stream => record(n + 1, stream)))

async function open(directory: string, more: Partial<JournalOptions> = {}): Promise<Journal> {
  const journal = new Journal({ directory, clock: new TurnedClock(BASE), log: silentLog, retentionMs: 1e12, retentionBytes: 1e12, segmentBytesMax: 1_000, ...more })
  await journal.open()
  return journal
}

async function all(journal: Journal, streamNumber: number): Promise<JournalRecord[]> {
  const found: JournalRecord[] = []
  for (let batch = await journal.read(streamNumber, 0); batch.length > 0; batch = await journal.read(streamNumber, found.at(-1)!.position)) found.push(...batch)
  return found.map(each => ({ ...each, content: Buffer.from(each.content) }))
}

const others = async (journal: Journal) => [await all(journal, 1), await all(journal, 3)]
const holdsCanary = (directory: string) => readdirSync(directory).filter(name => readFileSync(join(directory, name)).includes(CANARY.slice(0, 8)))

describe('A journal from which a stream is erased', () => {
  it('has no byte of it in any file, and all of the others, at once and after it was opened again', async () => {
    const directory = temporaryFolder(), journal = await open(directory)
    for (const group of groups(40)) await journal.append(group, true)
    const before = await others(journal), count = journal.count
    assert.ok(holdsCanary(directory).length > 5)
    assert.equal(await journal.erase(new Set([2])), 40)
    assert.deepEqual([holdsCanary(directory), await all(journal, 2), await others(journal), journal.count], [[], [], before, count - 40])
    await journal.append([record(41, 1)], true)
    await journal.close()
    const again = await open(directory)
    await again.checked
    assert.deepEqual([await all(again, 2), (await others(again)).map(({ length }) => length), holdsCanary(directory)], [[], [41, 40], []])
    await again.close()
  })

  it('lets others read and append while it goes', async () => {
    const directory = temporaryFolder(), journal = await open(directory)
    for (const group of groups(60)) await journal.append(group, true)
    const erasing = journal.erase(new Set([2]))
    let appended = 60
    const reading = Promise.all(Array.from({ length: 20 }, () => all(journal, 1)))
    for (let n = 0; n < 20; n++) await journal.append([record(++appended, 1), record(appended, 3)], true)
    for (const found of await reading) assert.ok(found.length >= 60 && found.every(({ position }, n) => position === n + 1))
    await erasing
    assert.deepEqual((await others(journal)).map(({ length }) => length), [80, 80])
    await journal.close()
  })

  it('does not take a block of others for damaged because a reader of what is erased is late', async () => {
    const isErased = Promise.withResolvers<void>()
    let isLate = true
    const storage: Storage = { ...diskStorage, async open(path, mode) {
      const waits = isLate && mode === 'read' && path.endsWith('.seg')
      if (waits) isLate = false
      if (waits) await isErased.promise
      return diskStorage.open(path, mode)
    } }
    isLate = false
    const journal = await open(temporaryFolder(), { storage })
    for (const group of groups(30)) await journal.append(group, true)
    isLate = true
    const late = journal.read(2, 0)
    await journal.erase(new Set([2]))
    isErased.resolve()
    assert.deepEqual([isLate, await late], [false, []])
    assert.deepEqual((await others(journal)).map(({ length }) => length), [30, 30])
    await journal.close()
  })

  it('keeps what was added and is not written yet, of others, and none of what is to go', async () => {
    const directory = temporaryFolder(), journal = await open(directory)
    void journal.append(groups(1)[0]!, false)
    assert.equal(await journal.erase(new Set([2])), 1)
    assert.deepEqual([(await others(journal)).map(({ length }) => length), holdsCanary(directory)], [[1, 1], []])
    await journal.close()
  })

  it('leaves nothing of it in damaged bytes, of which nobody knows whose they are', async () => {
    const directory = temporaryFolder(), file = join(directory, '0000000001.seg')
    let journal = await open(directory, { segmentBytesMax: 1 << 20 })
    for (const group of groups(5)) await journal.append(group, true)
    await journal.close()
    const bytes = readFileSync(file)
    bytes[bytes.indexOf(CANARY, bytes.length >> 1)]! ^= 1
    writeFileSync(file, bytes)
    journal = await open(directory, { segmentBytesMax: 1 << 20 })
    await journal.checked
    assert.equal((await all(journal, 1)).length, 4)
    await journal.erase(new Set([2]))
    assert.deepEqual([holdsCanary(directory), (await others(journal)).map(({ length }) => length)], [[], [4, 4]])
    await journal.close()
  })

  it('is rid of it in segments of the first format, and in one that cannot be told apart', async () => {
    const directory = temporaryFolder()
    writeFileSync(join(directory, '0000000001.seg'), Buffer.concat([1, 2, 3].map(stream => firstRecord(record(1, stream)))))
    writeFileSync(join(directory, '0000000002.seg'), Buffer.from(`nothing of ours ${CANARY}`))
    writeFileSync(join(directory, '0000000003.seg'), segmentOf([[1, 2, 3].map(stream => record(2, stream))], 3))
    const journal = await open(directory)
    assert.equal(await journal.erase(new Set([2])), 2)
    assert.deepEqual([holdsCanary(directory), (await others(journal)).map(({ length }) => length)], [[], [2, 2]])
    await journal.close()
    const again = await open(directory)
    assert.deepEqual((await others(again)).map(({ length }) => length), [2, 2])
    await again.close()
  })

  it('takes the longest record as well', async () => {
    const directory = temporaryFolder(), journal = await open(directory, { segmentBytesMax: 16 << 20 })
    await journal.append([record(1, 1), record(1, 2, CONTENT_BYTES_MAX), record(1, 3)], true)
    await journal.erase(new Set([2]))
    assert.deepEqual([holdsCanary(directory), (await others(journal)).map(({ length }) => length)], [[], [1, 1]])
    await journal.close()
  })

  for (const fault of INJECTED) {
    it(`that fails at any operation (${fault}) loses nothing of others, and is finished when it is asked again`, async () => {
      for (let at = 1; at < 200; at++) {
        const directory = temporaryFolder()
        let failsAt = Infinity
        const storage = new FaultyStorage(diskStorage, operation => operation === failsAt ? fault : undefined), journal = await open(directory, { storage })
        for (const group of groups(12)) await journal.append(group, true)
        const before = await others(journal)
        failsAt = storage.operations + at
        const isDone = await journal.erase(new Set([2])).then(() => true, () => false), wasHit = storage.operations >= failsAt
        await journal.close()
        const again = await open(directory)
        assert.deepEqual(await others(again), before, `operation ${at}`)
        await again.erase(new Set([2]))
        assert.deepEqual([await others(again), await all(again, 2), holdsCanary(directory)], [before, [], []], `operation ${at}, ${isDone}`)
        await again.close()
        if (!wasHit) return
      }
      assert.fail('it has more operations than were tried')
    })
  }

  it('whose power is cut at any operation loses nothing of others, and is finished when it is asked again', async () => {
    for (let at = 1; at < 400; at++) {
      const random = new Random(at), disk = new SimulatedDisk(), directory = '/data/journal', journal = await open(directory, { storage: disk })
      for (const group of groups(12)) await journal.append(group, true)
      const before = await others(journal)
      disk.operationsLeft = at
      const isDone = await journal.erase(new Set([2])).then(() => true, () => false)
      const found = disk.afterCut(random), again = await open(directory, { storage: found })
      assert.deepEqual(await others(again), before, `operation ${at}`)
      if (isDone) assert.deepEqual(found.paths.filter(path => found.bytesOf(path).includes(CANARY)), [], 'what was answered is so')
      await again.erase(new Set([2]))
      assert.deepEqual([await others(again), await all(again, 2), found.paths.filter(path => found.bytesOf(path).includes(CANARY))], [before, [], []], `operation ${at}`)
      await again.close()
      if (isDone) return
    }
    assert.fail('it has more operations than were tried')
  })
})
