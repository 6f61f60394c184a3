import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { generate } from 'mqtt-packet'
import { GatewayProcess } from '#test/support/process.ts'
import { Users, type Paired, type PartyKey } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const HALF_OPEN = 300
const MEMORY_MIB_MAX = 400

/** Payloads that a parser, an interpreter or a JSON-LD library might fall for. */
const payloads: (string | Buffer)[] = [
  '', '{', '}', '[]', '{}', 'null', 'true', '0', '"text"', '\uFEFF{"temperature":1}', Buffer.from([0xff, 0xfe, 0x7b]), Buffer.from('{"temperature":"\xc3\x28"}', 'latin1'), '{"temperature":1e400}', '{"temperature":-1e400}',
  '{"temperature":NaN}', '{"temperature":01}', '{"temperature":1,"temperature":2}', '{"__proto__":{"temperature":1}}', '{"constructor":{"prototype":{"polluted":true}}}', '{"temperature":{"toString":1}}', '{"temperature":null}',
  `{"temperature":${'9'.repeat(10_000)}}`, `{"temperature":0.${'1'.repeat(50_000)}}`, `${'['.repeat(50_000)}${']'.repeat(50_000)}`, `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`, `{"temperature":1,"x":"${'A'.repeat(60_000)}"}`,
  `{${Array.from({ length: 6_000 }, (_, n) => `"k${n}":${n}`).join(',')}}`, '{"temperature":1,"@context":"http://127.0.0.1:9/context.jsonld"}', '{"@context":["http://169.254.169.254/","file:///etc/passwd"],"temperature":2}',
  '{"@id":"urn:x","@type":"@id","temperature":3}', '{"temperature":"21.5"}', '{"temperature":[1,2]}', '{"last_seen":"9999-99-99T99:99:99Z","temperature":4}', '{"last_seen":-1e300,"temperature":5}', '{"temperature":5e-324}', '{"temperature":-0}',
  '{"temperature":9007199254740993}', '{"\\u0074emperature":6}', '{"temperature":7}\u0000', '{"temperature":8}garbage', '{"humidity":1e308,"pressure":-1e308,"co2":1e-308}', Buffer.alloc(60_000, 0x20), Buffer.alloc(200_000, 0x7b),
]
const topics = ['zigbee2mqtt/k', 'tele/plug/SENSOR', 'shellyplus1pm-aabbcc/events/rpc', 'senml/station', 'v3/city@ttn/devices/d/up', 'zigbee2mqtt/bridge/devices', 'unknown/topic', '/', 'a//b', `zigbee2mqtt/${'x'.repeat(200)}`, 'zigbee2mqtt/__proto__', 'zigbee2mqtt/constructor']

/** Packets that are wrong as MQTT, as bytes. */
function malformed(): Buffer[] {
  const publish = generate({ cmd: 'publish', topic: 'zigbee2mqtt/k', payload: '{"temperature":1}', qos: 1, messageId: 7, retain: false, dup: false })
  const mutated = Array.from({ length: 300 }, (_, n) => { const bytes = Buffer.from(publish); bytes[n % bytes.length]! ^= 1 << (n % 8); return n % 3 === 0 ? bytes.subarray(0, 1 + n % bytes.length) : bytes })
  const topic = (bytes: number[]) => Buffer.from([0x30, bytes.length + 4, 0, bytes.length, ...bytes, 0x7b, 0x7d])
  return [
    ...mutated, topic([0]), topic([0xed, 0xa0, 0x80]), topic([0xef, 0xbf, 0xbf]), topic([0xc0, 0x80]), topic([0x23]), topic([0x2b]), topic([1]), topic([]), Buffer.from([0x36, 4, 0, 1, 0x61, 0]), Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 1]),
    Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]), Buffer.from([0x10, 0]), Buffer.from([0xf0, 0]), Buffer.from([0x00, 0]), Buffer.from([0x20, 2, 0, 0]), Buffer.from([0x82, 2, 0, 1]), Buffer.from([0x80, 5, 0, 1, 0, 0, 0]), Buffer.from([0x82, 6, 0, 1, 0, 1, 0x23, 9]),
    Buffer.from([0xc0, 1, 0]), Buffer.from([0x32, 5, 0, 1, 0x61, 0, 0]),
  ]
}

/** Resolves when a socket has closed, by whatever end. */
function closing(socket: Socket): Promise<void> {
  return new Promise(done => { if (socket.closed) done(); else socket.once('close', () => done()) })
}

