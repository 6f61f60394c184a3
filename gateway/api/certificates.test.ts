import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { CERTIFICATES_PER_SOURCE_MAX } from '#gateway/devices/certificates.ts'
import { makeCertificate } from '#test/support/device-certificates.ts'
import { call, type CallOptions } from '#test/support/documented.ts'
import { Running, type PartyKey } from '#test/support/running.ts'

const PEM_CHARS_MAX = 16_384

describe('An owner’s device certificates', () => {
  let running: Running, owner: PartyKey, neighbour: PartyKey, sourceId: string
  before(async () => {
    running = await Running.start()
    ;[owner, neighbour] = await Promise.all([running.party('owner'), running.party('owner')])
  })
  beforeEach(async () => { ({ sourceId } = await running.pair(owner)) })
  after(() => running.stop())

  const ask = (id: string, options: CallOptions = {}, { key } = owner) => call(running.http, key, id, { values: { sourceId, ...options.values }, ...options })
  const add = (certificate: string) => ask('addCertificate', { body: { certificate } })
  const list = async () => (await ask('listCertificates')).body as readonly { fingerprint: string }[]

  it('are known by their fingerprint, listed as they were added, and taken back one by one', async () => {
    const made = ['kitchen', 'garage'].map(name => makeCertificate(name)), added = []
    for (const { certificate } of made) added.push((await add(certificate)).body)
    const der = Buffer.from(made[0]!.certificate.replace(/-----.*-----/g, ''), 'base64')
    const { fingerprint, subject, until, addedAt } = added[0]
    assert.deepEqual([fingerprint, subject], [createHash('sha256').update(der).digest('hex'), 'CN=kitchen'])
    assert.ok(Date.parse(until) > Date.now() && Math.abs(Date.parse(addedAt) - Date.now()) < 60_000)
    assert.deepEqual(await list(), added)
    const removed = await ask('removeCertificate', { values: { sourceId, fingerprint } })
    assert.deepEqual([removed.status, removed.body], [200, { sourceId, fingerprint, state: 'removed' }])
    assert.deepEqual(await list(), added.slice(1))
    assert.equal((await ask('removeCertificate', { values: { sourceId, fingerprint } })).status, 404)
  })

  it('are counted where sources are listed, for their owner and for no operator', async () => {
    await add(makeCertificate('kitchen').certificate)
    const countFor = async (key: string) => (await call(running.http, key, 'listSources')).body.find((source: { sourceId: string }) => source.sourceId === sourceId).certificates
    assert.deepEqual([await countFor(owner.key), await countFor(running.operatorKey)], [1, undefined])
  })

  it('are refused with what is wrong and what to send, and nothing of a key comes back', async () => {
    const { certificate, key } = makeCertificate('kitchen'), old = makeCertificate('old', { until: new Date(Date.now() - 60_000) })
    for (const [sent, words] of [
      [key, /private key in this: send the certificate only/], [certificate + key, /private key/], [certificate + certificate, /2 certificates/],
      [old.certificate, /over since/], ['what', /has to be PEM/], ['', /certificate/], ['x'.repeat(PEM_CHARS_MAX + 1), /certificate/],
    ] as const) {
      const { status, body } = await add(sent)
      assert.deepEqual([status, body.code], [400, 'BAD_REQUEST'])
      assert.match(body.detail, words)
      assert.ok(!JSON.stringify(body).includes(key.slice(40, 80)))
    }
    assert.deepEqual(await list(), [])
  })

  it('are one source’s, whoever asks, and nobody learns whose', async () => {
    const { certificate } = makeCertificate('kitchen'), { sourceId: theirs } = await running.pair(neighbour)
    await add(certificate)
    const { status, body } = await ask('addCertificate', { values: { sourceId: theirs }, body: { certificate } }, neighbour)
    assert.deepEqual([status, body.code], [409, 'CONFLICT'])
    for (const secret of [sourceId, owner.partyId]) assert.ok(!JSON.stringify(body).includes(secret))
    assert.match((await add(certificate)).body.detail, /for this source already/)
  })

  it('are so many at most', async () => {
    for (let k = 0; k < CERTIFICATES_PER_SOURCE_MAX; k++) assert.equal((await add(makeCertificate(`d${k}`).certificate)).status, 201)
    const { status, body } = await add(makeCertificate('more').certificate)
    assert.deepEqual([status, body.code], [429, 'LIMIT_REACHED'])
  })
})
