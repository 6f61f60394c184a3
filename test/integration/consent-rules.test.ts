// The rules of consent as their users meet them: over HTTP, with somebody at the other end of the stream.
import assert from 'node:assert/strict'
import type { MqttClient } from 'mqtt'
import { Running, type PartyKey, type Watcher } from '#test/support/running.ts'

describe('Consent, by its rules', () => {
  let running: Running, owner: PartyKey, city: PartyKey, device: MqttClient, streamId: string, sourceId: string, offerId: string
  before(async () => { running = await Running.start() })
  after(() => running.stop())
  beforeEach(async () => {
    ;[owner, city] = await Promise.all([running.party('owner'), running.party('subscriber')])
    const source = await running.pair(owner)
    sourceId = source.sourceId
    device = await running.device(source)
    await say(20)
    streamId = (await running.streamsOf(owner))[0]!.streamId
    offerId = (await running.ok(owner.key, 'POST', '/v1/offers', { streamId, price: '0', unit: 'message', currency: 'EUR', attributes: ['temperature'] })).offerId
  })

  const say = (temperature: number) => device.publishAsync('zigbee2mqtt/k', JSON.stringify({ temperature, humidity: 44 }), { qos: 1 })
  const consent = (more: object = {}, by = owner) =>
    running.ok(by.key, 'POST', '/v1/consents', { streamId, recipient: city.partyId, purposes: ['dpv:PublicBenefit'], attributes: ['temperature'], ...more })
  const refused = async (more: object) => {
    const { status, body } = await running.call(owner.key, 'POST', '/v1/consents', { streamId, recipient: city.partyId, purposes: ['dpv:PublicBenefit'], attributes: ['temperature'], ...more })
    assert.ok(status >= 400, JSON.stringify(more))
    return `${status} ${body.detail}`
  }
  const agree = (purpose = 'dpv:PublicBenefit', more: object = {}) => running.ok(city.key, 'POST', '/v1/agreements', { offerId, purpose, ...more })
  const stateOf = async (agreementId: string) => (await running.ok(city.key, 'GET', '/v1/agreements')).find((known: { agreementId: string }) => known.agreementId === agreementId).state
  const operator = (method: string, path: string, body?: object) => running.ok(running.operatorKey, method, path, body)
  const temperatures = ({ got }: Watcher) => got.map(({ content }) => content.temperature.value)

  /** A live stream with one message on it. */
  async function live(temperature: number): Promise<Watcher> {
    const watcher = running.subscribe(city, streamId)
    assert.ok(await watcher.opened, JSON.stringify(watcher.refusal))
    await say(temperature)
    await watcher.count(1)
    assert.deepEqual(temperatures(watcher), [temperature])
    return watcher
  }

  it('for a purpose lets out for a narrower one, and never for a broader one', async () => {
    await consent({ purposes: ['dpv:Marketing'] })
    assert.equal((await agree('dpv:TargetedAdvertising')).state, 'active')
    assert.equal((await agree('dpv:Purpose')).state, 'waiting')
    assert.match(await refused({ purposes: ['dpv:Advertizing'] }), /^400 DPV 2\.3 has no purpose dpv:Advertizing/)
  })

  it('is overruled by a prohibition, which ends the stream before it is answered, and gives way when it is withdrawn', async () => {
    await consent()
    const { agreementId } = await agree(), watcher = await live(21)
    const { consentId, receipt } = await consent({ kind: 'prohibition', recipient: 'any', purposes: ['dpv:CombatClimateChange'], attributes: 'all' })
    assert.deepEqual([receipt.kind, receipt.recipient, receipt.attributes.includes('illuminance')], ['prohibition', 'any', true])
    await say(22)
    assert.equal((await watcher.end()).reason, 'NO_CONSENT')
    assert.deepEqual([temperatures(watcher), await stateOf(agreementId)], [[21], 'waiting'])
    await running.ok(owner.key, 'POST', `/v1/consents/${consentId}/withdraw`)
    assert.equal(await stateOf(agreementId), 'active')
    assert.deepEqual((await running.ok(owner.key, 'GET', '/v1/consents')).map(({ kind, state }: any) => [kind, state]), [[undefined, 'given'], ['prohibition', 'withdrawn']])
    const again = running.subscribe(city, streamId, 'envelope=1&from=earliest')
    await again.opened
    await say(23)
    await again.count(1)
    assert.deepEqual(temperatures(again), [23], 'what came before it was allowed again stays where it is')
  })

  it('to a group is for whoever is in it, from when they join until they leave', async () => {
    const { groupId } = await operator('POST', '/v1/groups', { name: 'Cities' }), member = `/v1/groups/${groupId}/members/${city.partyId}`
    const { receipt } = await consent({ recipient: groupId }), { agreementId, state } = await agree()
    assert.deepEqual([receipt.recipient, state], [groupId, 'waiting'])
    await operator('PUT', member)
    assert.equal(await stateOf(agreementId), 'active')
    assert.deepEqual((await running.ok(owner.key, 'GET', '/v1/groups')).at(-1).members, [{ partyId: city.partyId, name: 'subscriber' }])
    const watcher = await live(21)
    await operator('DELETE', member)
    await say(22)
    assert.equal((await watcher.end()).reason, 'NO_CONSENT')
    assert.deepEqual(temperatures(watcher), [21])
    await operator('PUT', member)
    assert.equal(await stateOf(agreementId), 'active')
    await operator('DELETE', `/v1/groups/${groupId}`)
    assert.equal(await stateOf(agreementId), 'waiting')
    assert.match(await refused({ recipient: groupId }), /^404/)
    for (const key of [owner.key, city.key]) assert.equal((await running.call(key, 'POST', '/v1/groups', { name: 'Mine' })).status, 403)
  })

  it('prohibited to a group is so to all when there is no such group any more', async () => {
    const { groupId } = await operator('POST', '/v1/groups', { name: 'Insurers' })
    await consent()
    await consent({ kind: 'prohibition', recipient: groupId })
    const { agreementId, state } = await agree()
    assert.equal(state, 'active')
    await operator('DELETE', `/v1/groups/${groupId}`)
    assert.equal(await stateOf(agreementId), 'waiting')
  })

  it('for a country ends when its recipient moves', async () => {
    await consent({ countries: ['BE', 'NL'] })
    const { agreementId, state } = await agree(), path = `/v1/parties/${city.partyId}`
    assert.equal(state, 'waiting')
    assert.equal((await operator('PATCH', path, { country: 'NL' })).country, 'NL')
    const watcher = await live(21)
    await operator('PATCH', path, { country: null })
    await say(22)
    assert.equal((await watcher.end()).reason, 'NO_CONSENT')
    assert.deepEqual([temperatures(watcher), await stateOf(agreementId)], [[21], 'waiting'])
    assert.match(await refused({ countries: ['UK'] }), /^400 "UK" is no country/)
    for (const country of ['be', 'EU']) assert.equal((await running.call(running.operatorKey, 'PATCH', path, { country })).status, 400)
  })

  it('for a group of countries is for whoever is in one of them', async () => {
    await consent({ countries: ['EEA'] })
    const { agreementId } = await agree(), path = `/v1/parties/${city.partyId}`, states: string[] = []
    for (const country of ['IS', 'CH', 'FR', 'GB']) {
      await operator('PATCH', path, { country })
      states.push(await stateOf(agreementId))
    }
    assert.deepEqual(states, ['active', 'waiting', 'active', 'waiting'])
  })

  it('does not allow to hand on unless it says so', async () => {
    await consent()
    const { agreementId, state } = await agree(undefined, { onward: true })
    assert.equal(state, 'waiting')
    await consent({ onward: true })
    assert.equal(await stateOf(agreementId), 'active')
  })

  it('is wanted of each whom the source tells about, and each may end it', async () => {
    const partner = await running.party('owner'), subject = `/v1/sources/${sourceId}/subjects/${partner.partyId}`
    await consent()
    const { agreementId } = await agree(), watcher = await live(21)
    assert.deepEqual(await running.ok(owner.key, 'PUT', subject), { sourceId, subjects: [partner.partyId] })
    await say(22)
    assert.equal((await watcher.end()).reason, 'NO_CONSENT')
    assert.deepEqual(temperatures(watcher), [21])
    assert.deepEqual((await running.streamsOf(partner)).map(known => [known.streamId, known.device]), [[streamId, undefined]])
    const { consentId } = await consent({}, partner), both = await live(23)
    await running.ok(partner.key, 'POST', `/v1/consents/${consentId}/withdraw`)
    await say(24)
    assert.equal((await both.end()).reason, 'CONSENT_WITHDRAWN')
    assert.deepEqual(temperatures(both), [23])
    assert.equal((await running.call(owner.key, 'DELETE', subject)).status, 404, 'nobody takes it back for them')
    assert.equal((await running.call(running.operatorKey, 'DELETE', subject)).status, 403)
    await running.ok(partner.key, 'DELETE', subject)
    assert.equal(await stateOf(agreementId), 'active')
    assert.equal((await running.call(partner.key, 'POST', '/v1/consents', { streamId, recipient: 'any', purposes: ['dpv:PublicBenefit'], attributes: 'all' })).status, 404)
  })

  it('is stricter where what a device tells is special', async () => {
    await consent({ recipient: 'any' })
    const { agreementId } = await agree(), watcher = await live(21), [{ deviceId }] = await running.ok(owner.key, 'GET', '/v1/devices')
    assert.equal((await running.ok(owner.key, 'PATCH', `/v1/devices/${deviceId}`, { special: true })).special, true)
    assert.equal((await watcher.end()).reason, 'NO_CONSENT')
    for (const more of [{}, { explicit: true, recipient: 'any' }, { explicit: true, purposes: ['dpv:Purpose'] }]) assert.match(await refused(more), /^400 .*special category/)
    const { receipt } = await consent({ explicit: true })
    assert.deepEqual([receipt.legalBasis, await stateOf(agreementId)], ['https://w3id.org/dpv#ExplicitlyExpressedConsent', 'active'])
  })

  it('begins and ends at the instants that were named', async () => {
    const notBefore = new Date(Date.now() + 400).toISOString(), until = new Date(Date.now() + 900).toISOString()
    const { receipt } = await consent({ notBefore, until }), { agreementId, state } = await agree()
    assert.deepEqual([receipt.notBefore, state], [notBefore, 'waiting'])
    while (await stateOf(agreementId) === 'waiting') await new Promise(done => setTimeout(done, 20))
    assert.ok(Date.now() >= Date.parse(notBefore))
    assert.equal((await (await live(21)).end()).reason, 'EXPIRED')
    assert.match(await refused({ notBefore: until, until: notBefore }), /^400/)
  })

  it('is as it was after a restart', async () => {
    const { groupId } = await operator('POST', '/v1/groups', { name: 'Cities' }), partner = await running.party('owner')
    await operator('PUT', `/v1/groups/${groupId}/members/${city.partyId}`)
    await operator('PATCH', `/v1/parties/${city.partyId}`, { country: 'BE' })
    await operator('PUT', `/v1/sources/${sourceId}/subjects/${partner.partyId}`)
    const { agreementId } = await agree(undefined, { onward: true })
    for (const by of [owner, partner]) await consent({ recipient: groupId, countries: ['BE'], onward: true }, by)
    assert.equal(await stateOf(agreementId), 'active')
    const { operatorKey } = running
    await running.stop()
    running = await Running.start({ data: running.data })
    assert.equal(await stateOf(agreementId), 'active')
    assert.equal((await running.ok(city.key, 'GET', '/v1/agreements'))[0].onward, true)
    assert.equal((await running.call(operatorKey, 'DELETE', `/v1/groups/${groupId}/members/${city.partyId}`)).status, 200)
    assert.equal(await stateOf(agreementId), 'waiting')
    Object.assign(running, { operatorKey })
  })
})
