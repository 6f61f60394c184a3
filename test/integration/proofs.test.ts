import assert from 'node:assert/strict'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'mqtt'
import { WebSocket } from 'ws'
import { isProven } from '#test/support/independent-verifier.ts'
import { Running, type PartyKey } from '#test/support/running.ts'

const climate = (temperature: number) => JSON.stringify({ temperature, humidity: 44.4 })

/** The frames of a WebSocket as they come: what is proven is bytes. */
class RawWatcher {
  readonly got: string[] = []
  readonly socket: WebSocket
  constructor(url: string) {
    this.socket = new WebSocket(url)
    this.socket.on('message', (data: Buffer) => this.got.push(data.toString()))
  }

  async open(): Promise<this> {
    await once(this.socket, 'open')
    return this
  }

  async count(messages: number): Promise<readonly string[]> {
    while (this.got.length < messages) await once(this.socket, 'message')
    return this.got
  }
}

describe('Messages with proofs', () => {
  let running: Running, owner: PartyKey, city: PartyKey, village: PartyKey, streamId: string, consentId: string, keys: { keys: any[] }
  let send: (...values: number[]) => Promise<void>
  const address = ({ key }: PartyKey, query: string) => `${running.http.replace('http', 'ws')}/streams/${encodeURIComponent(streamId)}/subscribe?apiKey=${key}&${query}`
  const watch = (party: PartyKey, query: string) => new RawWatcher(address(party, query)).open()
  const values = (lines: readonly string[]) => lines.map(line => JSON.parse(line).content.temperature.value)

  before(async () => {
    running = await Running.start()
    ;[owner, city, village] = await Promise.all([running.party('owner'), running.party('subscriber'), running.party('subscriber')])
    const device = await running.device(await running.pair(owner))
    send = async (...all) => { await Promise.all(all.map(value => device.publishAsync('zigbee2mqtt/k', climate(value), { qos: 1 }))) }
    await send(1)
    ;[{ streamId }] = await running.streamsOf(owner) as [{ streamId: string }]
    ;({ consentId } = await running.deal(owner, city, streamId))
    await running.deal(owner, village, streamId, { attributes: ['relativeHumidity'] })
    keys = await (await fetch(`${running.http}/.well-known/jwks.json`)).json() as typeof keys
  })
  after(() => running.stop())

  it('are proven by a key that everybody may know, and whose other half nobody may', () => {
    assert.deepEqual(keys.keys.map(key => Object.keys(key)), [['kty', 'crv', 'x', 'kid', 'use', 'alg']])
    assert.equal(statSync(join(running.data, 'signing.key')).mode & 0o777, 0o600)
  })

  it('come over WebSocket, each right by itself, to those who asked and to nobody else', async () => {
    const [proven, plain, bare, other] = await Promise.all([watch(city, 'proof=1'), watch(city, 'envelope=1'), watch(city, ''), watch(village, 'proof=true&envelope=0')])
    await send(2, 3, 4)
    for (const watcher of [proven, plain, bare, other]) await watcher.count(3)
    assert.deepEqual(values(proven.got), [2, 3, 4])
    for (const line of [...proven.got, ...other.got]) assert.ok(isProven(line, keys), line)
    assert.deepEqual(Object.keys(JSON.parse(proven.got[0]!)), ['streamId', 'timestamp', 'sequenceNumber', 'publisherId', 'msgChainId', 'messageId', 'content', 'proof'])
    assert.deepEqual(plain.got.map(line => Object.keys(JSON.parse(line))), Array(3).fill(['streamId', 'timestamp', 'sequenceNumber', 'publisherId', 'msgChainId', 'messageId', 'content']))
    assert.deepEqual(proven.got.map(line => line.replace(/,"proof":\{[^}]*\}/, '')), plain.got, 'but for the proof it is the same envelope')
    assert.deepEqual(bare.got, plain.got.map(line => line.slice(line.indexOf('"content":') + 10, -1)))
    assert.ok(other.got.every(line => !('temperature' in JSON.parse(line).content)))
    const heads = [...proven.got, ...other.got].map(line => JSON.parse(line).proof)
    for (const { size, root } of heads) assert.ok(heads.filter(head => head.root === root).length === size && size >= 2, 'different views of a message are leaves of one tree')
    assert.ok(!isProven(proven.got[0]!.replace('"value":2', '"value":9'), keys))
    for (const { socket } of [proven, plain, bare, other]) socket.terminate()
  })

  it('come from the journal as well, sealed when they are sent', async () => {
    const before = Date.now(), watcher = await watch(city, 'proof=1&from=earliest'), lines = await watcher.count(3)
    assert.deepEqual(values(lines), [2, 3, 4])
    for (const line of lines) {
      const { timestamp, proof } = JSON.parse(line)
      assert.ok(isProven(line, keys) && proof.time >= before && timestamp < before)
    }
    watcher.socket.terminate()
  })

  it('come as server-sent events', async () => {
    const response = await fetch(`${running.http}/v1/streams/${encodeURIComponent(streamId)}/events?apiKey=${city.key}&from=earliest&proof=1`)
    let text = ''
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) if ((text += chunk).match(/\n\n/g)?.length === 3) break
    const events = [...text.matchAll(/^id: (.+)\ndata: (.+)\n\n/gm)]
    assert.equal(events.length, 3)
    for (const [, id, data] of events) assert.ok(isProven(data!, keys) && JSON.parse(data!).messageId === id)
  })

  it('come to their owner, the whole of them', async () => {
    const watcher = await watch(owner, 'proof=1')
    await send(5)
    const [line] = await watcher.count(1) as [string]
    assert.ok(isProven(line, keys) && JSON.parse(line).content.relativeHumidity)
    watcher.socket.terminate()
  })

  for (const protocolVersion of [4, 5] as const) {
    it(`come over MQTT ${protocolVersion === 4 ? '3.1.1' : '5'} at proofs/ID, also those missed by a session`, async () => {
      const options = { username: city.partyId, password: city.key, protocolVersion, clientId: `city-${protocolVersion}`, clean: false, ...protocolVersion === 5 && { properties: { sessionExpiryInterval: 60 } }, reconnectPeriod: 0 }
      const lines: string[] = [], collect = (_topic: string, payload: Buffer) => { lines.push(payload.toString()) }
      const until = async (count: number) => { while (lines.length < count) await new Promise(done => setTimeout(done, 5)) }
      const connected = async () => {
        const client = connect(running.mqtt, options).on('message', collect)
        await new Promise(done => client.once('connect', done))
        return client
      }
      const first = await connected()
      await first.subscribeAsync(`proofs/${streamId}`, { qos: 1 })
      await send(10, 11)
      await until(2)
      await first.endAsync()
      await send(12, 13)
      const second = await connected()
      await until(4)
      assert.deepEqual([...new Set(values(lines))], [10, 11, 12, 13])
      for (const line of lines) assert.ok(isProven(line, keys), line)
      await second.endAsync()
    })
  }

  it('do not come when the consent was withdrawn in the turn in which they wait for their proof', async () => {
    const watcher = await watch(city, 'proof=1'), closed = once(watcher.socket, 'close')
    const sent = send(...Array.from({ length: 50 }, (_, n) => 100 + n))
    const { effectiveAt } = await running.ok(owner.key, 'POST', `/v1/consents/${consentId}/withdraw`)
    const seen = watcher.got.length
    await sent
    await closed
    assert.equal(typeof effectiveAt, 'string')
    assert.ok(watcher.got.length <= 50 && watcher.got.length >= seen)
    for (const line of watcher.got) assert.ok(isProven(line, keys) && JSON.parse(line).timestamp <= Date.parse(effectiveAt))
  })
})
