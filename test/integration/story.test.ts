import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { Running, type PartyKey } from '#test/support/running.ts'

const TOPIC = 'zigbee2mqtt/kitchen'
const climate = (temperature: number) => JSON.stringify({ temperature, humidity: 44.4, battery: 97, linkquality: 120 })
const temperatures = (got: any[]) => got.map(({ content }) => content.temperature.value)

describe('A reading, from its device to a subscriber', function () {
  let running: Running, owner: PartyKey, city: PartyKey
  before(async () => {
    running = await Running.start()
    ;[owner, city] = await Promise.all([running.party('owner'), running.party('subscriber')])
  })
  after(() => running.stop())

  it('leaves under a consent and an agreement only, is billed, and stops with the withdrawal', async () => {
    const device = await running.device(await running.pair(owner, { location: [4.35, 50.85] }))
    await device.publishAsync(TOPIC, climate(20), { qos: 1 })
    const [stream] = await running.streamsOf(owner)
    assert.deepEqual([stream!.type, stream!.attributes], ['IndoorEnvironmentObserved', ['temperature', 'relativeHumidity', 'location', 'refDevice']])

    const stranger = running.subscribe(city, stream!.streamId)
    assert.equal(await stranger.opened, false)
    assert.deepEqual([stranger.refusal?.status, stranger.refusal?.problem.code], [404, 'NOT_FOUND'])

    const { consentId, state } = await running.deal(owner, city, stream!.streamId, { price: '0.001', budget: '1' })
    assert.equal(state, 'active')
    const watcher = running.subscribe(city, stream!.streamId)
    assert.equal(await watcher.opened, true)
    for (const value of [21, 22, 23]) await device.publishAsync(TOPIC, climate(value), { qos: 1 })
    await watcher.count(3)
    assert.deepEqual(temperatures(watcher.got), [21, 22, 23])
    assert.deepEqual(Object.keys(watcher.got[0].content), ['id', 'type', 'dateObserved', 'temperature', '@context'])

    const { agreements: [usage] } = await running.ok(city.key, 'GET', '/v1/usage')
    assert.deepEqual([usage.messages, usage.amount, usage.currency], [3, '0.003000', 'EUR'])
    const ledger = await running.ok(running.operatorKey, 'GET', '/v1/ledger')
    assert.deepEqual(ledger.sum, { EUR: '0.000000' })

    await running.ok(owner.key, 'POST', `/v1/consents/${consentId}/withdraw`)
    await device.publishAsync(TOPIC, climate(24), { qos: 1 })
    assert.deepEqual(await watcher.end(), { code: 4403, reason: 'CONSENT_WITHDRAWN' })
    assert.equal(watcher.got.length, 3)
    const { received, delivered, dropped, failed, inFlight } = running.gateway.counts()
    assert.deepEqual([received, delivered, dropped, failed, inFlight], [5, 3, { NO_CONSENT: 1, CONSENT_WITHDRAWN: 1 }, 0, 0])
  })

  it('waits for a subscriber who is away, and comes once', async () => {
    const source = await running.pair(owner), device = await running.device(source, 'away')
    await device.publishAsync('zigbee2mqtt/attic', climate(1), { qos: 1 })
    const stream = (await running.streamsOf(owner)).find(({ sourceId }) => sourceId === source.sourceId)!
    await running.deal(owner, city, stream.streamId)
    for (const value of [2, 3, 4]) await device.publishAsync('zigbee2mqtt/attic', climate(value), { qos: 1 })
    const first = running.subscribe(city, stream.streamId, 'envelope=1&from=earliest')
    await first.count(3)
    first.close()
    for (const value of [5, 6]) await device.publishAsync('zigbee2mqtt/attic', climate(value), { qos: 0 })
    const second = running.subscribe(city, stream.streamId, `envelope=1&from=${first.got[1].messageId}`)
    await second.count(3)
    await delay(50)
    assert.deepEqual([temperatures(first.got), temperatures(second.got)], [[2, 3, 4], [4, 5, 6]])
    const { agreements } = await running.ok(city.key, 'GET', '/v1/usage')
    assert.equal(agreements.find(({ streamId }: { streamId: string }) => streamId === stream.streamId).messages, 5)
    second.close()
  })
})
