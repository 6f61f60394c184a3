import assert from 'node:assert/strict'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HEAD_FILE, readHeadFile } from '#gateway/transparency/head-file.ts'
import { TransparencyLog } from '#gateway/transparency/transparency-log.ts'
import { LoggedState, newKey } from '#test/support/transparency.ts'

describe('The newest head beside the database', () => {
  let state: LoggedState, path: string
  beforeEach(() => {
    state = new LoggedState()
    path = join(state.directory, HEAD_FILE)
  })
  afterEach(() => state.close())
  const open = (key = state.key) => new TransparencyLog({ database: state.database, clock: state.clock, key, directory: state.directory })

  it('is this account\'s alone, and the one that was signed last', () => {
    const log = open()
    assert.equal(readHeadFile(state.directory), undefined)
    for (const count of [3, 2]) {
      state.add(count)
      assert.deepEqual(log.head(), readHeadFile(state.directory))
    }
    assert.deepEqual([readHeadFile(state.directory)?.size, statSync(path).mode & 0o777], [5, 0o600])
  })

  it('is made where there was none, and stands over a power cut that left nothing of it', () => {
    state.add(2)
    const head = state.log.head()
    open()
    assert.deepEqual(readHeadFile(state.directory), head)
    writeFileSync(path, '')
    open()
    assert.deepEqual(readHeadFile(state.directory), head)
  })

  it('keeps a log from a start that is shorter, or another, and whatever is no head of this gateway', () => {
    const refuses = (message: RegExp, key = state.key) => assert.throws(() => open(key), { code: 'UNAVAILABLE', message })
    state.add(5)
    open().head()
    const kept = readFileSync(path, 'utf8')
    state.database.exec('PRAGMA foreign_keys = OFF; DELETE FROM transparency_head')
    state.database.exec('BEGIN; DELETE FROM transparency_payloads WHERE number = 4; DELETE FROM transparency_entries WHERE number = 4')
    refuses(/at entry 4: it is missing, and the head in transparency\.head was signed over it/)
    state.database.exec("ROLLBACK; BEGIN; UPDATE transparency_entries SET leaf = zeroblob(32) WHERE number = 1")
    refuses(/its tree is not that of the head in transparency\.head/)
    state.database.exec('ROLLBACK')
    open()
    for (const [other, message] of [['{}', /holds no head/], [kept.replace(/"size":\d+/, '"size":4'), /the signature of the head in transparency\.head is wrong/]] as const) {
      writeFileSync(path, other)
      refuses(message)
    }
    writeFileSync(path, kept)
    open(newKey()) // another key signs from now on: the tree is what it is held against
    rmSync(path)
    open()
  })
})
