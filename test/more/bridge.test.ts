// Bridges to a real Mosquitto, which is killed and started again under load, as the gateway is.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect, connectAsync, type MqttClient } from 'mqtt'
import { setTimeout as delay } from 'node:timers/promises'
import { hasOpenssl, makeCertificates } from '#test/support/certificates.ts'
import { hasMosquitto, Mosquitto, Tap } from '#test/support/mosquitto.ts'
import { GatewayProcess } from '#test/support/process.ts'
import { Running, Users, type PartyKey } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const climate = (n: number) => JSON.stringify({ temperature: 10 + n / 1e6, battery: 90 })
const numberIn = ({ content }: any) => Math.round((content.temperature.value - 10) * 1e6)
const numberOf = (payload: string) => Math.round((JSON.parse(payload).temperature - 10) * 1e6)
const ALLOWED = { bridgeHosts: ['127.0.0.1', 'localhost'] }

async function bridgeOf(users: Users, owner: PartyKey, port: number, more: object = {}) {
  const bridge = await users.ok(owner.key, 'POST', '/v1/bridges', { broker: `mqtt://127.0.0.1:${port}`, topics: ['zigbee2mqtt/#'], ...more })
  await stateOf(users, owner, bridge.sourceId, 'connected')
  return bridge
}

async function stateOf(users: Users, owner: PartyKey, sourceId: string, state: string) {
  for (;;) {
    const found = (await users.ok<any[]>(owner.key, 'GET', '/v1/bridges')).find(bridge => bridge.sourceId === sourceId)
    if (found?.state === state) return found
    await delay(20)
  }
}

/** Whether the broker has kept a session of that client id. */
async function isKept(port: number, clientId: string): Promise<boolean> {
  const client = connect(`mqtt://127.0.0.1:${port}`, { clientId, clean: false, username: 'home', password: 'secret' })
  const sessionPresent = await new Promise<boolean>(done => { client.once('connect', connack => done(connack.sessionPresent)) })
  await client.endAsync(true)
  return sessionPresent
}

/** The stream that the first message of a bridge makes, open to the subscriber. */
async function openedBy(users: Users, owner: PartyKey, city: PartyKey, publisher: MqttClient, topic = 'zigbee2mqtt/k') {
  await publisher.publishAsync(topic, climate(0), { qos: 1 })
  let streams = await users.streamsOf(owner)
  while (streams.length === 0) { await delay(20); streams = await users.streamsOf(owner) }
  await users.deal(owner, city, streams[0]!.streamId)
  return streams[0]!.streamId
}

