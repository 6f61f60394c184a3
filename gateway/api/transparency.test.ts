import assert from 'node:assert/strict'
import { isConsistent } from '#gateway/proof/consistency.ts'
import { parsePublicKeys } from '#gateway/proof/public-keys.ts'
import { rootOver } from '#gateway/proof/tree.ts'
import { leafOf } from '#gateway/transparency/entry.ts'
import { checkHead } from '#gateway/transparency/verifier.ts'
import { call } from '#test/support/documented.ts'
import { Running, type PartyKey } from '#test/support/running.ts'

describe('The transparency log over HTTP', () => {
  let running: Running, owner: PartyKey, city: PartyKey, stranger: PartyKey
  const ask = (id: string, query = '', key?: string) => call(running.http, key, id, { query })
  const entries = async (key: string, query = '') => (await ask('transparencyEntries', query, key)).body.entries as any[]
  const opened = async ({ key }: PartyKey) => (await entries(key)).filter(({ payload }) => payload !== undefined)

  before(async () => {
    running = await Running.start()
    ;[owner, city, stranger] = await Promise.all([running.party('owner'), running.party('subscriber'), running.party('owner')])
    const device = await running.device(await running.pair(owner))
    await device.publishAsync('zigbee2mqtt/k', '{"temperature":1.5}', { qos: 1 })
    const [{ streamId }] = await running.streamsOf(owner) as [{ streamId: string }]
    await running.deal(owner, city, streamId)
  })
  after(() => running.stop())

  it('has heads that everybody may have, signed by the key of this gateway', async () => {
    const keys = parsePublicKeys(await (await fetch(`${running.http}/.well-known/jwks.json`)).text()), { status, body } = await ask('transparencyHead')
    assert.deepEqual([status, body.size, checkHead(body, keys)], [200, 5, undefined], 'three parties that an operator has added, a consent and an agreement')
  })

  it('has proofs for everybody: of an entry by its index or its leaf, and of growth', async () => {
    const { body: older } = await ask('transparencyHead')
    await running.ok(owner.key, 'POST', '/v1/consents', { streamId: (await running.streamsOf(owner))[0]!.streamId, recipient: 'any', purposes: ['dpv:PublicBenefit'], attributes: ['temperature'] })
    const { body: newer } = await ask('transparencyHead'), all = await entries(stranger.key)
    assert.deepEqual([newer.size, all.length], [older.size + 1, newer.size])
    for (const [index, entry] of all.entries()) {
      const { body } = await ask('transparencyInclusion', `?index=${index}`), leaf = leafOf(entry)
      assert.deepEqual([body.size, body.root, body.leaf], [newer.size, newer.root, btoa(leaf)])
      assert.equal(rootOver(leaf, index, newer.size, Buffer.from(body.path, 'base64')), newer.root)
      for (const text of [body.leaf, Buffer.from(leaf, 'latin1').toString('base64url')]) assert.deepEqual((await ask('transparencyInclusion', `?leaf=${encodeURIComponent(text)}`)).body, body)
    }
    const { body } = await ask('transparencyConsistency', `?first=${older.size}`)
    assert.deepEqual([body.first.root, body.second.root], [older.root, newer.root])
    assert.ok(isConsistent(older, newer, Buffer.from(body.path, 'base64')))
    assert.equal((await ask('transparencyInclusion', `?index=0&size=${older.size}`)).body.root, older.root)
  })

  it('opens entries for those whom they are about, and for nobody else', async () => {
    assert.deepEqual((await opened(owner)).map(({ kind }) => kind), ['consent', 'agreement', 'consent'])
    assert.deepEqual((await opened(city)).map(({ kind }) => kind), ['consent', 'agreement'])
    assert.deepEqual(await opened(stranger), [])
    assert.deepEqual((await opened({ partyId: '', key: running.operatorKey })).map(({ kind }) => kind), ['action', 'action', 'action'], 'an operator sees what operators did, and nothing of others')
    assert.deepEqual((await entries(owner.key, '?from=1&count=1')).map(({ index }) => index), [1])
    assert.deepEqual(await entries(owner.key, '?from=9007199254740991&count=256'), [])
  })

  it('refuses what it has not, what it was not asked rightly, and who has no key', async () => {
    for (const [id, query, status] of [
      ['transparencyEntries', '', 401], ['transparencyInclusion', '', 400], ['transparencyInclusion', '?index=0&leaf=' + 'A'.repeat(43), 400], ['transparencyInclusion', '?index=99', 404],
      ['transparencyInclusion', '?index=0&size=99', 404], ['transparencyInclusion', '?index=-1', 400], ['transparencyInclusion', '?index=1.5', 400], ['transparencyInclusion', '?leaf=' + 'A'.repeat(43), 404],
      ['transparencyInclusion', '?leaf=x', 400], ['transparencyConsistency', '', 400], ['transparencyConsistency', '?first=2&second=1', 400], ['transparencyConsistency', '?first=99', 400], ['transparencyConsistency', '?first=0&second=99', 404],
    ] as const) assert.equal((await ask(id, query)).status, status, `${id} ${query}`)
    for (const query of ['?count=0', '?count=257', '?from=-1']) assert.equal((await ask('transparencyEntries', query, owner.key)).status, 400, query)
  })
})
