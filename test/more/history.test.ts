// The history in a real InfluxDB 1.x, which is killed, frozen and started again under load.
import assert from 'node:assert/strict'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MqttClient } from 'mqtt'
import { setTimeout as delay } from 'node:timers/promises'
import { hasInflux, Influx } from '#test/support/influx.ts'
import { Wire } from '#test/support/wire.ts'
import { GatewayProcess } from '#test/support/process.ts'
import { Running, Users, type PartyKey } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const DASHBOARD = JSON.parse(readFileSync(join(import.meta.dirname, '../../deploy/grafana/dashboards/history.json'), 'utf8'))
const climate = (n: number) => JSON.stringify({ temperature: 10 + n / 1e6, humidity: 40, battery: 90 })
/** Time for what the kernel holds of a socket on loopback to arrive. */
const KERNEL_MS = 50
const numbersIn = (rows: readonly Record<string, any>[]) => rows.map(({ temperature }) => Math.round((temperature - 10) * 1e6))

/** Offer and consent for the history; it agrees by itself. */
async function record(users: Users, owner: PartyKey, streamId: string, more: object = {}) {
  await users.ok(owner.key, 'POST', '/v1/offers', { streamId, price: '0', unit: 'message', currency: 'EUR', attributes: ['temperature'] })
  const { consentId } = await users.ok(owner.key, 'POST', '/v1/consents', { streamId, recipient: 'history', purposes: ['dpv:RecordManagement'], attributes: ['temperature'], ...more })
  await stateOf(users, owner, consentId, 'recording')
  return consentId as string
}

async function stateOf(users: Users, owner: PartyKey, consentId: string, state: string) {
  for (;;) {
    const found = (await users.ok<any[]>(owner.key, 'GET', '/v1/history')).find(each => each.consentId === consentId)
    if (found?.state === state) return found
    await delay(50)
  }
}

async function firstStream(users: Users, owner: PartyKey, device: MqttClient): Promise<string> {
  await device.publishAsync('zigbee2mqtt/k', climate(0), { qos: 1 })
  return (await users.streamsOf(owner))[0]!.streamId
}

async function kept(influx: Influx, count: number, policy = 'keep_720h'): Promise<Record<string, any>[]> {
  for (;;) {
    const rows = await influx.rows(`SELECT * FROM sluice.${policy}.IndoorEnvironmentObserved`)
    if (rows.length >= count) return rows
    await delay(50)
  }
}

