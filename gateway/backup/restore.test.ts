import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { restore } from '#gateway/backup/restore.ts'
import { closeUp, openUp, restoreArchive, takeBackup, type Opened } from '#test/support/backup.ts'
import { Running, type PartyKey } from '#test/support/running.ts'
import { segmentOf } from '#test/support/segments.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const MESSAGES = 5

describe('A backup is restored', () => {
  let archive: Buffer, operatorKey: string, owner: PartyKey, city: PartyKey, streamId: string, known: { usage: any, ledger: any, consents: any }
  const booksOf = async (users: Running) => ({ usage: await users.ok(city.key, 'GET', '/v1/usage'), ledger: await users.ok(operatorKey, 'GET', '/v1/ledger'), consents: await users.ok(owner.key, 'GET', '/v1/consents') })

  before(async () => {
    const running = await Running.start()
    operatorKey = running.operatorKey;
    [owner, city] = await Promise.all([running.party('owner'), running.party('subscriber')])
    const device = await running.device(await running.pair(owner)), publish = (n: number) => device.publishAsync('zigbee2mqtt/k', JSON.stringify({ temperature: n }), { qos: 1 })
    await publish(0)
    streamId = (await running.streamsOf(owner))[0]!.streamId
    await running.deal(owner, city, streamId, { price: '0.001', budget: '1' })
    const { consentId } = await running.deal(owner, city, streamId, { price: '0.002', budget: '1', purpose: 'dpv:ServiceProvision' })
    await running.ok(owner.key, 'POST', `/v1/consents/${consentId}/withdraw`)
    const watcher = running.subscribe(city, streamId)
    await watcher.opened
    for (let n = 1; n <= MESSAGES; n++) await publish(n)
    await watcher.count(MESSAGES)
    watcher.close()
    known = await booksOf(running)
    archive = await takeBackup(running)
    await running.stop()
  })

  it('into a directory of this account alone, with what was in it, the same books and the same consents', async () => {
    const directory = join(temporaryFolder(), 'not', 'there'), restored = await restoreArchive(archive, directory)
    assert.deepEqual({ ...restored, createdAt: '', ledgerEntries: restored.ledgerEntries > 0 }, { data: directory, createdAt: '', sluiceVersion: '0.1.0', streams: 1, consentEvents: 3, ledgerEntries: true, messages: MESSAGES, damaged: [] })
    assert.deepEqual(readdirSync(directory).sort(), ['journal', 'master.key', 'signing.key', 'state.db'])
    assert.deepEqual(readdirSync(dirname(directory)), ['there'])
    for (const [name, mode] of [['', 0o700], ['journal', 0o700], ['state.db', 0o600], ['master.key', 0o600], ['signing.key', 0o600], ['journal/0000000001.seg', 0o600]] as const) assert.equal(statSync(join(directory, name)).mode & 0o777, mode, name)
    const running = await Running.start({ data: directory })
    assert.deepEqual(await booksOf(running), known)
    const replay = running.subscribe(city, streamId, 'envelope=1&from=earliest')
    await replay.count(MESSAGES)
    assert.deepEqual(replay.got.map(({ content }) => content.temperature.value), [1, 2, 3, 4, 5])
    replay.close()
    await running.stop()
  })

  it('into a directory that is there and empty, and into no other', async () => {
    const empty = temporaryFolder()
    assert.equal((await restoreArchive(archive, `${empty}/`)).data, empty)
    await assert.rejects(restoreArchive(archive, empty), { code: 'CONFLICT', message: /is no empty directory/ })
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, 'a letter')
    await assert.rejects(restoreArchive(archive, file), { code: 'CONFLICT' })
    assert.equal(readFileSync(file, 'utf8'), 'a letter')
  })

  /** Restores what became of the backup when somebody changed it and sealed it again, and holds that nothing is left of it. */
  async function refused(change: (opened: Opened) => void, message: RegExp): Promise<void> {
    const opened = await openUp(archive), parent = temporaryFolder()
    change(opened)
    await assert.rejects(restoreArchive(await closeUp(opened), join(parent, 'data')), { name: 'GatewayError', message })
    assert.deepEqual(readdirSync(parent), [])
  }
  const sql = (text: string) => ({ folder }: Opened) => {
    const database = new DatabaseSync(join(folder, 'state.db'), { enableForeignKeyConstraints: false })
    database.exec(text)
    database.close()
  }

  it('unless its chain of consents is broken, its books do not balance, or its state is none', async () => {
    await refused(sql('DELETE FROM consent_events WHERE seq = 2'), /chain of consent events is broken at event 2/)
    await refused(sql("UPDATE consent_payloads SET payload = replace(payload, 'temperature', 'humidity')"), /its payload was changed/)
    await refused(sql("UPDATE balances SET amount = amount + 1 WHERE account = 'platform'"), /books do not balance/)
    await refused(sql("INSERT INTO balances VALUES ('owner:x', 'EUR', '5'), ('external:x', 'EUR', '-5')"), /books do not balance/)
    await refused(sql('DELETE FROM postings WHERE seq = 1'), /books do not balance/)
    await refused(sql('PRAGMA user_version = 99'), /schema version 99/)
    await refused(({ folder }) => writeFileSync(join(folder, 'state.db'), 'a letter to a friend, and no database'), /cannot be used/)
  })

  it('with the key that signs, by which what comes is proven as before; it may be absent, and may not be anything else', async () => {
    const signs = (opened: Opened) => readFileSync(join(opened.folder, 'signing.key'), 'utf8'), opened = await openUp(archive), directory = join(temporaryFolder(), 'restored')
    await restoreArchive(archive, directory)
    assert.equal(readFileSync(join(directory, 'signing.key'), 'utf8'), signs(opened))
    rmSync(join(opened.folder, 'signing.key'))
    const older = join(temporaryFolder(), 'older')
    await restoreArchive(await closeUp(opened), older)
    assert.ok(!existsSync(join(older, 'signing.key')))
    await refused(({ folder }) => writeFileSync(join(folder, 'signing.key'), 'x'), /signing\.key holds no Ed25519 key/)
  })

  it('unless its master key is another gateway\'s, or none', async () => {
    await refused(({ folder }) => writeFileSync(join(folder, 'master.key'), randomBytes(32)), /does not open with this master\.key/)
    await refused(({ folder }) => writeFileSync(join(folder, 'master.key'), randomBytes(31)), /has 31 bytes/)
  })

  it('unless it has a message of a stream that its state does not know', () => refused(({ folder }) => {
    const record = { streamNumber: 77, position: 1, timestamp: 1, sequenceNumber: 0, msgChainId: 'abcdefghij0123456789', content: Buffer.from('x') }
    writeFileSync(join(folder, 'journal', '0000000002.seg'), segmentOf([[record]], 2))
  }, /a message belongs to stream 77/))

  it('unless it is cut off or damaged, wherever that is, with nothing left of it', async () => {
    const parent = temporaryFolder()
    for (let length = 0; length < archive.length; length += 512 * Math.max(1, Math.floor(archive.length / 512 / 40))) {
      await assert.rejects(restoreArchive(archive.subarray(0, length), join(parent, 'data')), { code: 'BAD_REQUEST', message: /cut off/ })
      const damaged = Buffer.from(archive)
      damaged[length]! ^= 1
      await assert.rejects(restoreArchive(damaged, join(parent, 'data')), { code: 'BAD_REQUEST' })
    }
    assert.deepEqual(readdirSync(parent), [])
  })

  it('with a journal that was damaged when it was taken: as far as it can be read, and it says where that ends', async () => {
    const opened = await openUp(archive), file = join(opened.folder, 'journal', '0000000001.seg'), bytes = readFileSync(file)
    bytes[bytes.length - 1]! ^= 1
    writeFileSync(file, bytes)
    const { messages, damaged } = await restoreArchive(await closeUp(opened))
    assert.equal(messages, MESSAGES - 1)
    assert.match(damaged.join(), /^journal\/0000000001\.seg at \d+$/)
  })

  it('unless there is none, or no way to put it there', async () => {
    const directory = join(temporaryFolder(), 'data')
    await assert.rejects(restore({ file: join(directory, 'none.tar'), directory, onProgress: () => {} }), { code: 'NOT_FOUND', message: /no backup to be read at/ })
    await assert.rejects(restoreArchive(archive, '/proc/sluice'), { code: 'UNAVAILABLE', message: /^Nothing was restored/ })
    assert.ok(!existsSync(directory))
  })

  it('by somebody else at the same time: only one of them', async () => {
    const directory = join(temporaryFolder(), 'data')
    mkdirSync(directory)
    const ended = await Promise.allSettled([restoreArchive(archive, directory), restoreArchive(archive, directory)])
    assert.deepEqual(ended.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    assert.deepEqual(readdirSync(dirname(directory)), ['data'])
  })
})