describe('a bridge to Mosquitto', () => {
  let broker: Mosquitto, running: Running, owner: PartyKey, city: PartyKey, publisher: MqttClient
  before(function () { if (!hasMosquitto) { console.log('      skipped: mosquitto is not installed (Debian: mosquitto)'); this.skip() } })
  beforeEach(async () => {
    broker = await Mosquitto.start({ users: { home: 'secret', other: 'secret' } })
    running = await Running.start(ALLOWED);
    [owner, city] = await Promise.all([running.party('owner'), running.party('subscriber')])
    publisher = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { username: 'home', password: 'secret' })
  })
  afterEach(async () => {
    await publisher.endAsync(true)
    await running.stop()
    await broker.kill()
  })
  const known = { username: 'home', password: 'secret' }

  for (const protocol of ['3.1.1', '5']) {
    it(`brings its messages in by MQTT ${protocol}, in order, and those that came while it was suspended`, async () => {
      const { sourceId } = await bridgeOf(running, owner, broker.port, { ...known, protocol })
      const streamId = await openedBy(running, owner, city, publisher), watcher = running.subscribe(city, streamId)
      await watcher.opened
      for (let n = 1; n <= 50; n++) await publisher.publishAsync('zigbee2mqtt/k', climate(n), { qos: n % 2 as 0 | 1 })
      await watcher.count(50)
      await running.ok(owner.key, 'POST', `/v1/sources/${sourceId}/suspend`)
      await stateOf(running, owner, sourceId, 'suspended')
      for (let n = 51; n <= 100; n++) await publisher.publishAsync('zigbee2mqtt/k', climate(n), { qos: 1 })
      await running.ok(owner.key, 'POST', `/v1/sources/${sourceId}/resume`)
      await watcher.count(100)
      // In the order of each QoS, which is all that a broker promises: what is acknowledged waits for its turn, and what is not overtakes it.
      const numbers = watcher.got.map(numberIn), isEarly = (number: number) => number <= 50 && number % 2 === 0
      assert.deepEqual([...numbers.filter(isEarly), ...numbers.filter(number => !isEarly(number))], [
        ...Array.from({ length: 25 }, (_, index) => 2 * index + 2), ...Array.from({ length: 25 }, (_, index) => 2 * index + 1), ...Array.from({ length: 50 }, (_, index) => index + 51),
      ])
      watcher.close()
    })
  }

  it('takes turns with another under one share: each message comes once between them', async () => {
    for (let n = 0; n < 2; n++) await bridgeOf(running, owner, broker.port, { ...known, protocol: '5', share: 'sluice' })
    const sent = 60
    for (let n = 1; n <= sent; n++) await publisher.publishAsync('zigbee2mqtt/k', climate(n), { qos: 1 })
    let bridges: any[] = []
    while (bridges.reduce((sum, { received }) => sum + received, 0) < sent) { await delay(20); bridges = await running.ok(owner.key, 'GET', '/v1/bridges') }
    await delay(200)
    bridges = await running.ok(owner.key, 'GET', '/v1/bridges')
    assert.equal(bridges.reduce((sum, { received }) => sum + received, 0), sent)
    assert.ok(bridges.every(({ received }) => received > 0), 'one did all the work')
  })

  it('strips the prefix that topics have on that broker', async () => {
    await bridgeOf(running, owner, broker.port, { ...known, topics: ['site-7/zigbee2mqtt/#'], strip: 'site-7/' })
    const streamId = await openedBy(running, owner, city, publisher, 'site-7/zigbee2mqtt/attic/window')
    const devices = await running.ok<any[]>(owner.key, 'GET', '/v1/devices')
    assert.deepEqual([devices.length, devices[0].dialect], [1, 'zigbee2mqtt'])
    assert.match(JSON.stringify(devices[0]), /attic\/window/)
    assert.ok(streamId)
  })

  it('says that the broker refuses it, and connects when its credentials are mended', async () => {
    const { sourceId } = await running.ok(owner.key, 'POST', '/v1/bridges', { broker: `mqtt://127.0.0.1:${broker.port}`, topics: ['zigbee2mqtt/#'], username: 'home', password: 'wrong' })
    const { detail } = await stateOf(running, owner, sourceId, 'refused')
    assert.match(detail, /not authori[sz]ed|bad user ?name/i)
    await running.ok(owner.key, 'PATCH', `/v1/bridges/${sourceId}`, { password: 'secret' })
    await stateOf(running, owner, sourceId, 'connected')
    assert.doesNotMatch(JSON.stringify(await running.ok(owner.key, 'GET', '/v1/bridges')), /secret|wrong/)
  })

  it('speaks TLS, to a broker whose certificate comes from where its owner says, and to no other', async function () {
    if (!hasOpenssl) { console.log('      skipped: openssl is not installed'); return this.skip() }
    const { ca, certificate, key } = makeCertificates(), foreign = makeCertificates()
    const secure = await Mosquitto.start({ users: { home: 'secret' }, lines: [`certfile ${certificate}`, `keyfile ${key}`] })
    const wish = { broker: `mqtts://127.0.0.1:${secure.port}`, topics: ['zigbee2mqtt/#'], ...known }
    for (const wrong of [undefined, readFileSync(foreign.ca, 'utf8')]) {
      const { sourceId } = await running.ok(owner.key, 'POST', '/v1/bridges', { ...wish, ...wrong && { ca: wrong } })
      assert.match((await stateOf(running, owner, sourceId, 'unreachable')).detail, /certificate/)
      await running.ok(owner.key, 'PATCH', `/v1/bridges/${sourceId}`, { ca: readFileSync(ca, 'utf8') })
      await stateOf(running, owner, sourceId, 'connected')
    }
    await secure.kill()
  })

  it('leads only where the operator allows, and is nobody else\'s', async () => {
    const stranger = await running.party('owner')
    for (const broker of ['mqtt://169.254.169.254', 'mqtt://127.0.0.2:1883']) {
      const { status, body } = await running.call(owner.key, 'POST', '/v1/bridges', { broker, topics: ['#'] })
      assert.deepEqual([status, body.code], [403, 'FORBIDDEN'])
    }
    for (const wish of [{ broker: 'http://127.0.0.1', topics: ['#'] }, { broker: 'mqtt://a:b@127.0.0.1', topics: ['#'] }, { broker: 'mqtt://127.0.0.1', topics: ['a#'] }, { broker: 'mqtt://127.0.0.1', topics: ['$SYS/#'] }, { broker: 'mqtt://127.0.0.1', topics: ['#'], password: 'x' }]) {
      assert.equal((await running.call(owner.key, 'POST', '/v1/bridges', wish)).status, 400, JSON.stringify(wish))
    }
    assert.deepEqual(await running.ok(owner.key, 'GET', '/v1/sources'), [])
    const { sourceId } = await bridgeOf(running, owner, broker.port, known)
    assert.deepEqual(await running.ok(stranger.key, 'GET', '/v1/bridges'), [])
    assert.equal((await running.call(stranger.key, 'PATCH', `/v1/bridges/${sourceId}`, { username: 'x' })).status, 404)
  })

  it('leaves no session behind when it is removed', async () => {
    const { sourceId } = await bridgeOf(running, owner, broker.port, known)
    await running.ok(owner.key, 'DELETE', `/v1/sources/${sourceId}`)
    for (let hasSession = true; hasSession; await delay(50)) hasSession = await isKept(broker.port, `sluice-${sourceId}`)
    assert.deepEqual(await running.ok(owner.key, 'GET', '/v1/bridges'), [])
  })

  it('keeps all that it acknowledged while Mosquitto is killed under it, and loses nothing where Mosquitto stops in order', async () => {
    const tap = await Tap.open(broker.port)
    await bridgeOf(running, owner, tap.port, known)
    const streamId = await openedBy(running, owner, city, publisher), watcher = running.subscribe(city, streamId)
    await watcher.opened
    const confirmed = new Set<number>()
    let sent = 0
    for (const signal of ['SIGTERM', 'SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
      const isOrderly = signal === 'SIGTERM', until = Date.now() + 400
      while (Date.now() < until) {
        for (let n = 0; n < 20; n++) { const number = ++sent; publisher.publish('zigbee2mqtt/k', climate(number), { qos: 1 }, error => { if (!error && isOrderly) confirmed.add(number) }) }
        await delay(4)
      }
      await broker.kill(signal)
      await delay(150)
      await broker.restart()
      while (!publisher.connected) await delay(20)
    }
    const last = ++sent
    await publisher.publishAsync('zigbee2mqtt/k', climate(last), { qos: 1 })
    while (!watcher.got.some(message => numberIn(message) === last)) await delay(20)
    const got = new Set(watcher.got.map(numberIn)), acknowledged = tap.acknowledged.map(numberOf)
    assert.ok(acknowledged.length > 500, `only ${acknowledged.length} acknowledged`)
    assert.deepEqual(acknowledged.filter(number => number > 0 && !got.has(number)), [], 'acknowledged to the broker, and missing')
    assert.deepEqual([...confirmed].filter(number => !got.has(number)), [], 'taken by a broker that stopped in order, and missing')
    const { received, delivered, failed, inFlight, dropped } = running.gateway.counts()
    assert.deepEqual([received - delivered - failed - inFlight - Object.values(dropped).reduce((sum, count) => sum + count, 0), failed], [0, 0])
    watcher.close()
    tap.close()
  })
})