describe('the history', () => {
  let influx: Influx, running: Running, owner: PartyKey, device: MqttClient, streamId: string
  before(function () { if (!hasInflux) { console.log('      skipped: influxd is not installed (Debian: influxdb)'); this.skip() } })
  beforeEach(async () => {
    influx = await Influx.start()
    running = await Running.start({ history: { url: influx.url, database: 'sluice', keep: 'P30D' } })
    owner = await running.party('owner')
    device = await running.device(await running.pair(owner))
    streamId = await firstStream(running, owner, device)
  })
  afterEach(async () => {
    await running.stop()
    await influx.kill()
  })

  it('keeps what is consented to, and nothing else, from the consent on', async () => {
    await device.publishAsync('zigbee2mqtt/k', climate(1), { qos: 1 }) // no consent yet
    const consentId = await record(running, owner, streamId)
    for (let n = 2; n <= 40; n++) await device.publishAsync('zigbee2mqtt/k', climate(n), { qos: 1 })
    const rows = await kept(influx, 39)
    assert.deepEqual(numbersIn(rows), Array.from({ length: 39 }, (_, index) => index + 2))
    assert.deepEqual(Object.keys(rows[0]!).sort(), ['consent', 'stream', 'temperature', 'time'])
    assert.deepEqual([rows[0]!['consent'], rows[0]!['stream']], [consentId, streamId])
    assert.ok(Math.abs(rows[38]!['time'] - Date.now()) < 10_000)
  })

  it('keeps it for as long as each consent says, in a retention policy of that length', async () => {
    await record(running, owner, streamId, { keep: 'P7D' })
    await device.publishAsync('zigbee2mqtt/k', climate(1), { qos: 1 })
    await kept(influx, 1, 'keep_168h')
    const policies = await influx.rows('SHOW RETENTION POLICIES ON sluice')
    assert.equal(policies.find(({ name }) => name === 'keep_168h')?.['duration'], '168h0m0s')
    for (const keep of ['PT0H', 'P101Y', 'soon', 'PT1M']) assert.equal((await running.call(owner.key, 'POST', '/v1/consents', { streamId, recipient: 'history', purposes: ['dpv:RecordManagement'], attributes: ['temperature'], keep })).status, 400, keep)
  })

  it('is drawn by the dashboard: its variables find the streams, each of its queries is understood, and one shows the reading', async () => {
    await record(running, owner, streamId)
    await device.publishAsync('zigbee2mqtt/k', climate(1), { qos: 1 })
    await kept(influx, 1)
    const values: Record<string, string> = { stream: streamId, keep: 'keep_720h', timeFilter: 'time > now() - 1h', __interval: '1m' }
    const filled = (query: string) => query.replaceAll(/\$(\w+)/g, (all, name: string) => values[name]?.replaceAll('/', query.includes('=~ /^$stream') && name === 'stream' ? '\\/' : '/') ?? all)
    const variables = DASHBOARD.templating.list.map(({ query }: any) => influx.rows(filled(query)))
    const [policies, streams] = await Promise.all(variables)
    assert.ok(policies.some(({ name }: any) => name === 'keep_720h'))
    assert.deepEqual(streams.map(({ value }: any) => value), [streamId])
    let shown = 0
    for (const { targets } of DASHBOARD.panels) for (const { query } of targets) shown += (await influx.rows(filled(query))).length
    assert.ok(shown >= 1, 'no panel shows it')
  })

  it('says what it waits for, and agrees to nothing that costs', async () => {
    const { consentId } = await running.ok(owner.key, 'POST', '/v1/consents', { streamId, recipient: 'history', purposes: ['dpv:RecordManagement'], attributes: ['temperature'] })
    await running.ok(owner.key, 'POST', '/v1/offers', { streamId, price: '0.1', unit: 'message', currency: 'EUR', attributes: ['temperature'] })
    await delay(1_200)
    assert.equal((await stateOf(running, owner, consentId, 'waiting')).reason, 'NO_OFFER')
    await running.ok(owner.key, 'POST', '/v1/offers', { streamId, price: '0', unit: 'message', currency: 'EUR', attributes: ['temperature'] })
    await stateOf(running, owner, consentId, 'recording')
  })

  it('gets nothing more once a consent is withdrawn, and forgets what it had by it, also when it was away', async () => {
    const consentId = await record(running, owner, streamId)
    for (let n = 1; n <= 20; n++) await device.publishAsync('zigbee2mqtt/k', climate(n), { qos: 1 })
    await kept(influx, 20)
    await influx.kill()
    for (let n = 21; n <= 40; n++) await device.publishAsync('zigbee2mqtt/k', climate(n), { qos: 1 })
    await running.ok(owner.key, 'POST', `/v1/consents/${consentId}/withdraw`)
    for (let n = 41; n <= 60; n++) await device.publishAsync('zigbee2mqtt/k', climate(n), { qos: 1 })
    await influx.restart()
    await stateOf(running, owner, consentId, 'forgotten')
    assert.deepEqual(await influx.rows('SELECT * FROM sluice.keep_720h.IndoorEnvironmentObserved'), [])
    const again = await record(running, owner, streamId)
    await device.publishAsync('zigbee2mqtt/k', climate(61), { qos: 1 })
    assert.deepEqual((await kept(influx, 1)).map(({ consent }) => consent), [again])
  })

  it('forgets what several had let out together when one of them withdraws, and keeps it for the shortest time that one of them said', async () => {
    const partner = await running.party('owner'), [{ sourceId }] = await running.ok(owner.key, 'GET', '/v1/sources')
    await running.ok(owner.key, 'PUT', `/v1/sources/${sourceId}/subjects/${partner.partyId}`)
    const allow = (by: PartyKey, keep: string) =>
      running.ok(by.key, 'POST', '/v1/consents', { streamId, recipient: 'history', purposes: ['dpv:RecordManagement'], attributes: ['temperature'], keep })
    const { consentId: second } = await allow(partner, 'P7D'), first = await record(running, owner, streamId, { keep: 'P30D' })
    for (let n = 1; n <= 5; n++) await device.publishAsync('zigbee2mqtt/k', climate(n), { qos: 1 })
    assert.deepEqual(new Set((await kept(influx, 5, 'keep_168h')).map(({ consent }) => consent)), new Set([`${first}+${second}`]))
    await running.ok(partner.key, 'POST', `/v1/consents/${second}/withdraw`)
    await stateOf(running, partner, second, 'forgotten')
    assert.deepEqual(await influx.rows('SELECT * FROM sluice.keep_168h.IndoorEnvironmentObserved'), [])
  })

  it('forgets an owner who is erased, and when it was away then as soon as it is back', async function () {
    this.timeout(120_000)
    const gone = await running.party('owner'), theirs = await running.device(await running.pair(gone)), other = await firstStream(running, gone, theirs)
    for (const [who, from, id] of [[owner, device, streamId], [gone, theirs, other]] as const) {
      await record(running, who, id)
      for (let n = 1; n <= 5; n++) await from.publishAsync('zigbee2mqtt/k', climate(n), { qos: 1 })
    }
    await kept(influx, 10)
    const { state, receipt } = await running.ok(gone.key, 'POST', '/v1/erasures', { partyId: gone.partyId })
    assert.deepEqual([state, receipt.history], ['erased', 'done'])
    assert.deepEqual(new Set((await influx.rows('SELECT * FROM sluice.keep_720h.IndoorEnvironmentObserved')).map(({ stream }) => stream)), new Set([streamId]))
    await influx.kill()
    const { state: second, receipt: later } = await running.ok(owner.key, 'POST', '/v1/erasures', { partyId: owner.partyId })
    assert.deepEqual([second, later.history], ['erased', 'pending'])
    await influx.restart()
    const { operatorKey, data } = running
    await running.stop()
    running = await Running.start({ data, history: { url: influx.url, database: 'sluice', keep: 'P30D' } })
    while ((await running.ok(operatorKey, 'GET', '/v1/erasures')).some(({ history }: any) => history === 'pending')) await delay(200)
    assert.deepEqual(await influx.rows('SELECT * FROM sluice.keep_720h.IndoorEnvironmentObserved'), [])
  })

  it('is handed nothing of a consent once its withdrawal is answered, in full stream', async function () {
    this.timeout(120_000)
    const wire = await Wire.open(influx.port), other = await Running.start({ history: { url: `http://127.0.0.1:${wire.port}`, database: 'race', keep: 'P30D' } })
    const citizen = await other.party('owner'), hub = await other.device(await other.pair(citizen)), stream = await firstStream(other, citizen, hub)
    let sent = 0, isOver = false, late = 0
    const publishing = (async () => { while (!isOver) await Promise.all(Array.from({ length: 50 }, () => hub.publishAsync('zigbee2mqtt/k', climate(++sent), { qos: 1 }))) })()
    for (let round = 0; round < 8; round++) {
      const consentId = await record(other, citizen, stream)
      await delay(300 + Math.random() * 900)
      await other.ok(citizen.key, 'POST', `/v1/consents/${consentId}/withdraw`)
      await delay(KERNEL_MS) // what the kernel had is on its way
      const before = wire.count(`consent=${consentId}`)
      await delay(800)
      late += wire.count(`consent=${consentId}`) - before
    }
    isOver = true
    await publishing
    assert.equal(late, 0)
    assert.ok(wire.text.length > 100_000, 'too little was written to race with')
    await other.stop()
    wire.close()
  })

  it('loses nothing while influxd is killed, frozen and away under load, and writes nothing twice', async () => {
    await record(running, owner, streamId)
    let sent = 0
    const publishFor = async (milliseconds: number) => { for (const until = Date.now() + milliseconds; Date.now() < until;) await Promise.all(Array.from({ length: 20 }, () => device.publishAsync('zigbee2mqtt/k', climate(++sent), { qos: 1 }))) }
    for (const fault of ['kill', 'freeze', 'kill'] as const) {
      await publishFor(700)
      if (fault === 'kill') await influx.kill()
      else influx.freeze(true)
      await publishFor(1_500)
      if (fault === 'kill') await influx.restart()
      else influx.freeze(false)
    }
    await publishFor(300)
    const rows = await kept(influx, sent)
    assert.deepEqual(numbersIn(rows).sort((a, b) => a - b), Array.from({ length: sent }, (_, index) => index + 1))
    const { received, delivered, failed, inFlight } = running.gateway.counts()
    assert.deepEqual([failed, inFlight, received - delivered], [0, 0, 1]) // the first reading had no consent
  })

  it('signs in with what the operator named, and says when it is refused', async () => {
    const guarded = await Influx.start({ hasUsers: true }), passwordFile = join(temporaryFolder(), 'password')
    await guarded.rows('CREATE USER sluice WITH PASSWORD \'right\' WITH ALL PRIVILEGES')
    writeFileSync(passwordFile, 'right\n')
    chmodSync(passwordFile, 0o600)
    const other = await Running.start({ history: { url: guarded.url, database: 'city', username: 'sluice', passwordFile, keep: 'PT2H' } }), citizen = await other.party('owner')
    const hub = await other.device(await other.pair(citizen)), stream = await firstStream(other, citizen, hub)
    await record(other, citizen, stream)
    await hub.publishAsync('zigbee2mqtt/k', climate(7), { qos: 1 })
    let rows: Record<string, any>[] = []
    while (rows.length === 0) { await delay(50); rows = await guarded.rows('SELECT * FROM city.keep_2h.IndoorEnvironmentObserved', { database: 'city', credentials: 'sluice:right' }) }
    assert.deepEqual(numbersIn(rows), [7])
    await other.stop()
    await guarded.kill()
  })
})

