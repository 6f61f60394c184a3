import assert from 'node:assert/strict'
import type { Role } from '#gateway/parties/parties.ts'
import { ROLES } from '#gateway/api/document.ts'
import { call, OPERATIONS } from '#test/support/documented.ts'
import { makeCertificate } from '#test/support/device-certificates.ts'
import { Running, type PartyKey } from '#test/support/running.ts'


describe('Access', () => {
  let running: Running, keys: Readonly<Record<Role, string>>
  before(async () => {
    running = await Running.start()
    const [owner, subscriber, operator] = await Promise.all(ROLES.map(role => running.party(role)))
    keys = { owner: owner!.key, subscriber: subscriber!.key, operator: operator!.key }
  })
  after(() => running.stop())

  for (const { id, roles, isUpgrade, takesQueryKey } of OPERATIONS) {
    if (!roles || isUpgrade) {
      it(`to ${id} needs no key`, async () => {
        assert.notEqual((await call(running.http, undefined, id)).status, 401)
      })
      continue
    }

    it(`to ${id} is refused without a key that is known`, async () => {
      for (const key of [undefined, 'not-a-key', 'a'.repeat(5_000)]) {
        const { status, body, headers } = await call(running.http, key, id)
        assert.deepEqual([status, body.code, headers.get('www-authenticate')], [401, 'UNAUTHENTICATED', 'Bearer'])
      }
    })

    for (const role of ROLES) {
      const isAllowed = roles.includes(role)
      // Keys are left as they are: to dispose of one's own would end the matrix.
      const body = id === 'rotateKey' || id === 'revokeKeys' ? { partyId: 'unknown' } : undefined
      it(`to ${id} is ${isAllowed ? 'open' : 'closed'} to ${role}s`, async () => {
        const { status, body: answer } = await call(running.http, keys[role], id, { body })
        if (isAllowed) assert.ok(status !== 401 && answer.code !== 'FORBIDDEN', JSON.stringify(answer))
        else assert.deepEqual([status, answer.code], [403, 'FORBIDDEN'])
      })
    }

    it(`to ${id} by a key in the address is ${takesQueryKey ? 'possible' : 'not'}`, async () => {
      const { status } = await call(running.http, undefined, id, { query: `?apiKey=${keys[roles[0]!]}` })
      assert.equal(status === 401, !takesQueryKey)
    })
  }

  it('is refused before the body is read', async () => {
    for (const raw of ['{', 'x'.repeat(100)]) assert.equal((await call(running.http, 'not-a-key', 'addParty', { raw })).status, 401)
  })

  it('takes the scheme in any case, and no other scheme', async () => {
    const statusFor = async (authorization: string) => (await call(running.http, undefined, 'listStreams', { headers: { authorization } })).status
    assert.equal(await statusFor(`bearer ${keys.owner}`), 200)
    for (const authorization of [`Basic ${btoa(`owner:${keys.owner}`)}`, keys.owner, `Bearer${keys.owner}`, 'Bearer', `Bearer ${keys.owner} x`]) assert.equal(await statusFor(authorization), 401, authorization)
  })

  it('is never taken from a cookie', async () => {
    assert.equal((await call(running.http, undefined, 'listStreams', { headers: { cookie: `key=${keys.owner}; apiKey=${keys.owner}` } })).status, 401)
  })
})