describe('A gateway among hostile peers', () => {
  let gateway: GatewayProcess, users: Users, owner: PartyKey, source: Paired
  before(async () => {
    gateway = await GatewayProcess.start(temporaryFolder())
    users = new Users(gateway.ready)
    owner = await users.party('owner')
    source = await users.pair(owner)
  })
  after(() => gateway.kill())

  afterEach(async () => {
    assert.ok(gateway.isAlive, gateway.stderr)
    assert.deepEqual(gateway.outgoing(), [], 'it opened a connection')
    assert.ok(gateway.residentMiB() < MEMORY_MIB_MAX, `${gateway.residentMiB()} MiB`)
    assert.equal((await fetch(`${users.http}/readyz`)).status, 200)
  })

  const credentials = () => ({ username: source.username, password: Buffer.from(source.password) })
  const connectPacket = (more: object = {}) => generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId: 'hostile', keepalive: 60, ...credentials(), ...more })

  async function raw(...bytes: Buffer[]): Promise<Socket> {
    const socket = connect({ port: gateway.port, host: '127.0.0.1' })
    socket.on('error', () => { /* cut, as it should be */ })
    socket.resume()
    await once(socket, 'connect')
    for (const chunk of bytes) socket.write(chunk)
    return socket
  }

  it('takes every payload on every topic, and counts each once', async () => {
    const before = await counted()
    let sent = 0
    for (const topic of topics) {
      const device = await users.device(source, `payloads ${topic}`.slice(0, 60))
      for (const payload of payloads) {
        if (payload.length > 100_000) continue // more than a packet may be: the next test
        await device.publishAsync(topic, payload, { qos: 1 })
        sent++
      }
      await device.endAsync()
    }
    const after = await counted()
    assert.ok(sent > 400)
    assert.ok(after.received - before.received >= sent, 'an envelope for each')
    assert.equal(after.received, after.delivered + after.dropped + after.failed)
    assert.equal(after.failed, 0)
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
  })

  it('closes on packets that are wrong, and goes on serving', async () => {
    const packets = malformed()
    for (const [n, bytes] of packets.entries()) {
      const socket = await raw(n % 2 === 0 ? bytes : connectPacket({ clientId: `wrong ${n}` }), bytes)
      await Promise.race([closing(socket), delay(15)])
      socket.destroy()
    }
    const device = await users.device(source, 'after')
    await device.publishAsync('zigbee2mqtt/k', '{"temperature":20}', { qos: 1 })
    assert.ok((await users.streamsOf(owner)).length > 0)
  })

  it('admits a newcomer beside half-open connections and claims of 256 MB, and closes those within 10 s', async () => {
    const claims = await Promise.all(Array.from({ length: HALF_OPEN }, (_, n) => raw(n % 2 === 0 ? Buffer.alloc(0) : Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f, 0, 4, 0x4d]))))
    const closed = Promise.all(claims.map(closing)), began = Date.now()
    const device = await users.device(source, 'newcomer')
    await device.publishAsync('zigbee2mqtt/k', '{"temperature":21}', { qos: 1 })
    assert.ok(Date.now() - began < 2_000, `${Date.now() - began} ms`)
    await Promise.race([closed, delay(10_000).then(() => { throw new Error('some are still open after 10 s') })])
  })

  it('is not stalled by a reader that reads nothing', async () => {
    const frozen = await raw(connectPacket({ clientId: 'frozen' }), generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 0 }] }))
    frozen.pause()
    const other = await users.pair(owner), device = await users.device(other, 'healthy'), neighbour = await users.device(source, 'flood')
    const payload = JSON.stringify({ temperature: 20, filler: 'x'.repeat(20_000) })
    for (let n = 0; n < 400; n++) neighbour.publish('zigbee2mqtt/flood', payload, { qos: 0 })
    let longest = 0
    for (let n = 0; n < 30; n++) {
      const began = Date.now()
      await device.publishAsync('zigbee2mqtt/k', '{"temperature":22}', { qos: 1 })
      longest = Math.max(longest, Date.now() - began)
    }
    assert.ok(longest < 3_000, `${longest} ms`)
    frozen.destroy()
  })

  it('answers odd requests with problems, never with 500', async () => {
    const paths = ['/v1/streams/%00/events', '/streams/%E0%A4%A/subscribe', '/v1/../../etc/passwd', '/v1/consents/%2e%2e/withdraw', `/v1/${'x'.repeat(5_000)}`, '/v1/explain?source=__proto__', '/v1/offers', '/v1/streams?mine=maybe']
    for (const path of paths) for (const method of ['GET', 'POST', 'DELETE', 'PATCH']) {
      const { status } = await users.call(owner.key, method, path, method === 'GET' || method === 'DELETE' ? undefined : { __proto__: { a: 1 }, constructor: 1 }).catch(() => ({ status: 0 }))
      assert.ok(status < 500, `${method} ${path}: ${status}`)
    }
  })

  async function counted() {
    const text = await (await fetch(`${users.http}/metrics`)).text()
    const value = (name: string) => [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? ([\\d.e+]+)$`, 'gm'))].reduce((sum, [, figure]) => sum + Number(figure), 0)
    return { received: value('sluice_envelopes_received_total'), delivered: value('sluice_envelopes_delivered_total'), dropped: value('sluice_envelopes_dropped_total'), failed: value('sluice_envelopes_failed_total') }
  }
})
