// A broker in front, a database behind, a subscriber beside: each is killed in its turn under load, and all of it balances in the end.
import assert from 'node:assert/strict'
import { connectAsync } from 'mqtt'
import { setTimeout as delay } from 'node:timers/promises'
import { hasInflux, Influx } from '#test/support/influx.ts'
import { hasMosquitto, Mosquitto } from '#test/support/mosquitto.ts'
import { GatewayProcess } from '#test/support/process.ts'
import { Users, type PartyKey } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const climate = (n: number) => JSON.stringify({ temperature: 10 + n / 1e6, battery: 90 })
const numberOf = (temperature: number) => Math.round((temperature - 10) * 1e6)

/** Free, for a subscriber and for the history. */
async function open(users: Users, owner: PartyKey, city: PartyKey): Promise<string> {
  let streams = await users.streamsOf(owner)
  while (streams.length === 0) { await delay(20); streams = await users.streamsOf(owner) }
  const { streamId } = streams[0]!
  await users.deal(owner, city, streamId)
  const purposes = ['dpv:RecordManagement']
  await users.ok(owner.key, 'POST', '/v1/consents', { streamId, recipient: 'history', purposes, attributes: ['temperature'] })
  while ((await users.ok<any[]>(owner.key, 'GET', '/v1/history'))[0]?.state !== 'recording') await delay(50)
  return streamId
}

describe('Mosquitto, influxd and the gateway, killed in turn under load', () => {
  before(function () {
    if (!hasMosquitto || !hasInflux) { console.log('      skipped: mosquitto or influxd is not installed (Debian: mosquitto, influxdb)'); this.skip() }
  })

  it('come back without help, and what the broker took is with the subscriber and in the history, once', async () => {
    const broker = await Mosquitto.start(), influx = await Influx.start(), data = temporaryFolder()
    const environment = { SLUICE_BRIDGE_HOSTS: '127.0.0.1', SLUICE_HISTORY_URL: influx.url }
    let gateway = await GatewayProcess.start(data, {}, environment), users = new Users(gateway.ready)
    const ports = { mqtt: Number(new URL(users.mqtt).port), http: Number(new URL(users.http).port) }, { operatorKey } = users
    const [owner, city] = await Promise.all([users.party('owner'), users.party('subscriber')])
    const publisher = await connectAsync(`mqtt://127.0.0.1:${broker.port}`), confirmed = new Set<number>()
    await users.ok(owner.key, 'POST', '/v1/bridges', { broker: `mqtt://127.0.0.1:${broker.port}`, topics: ['zigbee2mqtt/#'] })
    while ((await users.ok<any[]>(owner.key, 'GET', '/v1/bridges'))[0].state !== 'connected') await delay(20)
    await publisher.publishAsync('zigbee2mqtt/k', climate(0), { qos: 1 })
    const streamId = await open(users, owner, city)
    let sent = 0
    const load = async (milliseconds: number) => {
      for (const until = Date.now() + milliseconds; Date.now() < until; await delay(4)) {
        for (let n = 0; n < 5; n++) { const number = ++sent; publisher.publish('zigbee2mqtt/k', climate(number), { qos: 1 }, error => { if (!error) confirmed.add(number) }) }
      }
    }
    await load(700)
    await broker.kill('SIGTERM') // in order: what it holds in memory is its own to keep
    await broker.restart()
    await load(700)
    await influx.kill('SIGKILL')
    await load(700)
    await influx.restart()
    await load(700)
    await gateway.kill('SIGKILL')
    await load(400)
    gateway = await GatewayProcess.start(data, ports, environment)
    users = new Users({ ...gateway.ready, operatorKey })
    await load(700)
    const last = ++sent
    await publisher.publishAsync('zigbee2mqtt/k', climate(last), { qos: 1 })
    confirmed.add(last)

    const replay = users.subscribe(city, streamId, 'envelope=1&from=earliest')
    while (!replay.got.some(({ content }) => numberOf(content.temperature.value) === last)) await delay(50)
    const seen = new Set(replay.got.map(({ content }) => numberOf(content.temperature.value)))
    let rows: Record<string, any>[] = []
    while (!rows.some(({ temperature }) => numberOf(temperature) === last)) { await delay(100); rows = await influx.rows('SELECT * FROM sluice.keep_720h.IndoorEnvironmentObserved') }
    const kept = new Set(rows.map(({ temperature }) => numberOf(temperature)))
    assert.ok(confirmed.size > 1_000, `only ${confirmed.size} confirmed`)
    assert.deepEqual([...confirmed].filter(number => !seen.has(number)), [], 'taken by the broker, and not with the subscriber')
    assert.deepEqual([...seen].filter(number => number > 0 && !kept.has(number)), [], 'with the subscriber, and not in the history')
    // A message whose acknowledgement a kill took comes again as another message: both have it as often.
    assert.equal(rows.length, replay.got.length)
    const figures = await (await fetch(`${users.http}/metrics`)).text(), figure = (name: string) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(figures)?.[1])
    const dropped = [...figures.matchAll(/^sluice_envelopes_dropped_total\{.*\} (\d+)/gm)].reduce((sum, [, count]) => sum + Number(count), 0)
    assert.equal(figure('sluice_envelopes_received_total'), figure('sluice_envelopes_delivered_total') + dropped + figure('sluice_envelopes_failed_total') + figure('sluice_envelopes_in_flight'))
    replay.close()
    await publisher.endAsync(true)
    await gateway.kill('SIGTERM')
    await Promise.all([broker.kill(), influx.kill()])
  })
})
