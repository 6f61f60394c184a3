import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { BACKUP_FOLDER, Backups } from '#gateway/backup/backups.ts'
import { Journal } from '#gateway/journal/journal.ts'
import { systemClock } from '#gateway/lib/clock.ts'
import type { Meter } from '#gateway/market/meter.ts'
import { Vault } from '#gateway/parties/vault.ts'
import { openState } from '#gateway/state/database.ts'
import { openUp } from '#test/support/backup.ts'
import { call } from '#test/support/documented.ts'
import { Running } from '#test/support/running.ts'
import { silentLog, temporaryFolder } from '#test/support/temporary.ts'

const CONTENT = Buffer.alloc(512 << 10, 7)
const SEGMENTS = 8

describe('Backups', () => {
  let directory: string, database: DatabaseSync, journal: Journal, backups: Backups, sealed: number, position: number
  const folder = () => join(directory, BACKUP_FOLDER)
  const append = () => journal.append([{ streamNumber: 1, position: ++position, timestamp: position, sequenceNumber: 0, msgChainId: 'abcdefghij0123456789', content: CONTENT }], false)
  const meter = { seal: () => { sealed++ } } as Meter
  const make = () => new Backups({ database, journal, meter, directory, version: '0.1.0', clock: systemClock, log: silentLog })

  beforeEach(async () => {
    directory = temporaryFolder()
    database = openState(directory)
    new Vault(directory)
    journal = new Journal({ directory: join(directory, 'journal'), clock: systemClock, log: silentLog, retentionMs: 1, retentionBytes: 1, segmentBytesMax: 1 << 20 })
    await journal.open()
    backups = make()
    sealed = position = 0
  })
  afterEach(async () => {
    await journal.close()
    database.close()
  })

  it('show one moment, whatever comes and goes while they are read', async () => {
    while (position < 2 * SEGMENTS) await append()
    database.exec("INSERT INTO meta VALUES ('mark', 'before')")
    const stream = backups.take()
    database.exec("UPDATE meta SET value = 'after' WHERE key = 'mark'")
    for (let n = 0; n < 2 * SEGMENTS; n++) await append()
    await journal.retain()
    assert.equal(readdirSync(join(directory, 'journal')).length, 1)
    const { folder: restored, manifest } = await openUp(Buffer.concat(await Array.fromAsync(stream as AsyncIterable<Buffer>)))
    const state = openState(restored)
    assert.deepEqual([state.prepare("SELECT value FROM meta WHERE key = 'mark'").get()?.['value'], manifest.messages, sealed], ['before', 2 * SEGMENTS, 1])
    state.close()
    const again = new Journal({ directory: join(restored, 'journal'), clock: systemClock, log: silentLog, retentionMs: 1e15, retentionBytes: 1e15 })
    await again.open()
    assert.deepEqual([again.count, again.lastPosition(1)], [2 * SEGMENTS, 2 * SEGMENTS])
    await again.close()
  })

  it('are taken one at a time, and are over when they are read', async () => {
    await append()
    const first = backups.take(), read = Array.fromAsync(first)
    assert.throws(() => backups.take(), { code: 'CONFLICT', message: /under way/ })
    await Promise.all([once(first, 'close'), read])
    assert.ok(!existsSync(folder()))
    await Array.fromAsync(backups.take())
  })

  it('are over when nobody reads them any more, whether they began or not', async () => {
    for (let n = 0; n < 2 * SEGMENTS; n++) await append()
    for (const isBegun of [false, true]) {
      const stream = backups.take()
      assert.deepEqual([statSync(folder()).mode & 0o777, readdirSync(folder()).length], [0o700, SEGMENTS + 2])
      if (isBegun) await once(stream, 'readable')
      stream.destroy()
      await once(stream, 'close')
      assert.ok(!existsSync(folder()))
    }
    await Array.fromAsync(backups.take())
  })

  it('read from disk no faster than they are taken', async () => {
    for (let n = 0; n < 2 * SEGMENTS; n++) await append()
    const stream = backups.take()
    await once(stream, 'readable')
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
    assert.ok(stream.readableLength < CONTENT.length, `${stream.readableLength} bytes wait`)
    stream.destroy()
    await once(stream, 'close')
  })

  it('are refused where the disk does not allow them, with nothing left behind, and the next one is not', async () => {
    await append()
    const key = join(directory, 'master.key')
    renameSync(key, `${key}.away`)
    assert.throws(() => backups.take(), { code: 'UNAVAILABLE', message: /^No backup was made \(ENOENT.*mend that/ })
    assert.ok(!existsSync(folder()))
    renameSync(`${key}.away`, key)
    await Array.fromAsync(backups.take())
  })

  it('break off where a file goes away under them', async () => {
    await append()
    await append()
    const stream = backups.take()
    writeFileSync(join(folder(), '0000000001.seg'), '')
    await assert.rejects(Array.fromAsync(stream), /has become 10\d{5} bytes shorter/)
    assert.ok(!existsSync(folder()))
  })

  it('that a kill left behind are gone at the next start', () => {
    mkdirSync(join(folder(), 'deeper'), { recursive: true })
    writeFileSync(join(folder(), 'state.db'), 'half of it')
    make()
    assert.ok(!existsSync(folder()))
  })
})

describe('A backup over HTTP', () => {
  let running: Running
  before(async () => { running = await Running.start() })
  after(() => running.stop())

  it('is a tar archive for no cache, of the state and what opens it, with the books sealed and no key of anybody in plain text', async () => {
    const { status, type, headers } = await call(running.http, running.operatorKey, 'backup')
    assert.deepEqual([status, type, headers.get('cache-control')], [200, 'application/x-tar', 'no-store'])
    const response = await fetch(`${running.http}/v1/backup`, { headers: { authorization: `Bearer ${running.operatorKey}` } })
    const archive = Buffer.from(await response.arrayBuffer()), { manifest } = await openUp(archive)
    assert.deepEqual(manifest.files.map(({ name }) => name), ['state.db', 'master.key', 'signing.key'])
    assert.ok(Math.abs(Date.parse(manifest.createdAt) - Date.now()) < 10_000)
    assert.ok(!archive.includes(running.operatorKey))
    assert.equal(statSync(join(running.data, 'usage.log')).size, 0)
  })
})
