import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { climate, floodedStream, numberIn } from '#test/support/flood.ts'
import { Running, type PartyKey } from '#test/support/running.ts'

/** Enough to fill what the kernel holds for a socket on loopback, and what a transport may hold behind it. */
const FLOOD = 40_000

describe('A session', () => {
  let running: Running, owner: PartyKey
  before(async () => {
    running = await Running.start()
    owner = await running.party('owner')
  })
  after(() => running.stop())

  const scene = () => floodedStream(running, owner)

  it('that is frozen stalls nobody, is left on the journal, and goes on where it stopped', async function () {
    this.timeout(60_000)
    const { streamId, flood } = await scene(), [one, two] = [await running.party('subscriber'), await running.party('subscriber')]
    for (const city of [one, two]) await running.deal(owner, city, streamId)
    const frozen = running.subscribe(one, streamId), healthy = running.subscribe(two, streamId)
    await Promise.all([frozen.opened, healthy.opened])
    frozen.socket.pause()
    await flood(1, FLOOD)
    await healthy.count(FLOOD)
    assert.ok(frozen.got.length < FLOOD / 2)
    frozen.socket.resume()
    await frozen.count(FLOOD)
    await delay(50)
    for (const { got } of [frozen, healthy]) assert.deepEqual(got.map(({ content }) => numberIn(content)), Array.from({ length: FLOOD }, (_, n) => n + 1))
    frozen.close()
    healthy.close()
  })

  it('that is frozen gets nothing of what waited for it in the gateway, once the consent is withdrawn', async function () {
    this.timeout(60_000)
    const { streamId, flood } = await scene(), city = await running.party('subscriber'), { consentId } = await running.deal(owner, city, streamId)
    const frozen = running.subscribe(city, streamId)
    await frozen.opened
    frozen.socket.pause()
    await flood(1, FLOOD)
    const handedOver = running.gateway.counts().deliveries
    await running.ok(owner.key, 'POST', `/v1/consents/${consentId}/withdraw`)
    const ended = frozen.end()
    frozen.socket.resume()
    const { code } = await ended
    assert.notEqual(code, 1000)
    assert.ok(frozen.got.length < FLOOD, `all ${frozen.got.length} came`)
    const length = frozen.got.length
    await delay(200)
    assert.equal(frozen.got.length, length)
    assert.ok(handedOver > 0)
  })

  /** An event stream whose reader does not read yet. */
  async function frozenEvents(city: PartyKey, streamId: string): Promise<IncomingMessage> {
    const [response] = await once(request(`${running.http}/v1/streams/${encodeURIComponent(streamId)}/events`, { headers: { authorization: `Bearer ${city.key}` }, agent: false }).end(), 'response') as [IncomingMessage]
    response.on('error', () => { /* cut, as it should be */ })
    return response.pause()
  }
  const valueOf = (n: number) => `"value":${10 + n / 1e6},`

  it('over server-sent events that is frozen goes on where it stopped', async function () {
    this.timeout(60_000)
    const { streamId, flood } = await scene(), city = await running.party('subscriber')
    await running.deal(owner, city, streamId)
    const response = await frozenEvents(city, streamId)
    await flood(1, FLOOD)
    let text = ''
    response.on('data', (chunk: Buffer) => { text += chunk.toString() }).resume()
    while (!text.slice(-2_000).includes(valueOf(FLOOD))) await delay(20)
    const numbers = [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => numberIn(JSON.parse(data!)))
    assert.deepEqual(numbers, Array.from({ length: FLOOD }, (_, n) => n + 1))
    response.destroy()
  })

  it('over server-sent events that is frozen gets nothing of what waited, once the consent is withdrawn', async function () {
    this.timeout(60_000)
    const { streamId, flood } = await scene(), city = await running.party('subscriber'), { consentId } = await running.deal(owner, city, streamId)
    const response = await frozenEvents(city, streamId)
    await flood(1, FLOOD)
    const closed = new Promise(done => response.once('close', done))
    await running.ok(owner.key, 'POST', `/v1/consents/${consentId}/withdraw`)
    let text = ''
    response.on('data', (chunk: Buffer) => { text += chunk.toString() }).resume()
    await closed
    assert.ok(!text.includes(valueOf(FLOOD)), 'what waited in the gateway came after the withdrawal')
  })

  it('ends when the key that opened it is rotated or revoked', async () => {
    const { streamId, device } = await scene(), city = await running.party('subscriber')
    await running.deal(owner, city, streamId)
    const first = running.subscribe(city, streamId)
    await first.opened
    const { key } = await running.ok(city.key, 'POST', '/v1/keys/rotate', {})
    assert.deepEqual(await first.end(), { code: 4403, reason: 'UNAUTHENTICATED' })
    const second = running.subscribe({ ...city, key }, streamId)
    assert.equal(await second.opened, true)
    await running.ok(running.operatorKey, 'POST', '/v1/keys/revoke', { partyId: city.partyId })
    await device.publishAsync('zigbee2mqtt/k', climate(1), { qos: 1 })
    assert.deepEqual(await second.end(), { code: 4403, reason: 'UNAUTHENTICATED' })
    assert.equal(second.got.length, 0)
  })

  it('that goes away during the handshake is not counted for ever', async () => {
    const { streamId } = await scene(), city = await running.party('subscriber')
    await running.deal(owner, city, streamId)
    for (let n = 0; n < 20; n++) {
      const watcher = running.subscribe(city, streamId)
      setTimeout(() => watcher.close(), n % 4)
      await watcher.opened
    }
    const last = running.subscribe(city, streamId)
    assert.equal(await last.opened, true)
    const open = async () => Number(/^sluice_subscriptions (\d+)$/m.exec(await (await fetch(`${running.http}/metrics`)).text())?.[1])
    for (let tries = 0; await open() !== 1 && tries < 50; tries++) await delay(20)
    assert.equal(await open(), 1)
    last.close()
  })
})
