// An offer that says how exact it is: one consent, two offers of different grain, over the exits; what leaves is no more exact than either allows.
import assert from 'node:assert/strict'
import type { MqttClient } from 'mqtt'
import { MqttReader } from '#test/support/mqtt-reader.ts'
import { Running, type Paired, type PartyKey } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const TOPIC = 'zigbee2mqtt/k', PURPOSE = 'dpv:PublicBenefit', ATTRIBUTES = ['temperature', 'location']
const SEEN = Date.parse('2026-05-04T10:17:23.456Z'), PLACE: [number, number] = [4.3571234, 50.8503456]
/** What the consent says, what the offers say, and what has to come of it. */
const CONSENT = ['temperature=bucket:0|10|20|30', 'location=h3:7']
const FINE = ['temperature=bucket:5|15|20|21', 'location=h3:9'], COARSE = ['location=h3:4', '*=time:3600', '*=sample:86400']

describe('An offer that says how exact it is', () => {
  const data = temporaryFolder()
  let running: Running, owner: PartyKey, fine: PartyKey, coarse: PartyKey, source: Paired, device: MqttClient, streamId: string, consentId: string

  before(async () => {
    running = await Running.start({ data })
    ;[owner, fine, coarse] = await Promise.all([running.party('owner'), running.party('subscriber'), running.party('subscriber')])
    source = await running.pair(owner, { location: PLACE, placement: 'indoor' })
    device = await running.device(source)
    await send(1)
    ;({ streamId } = (await running.streamsOf(owner)).find(({ type }) => type === 'IndoorEnvironmentObserved')!)
    ;({ consentId } = await running.ok(owner.key, 'POST', '/v1/consents', { streamId, recipient: 'any', purposes: [PURPOSE], attributes: ATTRIBUTES, transforms: CONSENT }))
    for (const [who, transforms] of [[fine, FINE], [coarse, COARSE]] as const) {
      const { offerId } = await running.ok(owner.key, 'POST', '/v1/offers', { streamId, price: '0.001', unit: 'message', currency: 'EUR', attributes: ATTRIBUTES, transforms })
      await running.ok(who.key, 'POST', '/v1/agreements', { offerId, purpose: PURPOSE, budget: '1' })
    }
  })
  after(() => running.stop())

  const send = async (...seconds: number[]) => {
    for (const n of seconds) await device.publishAsync(TOPIC, JSON.stringify({ temperature: 21.34567, last_seen: new Date(SEEN + n * 1_000).toISOString() }), { qos: 1 })
  }
  const parts = ({ temperature, location, dateObserved }: any) => [temperature.value, location.value.coordinates, dateObserved.value['@value']]
  const agreement = async (who: PartyKey) => (await running.ok(who.key, 'GET', '/v1/agreements'))[0]
  /** By the consent and the fine offer: borders at 20 alone; by the coarse one all of the consent's, and one message a day. */
  const forFine = (n: number) => [20, [4.3555, 50.8476], new Date(SEEN + n * 1_000).toISOString()], forCoarse = [20, [4.329, 50.896], '2026-05-04T10:00:00.000Z']

  it('tells each subscriber what is in effect', async () => {
    assert.deepEqual((await agreement(fine)).transforms, ['location=h3:7', 'temperature=bucket:0|20'])
    assert.deepEqual((await agreement(coarse)).transforms, ['location=h3:4', 'temperature=bucket:0|10|20|30', '*=time:3600', '*=sample:86400'])
  })

  it('holds live, over WebSocket and MQTT, and again from the journal, also behind a restart', async () => {
    const sockets = [fine, coarse].map(who => running.subscribe(who, streamId, '')), readers = await Promise.all([fine, coarse].map(who => MqttReader.join(running.mqtt, who)))
    for (const reader of readers) await reader.subscribe(`streams/${streamId}`)
    await Promise.all(sockets.map(({ opened }) => opened))
    await send(2, 3, 4)
    await Promise.all([sockets[0]!, readers[0]!].map(each => each.count(3)))
    await Promise.all([sockets[1]!, readers[1]!].map(each => each.count(1)))
    const expected = [[2, 3, 4].map(forFine), [forCoarse]]
    assert.deepEqual(sockets.map(({ got }) => got.map(parts)), expected)
    assert.deepEqual(readers.map(({ got }) => got.map(({ content }) => parts(content))), expected)
    for (const socket of sockets) socket.close()
    for (const { client } of readers) await client.endAsync(true)
    await running.stop()
    running = await Running.start({ data })
    device = await running.device(source)
    const again = [fine, coarse].map(who => running.subscribe(who, streamId, 'from=earliest'))
    await Promise.all([again[0]!.count(3), again[1]!.count(1)])
    assert.deepEqual(again.map(({ got }) => got.map(parts)), expected)
    for (const socket of again) socket.close()
  })

  it('bills what was handed over, and no sample that was not taken', async () => {
    const usage = async (who: PartyKey) => (await running.ok(who.key, 'GET', '/v1/usage')).agreements[0].messages
    assert.deepEqual([await usage(fine), await usage(coarse)], [3, 1])
  })

  it('lets nothing out where a new consent has nothing in common with it, and never more than the consent that was there', async () => {
    await running.ok(owner.key, 'POST', `/v1/consents/${consentId}/withdraw`)
    await running.ok(owner.key, 'POST', '/v1/consents', { streamId, recipient: 'any', purposes: [PURPOSE], attributes: ATTRIBUTES, transforms: ['location=grid:0.01'] })
    assert.deepEqual([(await agreement(fine)).state, (await agreement(fine)).transforms], ['suspended', undefined])
    assert.equal(await running.subscribe(fine, streamId, '').opened, false)
  })
})
