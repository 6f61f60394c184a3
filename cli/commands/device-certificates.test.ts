import assert from 'node:assert/strict'
import { join } from 'node:path'
import { filesOf, makeCertificate } from '#test/support/device-certificates.ts'
import { sluice, sluiceJson } from '#test/support/command-line.ts'
import { Running } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

/** Nobody answers there. */
const NOWHERE = { SLUICE_URL: 'http://127.0.0.1:1', SLUICE_KEY: 'x' }

describe('certificate add, list and remove', () => {
  let running: Running, owner: { SLUICE_URL: string, SLUICE_KEY: string }, sourceId: string
  before(async () => {
    running = await Running.start()
    const party = await running.party('owner')
    owner = { SLUICE_URL: running.http, SLUICE_KEY: party.key }
    ;({ sourceId } = await running.pair(party))
  })
  after(() => running.stop())

  it('go through a certificate’s life, with its fingerprint as openssl writes it', async () => {
    const { certificateFile } = filesOf(makeCertificate('kitchen'))
    const added = await sluiceJson(['certificate', 'add', sourceId, '--file', certificateFile], owner)
    assert.equal(added.subject, 'CN=kitchen')
    assert.deepEqual(await sluiceJson(['certificate', 'list', sourceId], owner), [added])
    assert.match((await sluice(['certificate', 'list', sourceId], owner)).out, /^fingerprint +subject +from +until +addedAt\n[0-9a-f]{64} +CN=kitchen/)
    assert.match((await sluice(['source', 'list'], owner)).out, /certificates\n.* 1\n$/)
    const fingerprint = added.fingerprint.toUpperCase().replace(/..(?=.)/g, '$&:')
    assert.equal((await sluiceJson(['certificate', 'remove', sourceId, fingerprint], owner)).state, 'removed')
    assert.match((await sluice(['certificate', 'remove', sourceId, fingerprint], owner)).err, /NOT_FOUND/)
    assert.deepEqual(await sluiceJson(['certificate', 'list', sourceId], owner), [])
  })

  it('keep a key at home that was taken for a certificate', async () => {
    const { keyFile } = filesOf(makeCertificate('kitchen'))
    const { code, err } = await sluice(['certificate', 'add', sourceId, '--file', keyFile], NOWHERE)
    assert.equal(code, 1)
    assert.match(err, /private key in this: send the certificate only.* \(BAD_REQUEST\)/)
    assert.match((await sluice(['certificate', 'list', sourceId], NOWHERE)).err, /UNAVAILABLE/, 'who asks there is told so')
  })

  it('name a file that is not there', async () => {
    assert.match((await sluice(['certificate', 'add', sourceId, '--file', join(temporaryFolder(), 'none.pem')], owner)).err, /none\.pem cannot be read: ENOENT.*BAD_REQUEST/)
  })
})
