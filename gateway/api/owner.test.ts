import assert from 'node:assert/strict'
import type { MqttClient } from 'mqtt'
import { DIALECT_NAMES, dialectOf } from '#gateway/api/dialects.ts'
import { call, type Answer, type CallOptions } from '#test/support/documented.ts'
import { Running, type Paired, type PartyKey } from '#test/support/running.ts'

const YEAR_MS = 365 * 86_400_000

describe('An owner', () => {
  let running: Running, owner: PartyKey, city: PartyKey, source: Paired, device: MqttClient, streamId: string
  before(async () => {
    running = await Running.start()
    ;[owner, city] = await Promise.all([running.party('owner'), running.party('subscriber')])
    source = await running.pair(owner)
    device = await running.device(source)
    await device.publishAsync('zigbee2mqtt/kitchen', '{"temperature":20,"humidity":50,"battery":97}', { qos: 1 })
    streamId = (await running.streamsOf(owner))[0]!.streamId
  })
  after(() => running.stop())

  const ask = (id: string, options?: CallOptions): Promise<Answer> => call(running.http, owner.key, id, options)
  const refusal = async (id: string, options: CallOptions): Promise<string> => {
    const { status, body } = await ask(id, options)
    assert.equal(status, 400, JSON.stringify(body))
    return body.detail
  }
  const consent = (more: object = {}) => ({ body: { streamId, recipient: city.partyId, purposes: ['dpv:PublicBenefit'], attributes: ['temperature'], ...more } })
  const offer = (more: object = {}) => ({ body: { streamId, price: '0.5', unit: 'message', currency: 'EUR', attributes: ['temperature'], ...more } })

  describe('pairs a source', () => {
    it('by any name of a dialect', async () => {
      for (const dialect of DIALECT_NAMES) {
        const { status, body: { sourceId } } = await ask('pairSource', { body: { dialect } })
        assert.equal(status, 201)
        assert.equal((await ask('listSources')).body.find((known: Paired) => known.sourceId === sourceId).dialect, dialectOf(dialect))
      }
      assert.match(await refusal('pairSource', { body: { dialect: 'zwave' } }), /must be one of zigbee2mqtt/)
    })

    it('and is told where and as whom it connects', async () => {
      const { body } = await ask('pairSource', { body: { name: 'Attic', placement: 'outdoor', location: [-0.12, 51.5], timezone: 'Europe/London' } })
      assert.equal(body.mqtt, running.mqtt)
      assert.ok(body.password.length >= 43 && body.username.length > 0)
      const { createdAt, ...known } = (await ask('listSources')).body.find(({ sourceId }: Paired) => sourceId === body.sourceId)
      assert.deepEqual(known, { sourceId: body.sourceId, name: 'Attic', username: body.username, placement: 'outdoor', location: [-0.12, 51.5], timezone: 'Europe/London', state: 'active', certificates: 0 })
      assert.ok(Math.abs(Date.parse(createdAt) - Date.now()) < 60_000)
    })

    it('in a zone that there is', async () => {
      for (const timezone of ['Europe/Nowhere', '+02:00', 'x']) assert.match(await refusal('pairSource', { body: { timezone } }), /IANA/)
      assert.equal((await ask('pairSource', { body: { timezone: 'UTC' } })).status, 201)
    })

    it('and may suspend, resume, rotate and remove it', async () => {
      const mine = await running.pair(owner), values = { sourceId: mine.sourceId }
      const connects = (credentials: Pick<Paired, 'username' | 'password'>) => running.device(credentials).then(() => true, () => false)
      assert.equal((await ask('suspendSource', { values })).body.state, 'suspended')
      assert.equal(await connects(mine), false)
      assert.equal((await ask('resumeSource', { values })).body.state, 'active')
      assert.equal(await connects(mine), true)
      const { body: fresh } = await ask('rotateSource', { values })
      assert.deepEqual([await connects(mine), await connects(fresh)], [false, true])
      assert.deepEqual((await ask('removeSource', { values })).body, { sourceId: mine.sourceId, state: 'removed' })
      assert.equal(await connects(fresh), false)
      assert.equal((await ask('resumeSource', { values })).status, 404)
    })
  })

  describe('sees a device', () => {
    const kitchen = async () => (await ask('listDevices')).body.find(({ device: name }: { device: string }) => name === 'kitchen')

    it('with its status, which is in no stream', async () => {
      const { deviceId, lastSeen, ...seen } = await kitchen()
      assert.match(deviceId, /^[a-z2-7]{26}$/)
      assert.ok(Math.abs(Date.parse(lastSeen) - Date.now()) < 60_000)
      assert.deepEqual(seen, { sourceId: source.sourceId, device: 'kitchen', dialect: 'zigbee2mqtt', placement: 'indoor', status: { battery: 97 }, streams: [streamId] })
    })

    it('and says what it is, field by field, by id or by name, and takes it back', async () => {
      const { deviceId } = await kitchen()
      await ask('setDevice', { values: { deviceId }, body: { location: [4.35, 50.85], name: 'Kitchen' } })
      await ask('setDevice', { values: { deviceId: 'kitchen' }, body: { placement: 'outdoor' } })
      const { location, name, placement } = await kitchen()
      assert.deepEqual([location, name, placement], [[4.35, 50.85], 'Kitchen', 'outdoor'])
      await ask('setDevice', { values: { deviceId }, body: { location: null, name: null, placement: null } })
      const { location: noLocation, name: noName, placement: usual } = await kitchen()
      assert.deepEqual([noLocation, noName, usual], [undefined, undefined, 'indoor'])
    })

    it('and is asked which, where several have one name', async () => {
      const [one, other] = await Promise.all([running.pair(owner), running.pair(owner)])
      for (const twin of [one, other]) await (await running.device(twin)).publishAsync('zigbee2mqtt/twin', '{"temperature":1}', { qos: 1 })
      const { status, body } = await ask('setDevice', { values: { deviceId: 'twin' }, body: { name: 'x' } })
      assert.deepEqual([status, body.code], [409, 'CONFLICT'])
    })

    it('and cannot say what makes no sense', async () => {
      const { deviceId } = await kitchen(), values = { deviceId }
      assert.match(await refusal('setDevice', { values, body: {} }), /must name at least one of name, placement/)
      assert.match(await refusal('setDevice', { values, body: { emptyMm: 100, fullMm: 100 } }), /more than `fullMm`/)
      await ask('setDevice', { values, body: { emptyMm: 1500, fullMm: 200 } })
      assert.match(await refusal('setDevice', { values, body: { emptyMm: 150 } }), /more than `fullMm`/)
      assert.match(await refusal('setDevice', { values, body: { role: 'toaster' } }), /role must be one of streetlight/)
      assert.match(await refusal('setDevice', { values, body: { name: 'a\u001b[2Jb' } }), /control characters/)
    })
  })

  describe('offers', () => {
    it('say how exact what they offer is, to whoever may agree to them; what is dropped is not offered', async () => {
      for (const text of ['location=h3:7', 'temperature=round', 'temperature=blur:1', 'temperature=h3:7', '*=round:1']) assert.match(await refusal('createOffer', offer({ transforms: [text] })), new RegExp(text.replace('*', '\\*')))
      assert.match(await refusal('createOffer', offer({ transforms: ['temperature=drop'] })), /names at least one attribute/)
      const { body: { offerId } } = await ask('createOffer', offer({ attributes: ['temperature', 'relativeHumidity'], transforms: ['relativeHumidity=drop', 'temperature=round:0.50', '*=sample:900'] }))
      const standing = { offerId, price: '0.500000', unit: 'message', currency: 'EUR', purposes: [], attributes: ['temperature'], transforms: ['relativeHumidity=drop', 'temperature=round:0.5', '*=sample:900'] }
      const streams = (await call(running.http, city.key, 'listStreams')).body
      assert.deepEqual(streams.find((known: { streamId: string }) => known.streamId === streamId).offers.find((known: { offerId: string }) => known.offerId === offerId), standing)
      const { createdAt: _, state, streamId: of, ...listed } = (await ask('listOffers')).body.find((known: { offerId: string }) => known.offerId === offerId)
      assert.deepEqual([listed, state, of], [standing, 'standing', streamId])
      await ask('withdrawOffer', { values: { offerId } })
    })

    it('what the stream\'s model knows, and is told what that is', async () => {
      assert.match(await refusal('createOffer', offer({ attributes: ['humidity'] })), /IndoorEnvironmentObserved has no attribute humidity.*Seen in this stream so far: temperature, relativeHumidity/)
      assert.match(await refusal('createOffer', offer({ attributes: 'temperature' })), /attributes.*list of names, or `all`/)
    })

    it('by default what was seen so far, without where and which the device is', async () => {
      const { body: { offerId } } = await ask('createOffer', offer({ attributes: undefined }))
      const mine = (await ask('listOffers')).body.find((known: { offerId: string }) => known.offerId === offerId)
      assert.deepEqual(mine.attributes, ['temperature', 'relativeHumidity'])
      const { body: { offerId: whole } } = await ask('createOffer', offer({ attributes: 'all' }))
      const all = (await ask('listOffers')).body.find((known: { offerId: string }) => known.offerId === whole)
      assert.deepEqual(all.attributes, (await ask('listStreams', { query: '?mine=true' })).body.find((stream: { streamId: string }) => stream.streamId === streamId).attributes)
      assert.ok(all.attributes.includes('refDevice'))
    })

    it('nothing personal by default', async () => {
      await device.publishAsync('zigbee2mqtt/door', '{"contact":false}', { qos: 1 })
      const door = (await running.streamsOf(owner)).find(({ attributes }) => attributes.includes('textValue'))!
      assert.match(await refusal('createOffer', offer({ streamId: door.streamId, attributes: undefined })), /contact.*personal/)
      assert.equal((await ask('createOffer', offer({ streamId: door.streamId, attributes: ['textValue'] }))).status, 201)
    })

    it('at a price that can be told', async () => {
      for (const price of ['-1', '0.0000001', '1e3', '1,5', '', '.5', '9'.repeat(20)]) assert.match(await refusal('createOffer', offer({ price })), /price/, price)
      assert.match(await refusal('createOffer', offer({ price: 0.5 })), /price must be string/)
      assert.match(await refusal('createOffer', offer({ currency: 'euro' })), /currency.*ISO 4217/)
      for (const body of [{ unit: 'period' }, { unit: 'message', period: 'P1M' }, { unit: 'period', period: 'soon' }]) assert.match(await refusal('createOffer', offer(body)), /period/)
      assert.match(await refusal('createOffer', offer({ purposes: ['fun'] })), /purpose/)
    })

    it('until it is withdrawn: then nobody finds it, and a second withdrawal changes nothing', async () => {
      const { body: { offerId } } = await ask('createOffer', offer({ purposes: ['https://w3id.org/dpv#PublicBenefit'] }))
      const found = async () => (await call(running.http, city.key, 'listStreams')).body.find((stream: { streamId: string }) => stream.streamId === streamId)?.offers.find((known: { offerId: string }) => known.offerId === offerId)
      assert.deepEqual(await found(), { offerId, price: '0.500000', unit: 'message', currency: 'EUR', purposes: ['dpv:PublicBenefit'], attributes: ['temperature'] })
      const { body: first } = await ask('withdrawOffer', { values: { offerId } })
      assert.equal(first.state, 'withdrawn')
      assert.deepEqual((await ask('withdrawOffer', { values: { offerId } })).body, first)
      assert.equal(await found(), undefined)
      assert.equal((await call(running.http, city.key, 'agree', { body: { offerId, purpose: 'dpv:PublicBenefit', budget: '1' } })).status, 404)
    })
  })

  describe('consents', () => {
    it('and keeps a receipt of what was meant by `all`', async () => {
      const { status, body } = await ask('grantConsent', consent({ attributes: 'all' }))
      assert.deepEqual([status, body.state], [201, 'given'])
      const { attributes } = (await running.streamsOf(owner)).find(stream => stream.streamId === streamId)!
      assert.deepEqual(body.receipt.attributes, attributes)
      assert.equal(body.receipt.consentId, body.consentId)
    })

    it('to a party that there is, or to any', async () => {
      assert.equal((await ask('grantConsent', consent({ recipient: 'sub_nobody' }))).status, 404)
      assert.equal((await ask('grantConsent', consent({ recipient: 'any' }))).status, 201)
    })

    it('until a time to come', async () => {
      for (const until of ['2020-01-01T00:00:00Z', new Date(Date.now() - 1_000).toISOString()]) assert.match(await refusal('grantConsent', consent({ until })), /time to come/)
      for (const until of ['tomorrow', '2030-01-01', 1893456000]) assert.match(await refusal('grantConsent', consent({ until })), /until/)
      const until = new Date(Date.now() + YEAR_MS).toISOString(), { body: { consentId } } = await ask('grantConsent', consent({ until }))
      const { grantedAt, notice, ...listed } = (await ask('listConsents')).body.find((known: { consentId: string }) => known.consentId === consentId)
      assert.ok(Math.abs(Date.parse(grantedAt) - Date.now()) < 60_000)
      assert.deepEqual(listed, { consentId, state: 'given', streamId, recipient: city.partyId, purposes: ['dpv:PublicBenefit'], attributes: ['temperature'], until })
      assert.equal(notice.version, 1)
    })

    it('with transforms that are known and fit: all others are refused by name, never ignored', async () => {
      for (const text of ['location=grid:1', 'temperature=round', 'temperature=blur:1', 'temperature=mask', '*=aggregate:60,mean,5']) assert.match(await refusal('grantConsent', consent({ transforms: [text] })), new RegExp(text.replace('*', '\\*')))
      assert.match(await refusal('grantConsent', consent({ transforms: ['temperature=drop'] })), /names 1 to 64 attributes/)
      assert.match(await refusal('grantConsent', consent({ transforms: Array.from({ length: 65 }, () => 'temperature=pass') })), /transforms/)
      const { body: { consentId, receipt } } = await ask('grantConsent', consent({ attributes: 'all', transforms: ['relativeHumidity=drop', '*=time:60', 'temperature=round:0.50'] }))
      const listed = (await ask('listConsents')).body.find((known: { consentId: string }) => known.consentId === consentId), transforms = ['relativeHumidity=drop', 'temperature=round:0.5', '*=time:60']
      assert.deepEqual([listed.transforms, receipt.transforms, receipt.attributes.includes('relativeHumidity')], [transforms, transforms, false])
    })

    it('to attributes of the model and purposes that are IRIs', async () => {
      assert.match(await refusal('grantConsent', consent({ attributes: ['temperature', 'dateObserved'] })), /no attribute dateObserved/)
      assert.match(await refusal('grantConsent', consent({ attributes: [] })), /attributes/)
      assert.match(await refusal('grantConsent', consent({ purposes: [] })), /purposes/)
      assert.match(await refusal('grantConsent', consent({ purposes: ['because'] })), /because/)
    })

    it('and withdraws: a second time answers as the first', async () => {
      const { body: { consentId } } = await ask('grantConsent', consent())
      const { body: first } = await ask('withdrawConsent', { values: { consentId } })
      assert.equal(first.state, 'withdrawn')
      assert.ok(Math.abs(Date.parse(first.effectiveAt) - Date.now()) < 60_000)
      assert.deepEqual((await ask('withdrawConsent', { values: { consentId } })).body, first)
      const listed = (await ask('listConsents')).body.find((known: { consentId: string }) => known.consentId === consentId)
      assert.deepEqual([listed.state, listed.withdrawnAt], ['withdrawn', first.effectiveAt])
    })
  })

  it('is told why messages were refused, the newest last', async () => {
    await device.publishAsync('zigbee2mqtt/kitchen', '{"battery":97}', { qos: 1 })
    const { body } = await ask('explain', { query: `?source=${source.sourceId}&last=1` })
    assert.deepEqual(body.map(({ topic, code }: { topic: string, code: string }) => [topic, code]), [['zigbee2mqtt/kitchen', 'NO_READING']])
    assert.ok((await ask('explain', { query: `?source=${source.sourceId}` })).body.length > 1)
    await device.publishAsync('zigbee2mqtt/kitchen', 'no JSON', { qos: 1 })
    await device.publishAsync('zigbee2mqtt/kitchen', '{"temperature":"warm"}', { qos: 1 })
    const { body: faults } = await ask('explain', { query: `?source=${source.sourceId}&last=3` })
    assert.deepEqual(faults.map(({ code, field }: { code: string, field: string }) => [code, field]), [['BAD_PAYLOAD', ''], ['BAD_PAYLOAD', 'temperature'], ['BAD_PAYLOAD', '']])
    assert.match(faults[0].detail, /JSON/)
  })
})