describe('a history whose gateway is killed', () => {
  before(function () { if (!hasInflux) { console.log('      skipped: influxd is not installed (Debian: influxdb)'); this.skip() } })

  it('has every acknowledged reading once, over kill -9 under load', async () => {
    const data = temporaryFolder(), influx = await Influx.start(), environment = { SLUICE_HISTORY_URL: influx.url }
    let process = await GatewayProcess.start(data, {}, environment), users = new Users(process.ready)
    const ports = { mqtt: Number(new URL(users.mqtt).port), http: Number(new URL(users.http).port) }, { operatorKey } = users
    const owner = await users.party('owner'), source = await users.pair(owner)
    let device = await users.device(source)
    await record(users, owner, await firstStream(users, owner, device))
    const confirmed = new Set<number>()
    let sent = 0
    for (let round = 0; round < 3; round++) {
      for (const until = Date.now() + 900; Date.now() < until; await delay(3)) for (let n = 0; n < 10; n++) { const number = ++sent; device.publish('zigbee2mqtt/k', climate(number), { qos: 1 }, error => { if (!error) confirmed.add(number) }) }
      await process.kill()
      process = await GatewayProcess.start(data, ports, environment)
      users = new Users({ ...process.ready, operatorKey })
      device = await users.device(source)
    }
    await device.publishAsync('zigbee2mqtt/k', climate(++sent), { qos: 1 })
    confirmed.add(sent)
    let numbers: number[] = []
    while (!numbers.includes(sent)) { await delay(100); numbers = numbersIn(await influx.rows('SELECT * FROM sluice.keep_720h.IndoorEnvironmentObserved')) }
    const seen = new Set(numbers)
    assert.ok(confirmed.size > 300, `only ${confirmed.size} acknowledged`)
    assert.deepEqual([...confirmed].filter(number => !seen.has(number)), [], 'acknowledged, and not in the history')
    assert.equal(seen.size, numbers.length, 'written twice')
    await users.leave()
    await process.kill('SIGTERM')
    await influx.kill()
  })
})
