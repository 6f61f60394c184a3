import assert from 'node:assert/strict'
import { call, type Answer, type CallOptions } from '#test/support/documented.ts'
import { Running, type PartyKey } from '#test/support/running.ts'

describe('A subscriber', () => {
  let running: Running, owner: PartyKey, neighbour: PartyKey, city: PartyKey, rival: PartyKey, streamId: string
  before(async () => {
    running = await Running.start()
    ;[owner, neighbour, city, rival] = await Promise.all([running.party('owner'), running.party('owner'), running.party('subscriber'), running.party('subscriber')])
    const device = await running.device(await running.pair(owner))
    await device.publishAsync('zigbee2mqtt/kitchen', '{"temperature":20}', { qos: 1 })
    streamId = (await running.streamsOf(owner))[0]!.streamId
  })
  after(() => running.stop())

  const ask = (party: PartyKey, id: string, options?: CallOptions): Promise<Answer> => call(running.http, party.key, id, options)
  const seen = async (party: PartyKey, query = '') => (await ask(party, 'listStreams', { query })).body.find((stream: { streamId: string }) => stream.streamId === streamId)
  const offer = async (more: object = {}): Promise<string> => (await ask(owner, 'createOffer', { body: { streamId, price: '0.001', unit: 'message', currency: 'EUR', attributes: ['temperature'], ...more } })).body.offerId

  it('knows of a stream while it is offered, and afterwards if they have agreed', async () => {
    for (const party of [neighbour, city, rival]) assert.equal(await seen(party), undefined)
    const offerId = await offer({ price: '0' })
    for (const party of [neighbour, city, rival]) {
      const { sourceId, device, attributes } = await seen(party)
      assert.deepEqual([sourceId, device, attributes.includes('temperature')], [undefined, undefined, true], 'where it comes from is for its owner')
    }
    assert.equal(await seen(neighbour, '?mine=true'), undefined)
    await ask(city, 'agree', { body: { offerId, purpose: 'dpv:PublicBenefit' } })
    await ask(owner, 'withdrawOffer', { values: { offerId } })
    assert.ok(await seen(city))
    assert.ok(await seen(city, '?mine=true'))
    assert.deepEqual([await seen(rival), await seen(neighbour)], [undefined, undefined])
    assert.equal((await call(running.http, running.operatorKey, 'listStreams')).body.length, 1)
  })

  it('agrees for a purpose of the offer, with a budget that pays', async () => {
    const offerId = await offer({ purposes: ['dpv:PublicBenefit'] }), agree = (body: object) => ask(city, 'agree', { body: { offerId, purpose: 'dpv:PublicBenefit', ...body } })
    const refused = async (body: object, status: number, code: string) => {
      const answer = await agree(body)
      assert.deepEqual([answer.status, answer.body.code], [status, code], JSON.stringify(answer.body))
    }
    await refused({ purpose: 'dpv:Marketing', budget: '1' }, 403, 'PURPOSE_MISMATCH')
    await refused({}, 400, 'BAD_REQUEST')
    await refused({ budget: '0.0009' }, 400, 'BAD_REQUEST')
    await refused({ budget: '1.0000001' }, 400, 'BAD_REQUEST')
    await refused({ budget: '1', offerId: 'offer_x' }, 404, 'NOT_FOUND')
    const { status, body: { agreementId, state } } = await agree({ budget: '1.5' })
    assert.deepEqual([status, state], [201, 'waiting'])
    const listed = (await ask(city, 'listAgreements')).body.find((known: { agreementId: string }) => known.agreementId === agreementId)
    assert.deepEqual(listed, { agreementId, offerId, streamId, purpose: 'dpv:PublicBenefit', state: 'waiting', budget: '1.500000', left: '1.500000', currency: 'EUR' })
  })

  it('ends an agreement, and has back what is left', async () => {
    const offerId = await offer(), { body: { agreementId } } = await ask(rival, 'agree', { body: { offerId, purpose: 'dpv:PublicBenefit', budget: '2' } })
    const external = async () => (await call(running.http, running.operatorKey, 'ledger')).body.balances.find(({ account }: { account: string }) => account === `external:${rival.partyId}`).amount
    assert.equal(await external(), '-2.000000')
    const { body } = await ask(rival, 'endAgreement', { values: { agreementId } })
    assert.deepEqual([body.state, body.budget, body.left, await external()], ['ended', '2.000000', '0.000000', '0.000000'])
    assert.deepEqual((await ask(rival, 'endAgreement', { values: { agreementId } })).body, body)
  })

  it('reads usage that is up to the moment, and the operator books that sum to zero', async () => {
    const offerId = await offer(), purpose = 'dpv:ServiceProvision'
    const { body: { agreementId } } = await ask(rival, 'agree', { body: { offerId, purpose, budget: '1' } })
    await ask(owner, 'grantConsent', { body: { streamId, recipient: rival.partyId, purposes: [purpose], attributes: ['temperature'] } })
    const watcher = running.subscribe(rival, streamId)
    assert.equal(await watcher.opened, true)
    const device = await running.device(await running.pair(neighbour)) // somebody else's messages cost nothing
    await device.publishAsync('zigbee2mqtt/kitchen', '{"temperature":5}', { qos: 1 })
    const usage = async () => (await ask(rival, 'usage')).body.agreements.find((known: { agreementId: string }) => known.agreementId === agreementId)
    assert.deepEqual(await usage(), { agreementId, streamId, messages: 0, amount: '0.000000', currency: 'EUR' })
    const { body: books } = await call(running.http, running.operatorKey, 'ledger')
    assert.deepEqual(books.sum, { EUR: '0.000000' })
    assert.ok(books.entries > 0 && books.balances.some(({ account }: { account: string }) => account === `reserved:${agreementId}`))
    watcher.close()
  })
})
