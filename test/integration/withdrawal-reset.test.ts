// A gateway that resets connections: who was fed by the consent is cut off without a word, whoever was not is told why.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { RawReader } from '#test/support/raw-reader.ts'
import { Running, type PartyKey } from '#test/support/running.ts'

describe('A withdrawal that resets', () => {
  let running: Running, owner: PartyKey, city: PartyKey
  before(async () => {
    running = await Running.start({ resetOnWithdrawal: true })
    ;[owner, city] = await Promise.all([running.party('owner'), running.party('subscriber')])
  })
  after(() => running.stop())

  async function stream() {
    const source = await running.pair(owner), device = await running.device(source), send = (temperature: number) => device.publishAsync('zigbee2mqtt/k', JSON.stringify({ temperature }), { qos: 1 })
    await send(1)
    const { streamId } = (await running.streamsOf(owner)).find(({ sourceId }) => sourceId === source.sourceId)!, { consentId } = await running.deal(owner, city, streamId)
    return { streamId, send, withdraw: () => running.ok(owner.key, 'POST', `/v1/consents/${consentId}/withdraw`) }
  }

  it('ends WebSocket, events and MQTT that it has fed, though they have read all that there was', async () => {
    const { streamId, send, withdraw } = await stream(), watcher = running.subscribe(city, streamId), proven = running.subscribe(city, streamId, 'proof=1')
    const asked = request(`${running.http}/v1/streams/${encodeURIComponent(streamId)}/events`, { headers: { authorization: `Bearer ${city.key}` } }).end()
    asked.on('error', () => {})
    const [events] = await once(asked, 'response') as [IncomingMessage], reader = await RawReader.join(running.mqtt, city)
    await Promise.all([watcher.opened, proven.opened, reader.subscribe(1, `streams/${streamId}`)])
    await send(2)
    await Promise.all([watcher.count(1), proven.count(1), once(events, 'data'), reader.count(`streams/${streamId}`, 1)])
    const broken = once(events, 'error').then(([{ code }]) => code as string), failed = once(reader.socket, 'error').then(([{ code }]) => code as string)
    await withdraw()
    assert.deepEqual([(await watcher.end()).code, (await proven.end()).code], [1006, 1006])
    assert.deepEqual([await broken, await failed], ['ECONNRESET', 'ECONNRESET'])
    const again = running.subscribe(city, streamId)
    await again.opened
    assert.equal(again.refusal?.problem.code, 'CONSENT_WITHDRAWN')
  })

  it('tells whoever has had nothing of it', async () => {
    const { streamId, withdraw } = await stream(), watcher = running.subscribe(city, streamId)
    await watcher.opened
    await withdraw()
    assert.deepEqual(await watcher.end(), { code: 4403, reason: 'CONSENT_WITHDRAWN' })
  })
})