/** Broken object level authorization (OWASP API1:2023): each address with an id, asked by somebody else. */
describe('Somebody else\'s ids', () => {
  let running: Running, owner: PartyKey, neighbour: PartyKey, city: PartyKey, rival: PartyKey
  let theirs: Readonly<Record<string, string>>
  before(async () => {
    running = await Running.start()
    ;[owner, neighbour, city, rival] = await Promise.all([running.party('owner'), running.party('owner'), running.party('subscriber'), running.party('subscriber')])
    const source = await running.pair(owner), device = await running.device(source)
    await device.publishAsync('zigbee2mqtt/k', '{"temperature":20}', { qos: 1 })
    const [stream] = await running.streamsOf(owner), [seen] = await running.ok(owner.key, 'GET', '/v1/devices')
    const { offerId, consentId, agreementId } = await running.deal(owner, city, stream!.streamId)
    const { requestId } = await running.ok(city.key, 'POST', '/v1/consent-requests', { streamId: stream!.streamId, purposes: ['dpv:PublicBenefit'], attributes: ['temperature'] })
    await running.ok(owner.key, 'POST', `/v1/offers/${offerId}/withdraw`)
    const { fingerprint } = await running.ok(owner.key, 'POST', `/v1/sources/${source.sourceId}/certificates`, { certificate: makeCertificate('kitchen').certificate })
    theirs = { sourceId: source.sourceId, fingerprint, deviceId: seen.deviceId, streamId: stream!.streamId, offerId, consentId, agreementId, requestId, partyId: owner.partyId }
  })
  after(() => running.stop())

  const bodies: Readonly<Record<string, (streamId: string, offerId: string) => object>> = {
    setDevice: () => ({ name: 'mine' }),
    setParty: () => ({ contact: 'privacy@example.org' }),
    addCertificate: () => ({ certificate: makeCertificate('mine').certificate }),
    setBridge: () => ({ username: 'mine' }),
    createOffer: streamId => ({ streamId, price: '0', unit: 'message', currency: 'EUR', attributes: ['temperature'] }),
    grantConsent: streamId => ({ streamId, recipient: 'any', purposes: ['dpv:PublicBenefit'], attributes: ['temperature'] }),
    requestConsent: streamId => ({ streamId, purposes: ['dpv:PublicBenefit'], attributes: ['temperature'] }),
    agree: (_streamId, offerId) => ({ offerId, purpose: 'dpv:PublicBenefit' }),
  }
  const withIds = OPERATIONS.filter(({ path, id, isUpgrade }) => (path.includes('{') && !isUpgrade) || id in bodies)

  for (const { id, roles } of withIds) {
    it(`are answered by ${id} as ids that there are not`, async () => {
      for (const stranger of [neighbour, rival].filter(({ partyId }) => roles!.includes(partyId.startsWith('own') ? 'owner' : 'subscriber'))) {
        const ask = (values: Readonly<Record<string, string>>) => call(running.http, stranger.key, id, { values, body: bodies[id]?.(values['streamId']!, values['offerId']!) })
        const [foreign, unknown] = await Promise.all([ask(theirs), ask({ ...theirs, sourceId: 'src_x', deviceId: 'x', streamId: '0x0/x/y', offerId: 'offer_x', consentId: 'grant_x', agreementId: 'agr_x', requestId: 'grant_x', partyId: 'own_x', fingerprint: '0' })])
        assert.deepEqual([foreign.status, foreign.body], [404, unknown.body])
      }
    })
  }

  it('of a source explain nothing', async () => {
    assert.equal((await call(running.http, neighbour.key, 'explain', { query: `?source=${theirs['sourceId']}` })).status, 404)
  })

  it('are in nobody else\'s lists', async () => {
    for (const { id, roles, path, method } of OPERATIONS.filter(({ method, path, roles }) => method === 'GET' && roles && !path.includes('{'))) {
      for (const stranger of [neighbour, rival].filter(({ partyId }) => roles!.includes(partyId.startsWith('own') ? 'owner' : 'subscriber'))) {
        const { status, body } = await call(running.http, stranger.key, id)
        if (status !== 200) continue
        for (const foreign of Object.values(theirs)) assert.ok(!JSON.stringify(body).includes(foreign), `${method} ${path} shows ${foreign}`)
      }
    }
  })

  it('of a stream are refused over WebSocket as well, with the same words as an id that there is not', async () => {
    const refusals = await Promise.all([theirs['streamId']!, '0x0/x/y'].map(async streamId => {
      const watcher = running.subscribe(neighbour, streamId)
      assert.equal(await watcher.opened, false)
      return watcher.refusal
    }))
    assert.deepEqual(refusals[0], refusals[1])
    assert.equal(refusals[0]!.status, 404)
  })

  it('of a party: their keys are left alone by all but operators', async () => {
    for (const id of ['rotateKey', 'revokeKeys']) {
      for (const { key } of [owner, rival]) assert.equal((await call(running.http, key, id, { body: { partyId: city.partyId } })).status, 404, id)
    }
    const { body: { key } } = await call(running.http, running.operatorKey, 'rotateKey', { body: { partyId: rival.partyId } })
    assert.equal((await call(running.http, rival.key, 'listStreams')).status, 401, 'the old key has stopped')
    assert.equal((await call(running.http, key, 'listStreams')).status, 200)
    assert.equal((await call(running.http, running.operatorKey, 'revokeKeys', { body: { partyId: rival.partyId } })).body.state, 'revoked')
    assert.equal((await call(running.http, key, 'listStreams')).status, 401)
    assert.equal((await call(running.http, running.operatorKey, 'revokeKeys', { body: { partyId: 'sub_x' } })).status, 404)
  })
})