describe('a bridge whose gateway is killed', () => {
  before(function () { if (!hasMosquitto) { console.log('      skipped: mosquitto is not installed (Debian: mosquitto)'); this.skip() } })

  it('loses nothing that the broker took, over kill -9 under load', async () => {
    const data = temporaryFolder(), broker = await Mosquitto.start(), environment = { SLUICE_BRIDGE_HOSTS: '127.0.0.1' }
    let process = await GatewayProcess.start(data, {}, environment), users = new Users(process.ready)
    const ports = { mqtt: Number(new URL(users.mqtt).port), http: Number(new URL(users.http).port) }, { operatorKey } = users
    const [owner, city] = await Promise.all([users.party('owner'), users.party('subscriber')])
    const publisher = await connectAsync(`mqtt://127.0.0.1:${broker.port}`)
    await bridgeOf(users, owner, broker.port)
    const streamId = await openedBy(users, owner, city, publisher), confirmed = new Set<number>()
    let sent = 0
    for (let round = 0; round < 3; round++) {
      const until = Date.now() + 500
      while (Date.now() < until) {
        for (let n = 0; n < 10; n++) { const number = ++sent; publisher.publish('zigbee2mqtt/k', climate(number), { qos: 1 }, error => { if (!error) confirmed.add(number) }) }
        await delay(3)
      }
      await process.kill()
      process = await GatewayProcess.start(data, ports, environment)
      users = new Users({ ...process.ready, operatorKey })
    }
    const last = ++sent
    await publisher.publishAsync('zigbee2mqtt/k', climate(last), { qos: 1 })
    const replay = users.subscribe(city, streamId, 'envelope=1&from=earliest')
    while (!replay.got.some(message => numberIn(message) === last)) await delay(20)
    const seen = new Set(replay.got.map(numberIn))
    assert.ok(confirmed.size > 500, `only ${confirmed.size} confirmed`)
    assert.deepEqual([...confirmed].filter(number => !seen.has(number)), [], 'taken by the broker, and missing')
    assert.deepEqual((await users.ok(operatorKey, 'GET', '/v1/ledger')).sum ?? {}, {})
    replay.close()
    await publisher.endAsync(true)
    await process.kill('SIGTERM')
    await broker.kill()
  })
})
