import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { sluice, sluiceJson } from '#test/support/command-line.ts'
import { takeBackup } from '#test/support/backup.ts'
import { Running } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

describe('sluice backup', () => {
  let running: Running, folder: string, operator: { SLUICE_URL: string, SLUICE_KEY: string }
  const cwd = process.cwd()
  before(async () => {
    running = await Running.start()
    operator = { SLUICE_URL: running.http, SLUICE_KEY: running.operatorKey }
  })
  after(() => running.stop())
  beforeEach(() => { folder = temporaryFolder() })
  afterEach(() => process.chdir(cwd))

  it('brings a gateway into a file of this account alone, and restore makes a data directory of it', async () => {
    const file = join(folder, 'b.tar'), data = join(folder, 'data'), made = await sluiceJson(['backup', '--to', file], operator)
    assert.deepEqual({ ...made, createdAt: '' }, { file, bytes: statSync(file).size, createdAt: '', sluiceVersion: '0.1.0', schemaVersion: made.schemaVersion, messages: 0 })
    assert.deepEqual([statSync(file).mode & 0o777, readdirSync(folder)], [0o600, ['b.tar']])
    assert.deepEqual(await sluiceJson(['restore', file, '--data', data]), { data, createdAt: made.createdAt, sluiceVersion: '0.1.0', streams: 0, consentEvents: 0, ledgerEntries: 0, messages: 0, damaged: [] })
    const again = await Running.start({ data })
    assert.equal((await again.call(running.operatorKey, 'GET', '/v1/parties')).status, 200)
    await again.stop()
  })

  it('names the file after the time, in the working directory', async () => {
    process.chdir(folder)
    const { code, out } = await sluice(['backup'], operator)
    assert.equal(code, 0)
    assert.match(out, /^file +.*\/sluice-backup-\d{8}T\d{6}Z\.tar\nbytes +\d+\n/)
    assert.match(readdirSync(folder).join(), /^sluice-backup-\d{8}T\d{6}Z\.tar$/)
  })

  it('leaves a file that is there alone, and puts itself in the place of the rest of a backup that was killed', async () => {
    const file = join(folder, 'b.tar')
    writeFileSync(file, 'a letter')
    const { code, err } = await sluice(['backup', '--to', file], operator)
    assert.equal(code, 1)
    assert.match(err, /b\.tar is there already: say with --to .* \(CONFLICT\)/)
    assert.equal(readFileSync(file, 'utf8'), 'a letter')
    writeFileSync(join(folder, 'c.tar.part'), 'half of it', { mode: 0o644 })
    await sluiceJson(['backup', '--to', join(folder, 'c.tar')], operator)
    assert.deepEqual([readdirSync(folder).sort(), statSync(join(folder, 'c.tar')).mode & 0o777], [['b.tar', 'c.tar'], 0o600])
  })

  it('is for operators, and for a place that takes files', async () => {
    const { key } = await running.party('owner')
    assert.match((await sluice(['backup', '--to', join(folder, 'b.tar')], { ...operator, SLUICE_KEY: key })).err, /FORBIDDEN/)
    assert.match((await sluice(['backup', '--to', join(folder, 'none', 'b.tar')], operator)).err, /The backup was not kept: ENOENT.*UNAVAILABLE/)
    assert.deepEqual(readdirSync(folder), [])
  })

  it('keeps nothing of a backup that breaks off or comes damaged', async () => {
    const archive = await takeBackup(running), damaged = Buffer.from(archive)
    damaged[4_000]! ^= 1
    const answers = [{ bytes: archive.subarray(0, 10_000), isCut: true }, { bytes: archive.subarray(0, -512), isCut: false }, { bytes: damaged, isCut: false }]
    const server = createServer((_request, response) => {
      const { bytes, isCut } = answers.shift()!
      response.writeHead(200, { 'content-type': 'application/x-tar' })
      response.write(bytes, () => { if (isCut) response.destroy(); else response.end() })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const SLUICE_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    for (const why of [/not kept: aborted/, /not kept: .*it was cut off/, /not kept: .*state\.db is not what was written/]) {
      const { code, err } = await sluice(['backup', '--to', join(folder, 'b.tar')], { ...operator, SLUICE_URL })
      assert.equal(code, 1)
      assert.match(err, why)
      assert.deepEqual(readdirSync(folder), [])
    }
    server.close()
  })
})

describe('sluice restore', () => {
  it('refuses what is no backup, and a directory that has something in it', async () => {
    const folder = temporaryFolder(), file = join(folder, 'letter.tar'), data = join(folder, 'data')
    writeFileSync(file, 'a letter to a friend, and no backup'.padEnd(2_000))
    assert.match((await sluice(['restore', file, '--data', data])).err, /no whole backup: it is damaged, or no backup at all.*BAD_REQUEST/)
    assert.match((await sluice(['restore', join(folder, 'none'), '--data', data])).err, /NOT_FOUND/)
    assert.match((await sluice(['restore', file, '--data', folder])).err, /no empty directory.*CONFLICT/)
    assert.ok(!existsSync(data))
    assert.equal((await sluice(['restore', file])).code, 2)
  })
})
