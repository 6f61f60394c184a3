// Positions on disk: what is found again after a restart, and what a broken or unwritable file does.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { envelope, until } from './gateway.fake.ts'
import { Positions } from './positions.ts'

const { messageId } = envelope('0x1/room/a', 1), { messageId: later } = envelope('0x1/room/a', 2)

describe('Positions', () => {
  let folder: string, file: string, errors: Error[]
  const open = (): Positions => new Positions(file, error => errors.push(error))

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-positions-'))
    file = join(folder, 'sluice', 'positions-n1.json')
    errors = []
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('are found again, and for nobody else to read', async () => {
    const positions = open()
    positions.set('a', messageId)
    positions.set('b', '2026-05-04T10:15:30.250Z')
    await positions.close()
    const again = open()
    assert.deepEqual([again.get('a'), again.get('b'), again.get('c')], [messageId, '2026-05-04T10:15:30.250Z', undefined])
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(statSync(join(folder, 'sluice')).mode & 0o777, 0o700)
    assert.deepEqual([readdirSync(join(folder, 'sluice')), errors], [['positions-n1.json'], []])
  })

  it('are written within a second or so without a close, and not for each change', async () => {
    const positions = open(), begun = performance.now()
    positions.set('a', messageId)
    await new Promise(done => setImmediate(done))
    assert.equal(open().get('a'), undefined)
    positions.set('a', later)
    await until(() => open().get('a') !== undefined)
    assert.equal(open().get('a'), later)
    assert.ok(performance.now() - begun >= 990)
    await positions.close()
  })

  it('are none where the file is damaged, and no position where an entry is none', () => {
    mkdirSync(join(folder, 'sluice'))
    writeFileSync(file, '{"a":"')
    assert.equal(open().get('a'), undefined)
    writeFileSync(file, JSON.stringify({ a: 'earliest', b: 7, c: messageId, d: null }))
    const positions = open()
    assert.deepEqual(['a', 'b', 'c', 'd'].map(id => positions.get(id)), [undefined, undefined, messageId, undefined])
  })

  it('leave the old file whole until the new one is', async () => {
    const positions = open()
    positions.set('a', messageId)
    await positions.close()
    const inode = statSync(file).ino
    positions.set('a', later)
    await positions.close()
    assert.notEqual(statSync(file).ino, inode)
    assert.equal((JSON.parse(readFileSync(file, 'utf8')) as { a: string }).a, later)
  })

  it('say that they cannot be written, and stay known meanwhile', async () => {
    writeFileSync(join(folder, 'sluice'), 'in the way')
    const positions = open()
    positions.set('a', messageId)
    await positions.close()
    assert.equal(positions.get('a'), messageId)
    assert.match(errors[0]!.message, /EEXIST|ENOTDIR/)
  })

  it('go with the node that they belong to', async () => {
    const positions = open()
    positions.set('a', messageId)
    await positions.close()
    positions.set('a', later)
    await positions.remove()
    assert.deepEqual(readdirSync(join(folder, 'sluice')), [])
  })
})
