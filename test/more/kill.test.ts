import assert from 'node:assert/strict'
import { connectAsync } from 'mqtt'
import { setTimeout as delay } from 'node:timers/promises'
import { GatewayProcess } from '#test/support/process.ts'
import { Users } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const ROUNDS = 4
const climate = (n: number) => JSON.stringify({ temperature: 10 + n / 1e6, battery: 90 })
const numberIn = ({ content }: any) => Math.round((content.temperature.value - 10) * 1e6)

describe('kill -9 in full stream', () => {
  it('loses nothing that was acknowledged, keeps the order, bills each message once', async () => {
    const data = temporaryFolder()
    let process = await GatewayProcess.start(data), users = new Users(process.ready)
    const ports = { mqtt: Number(new URL(users.mqtt).port), http: Number(new URL(users.http).port) }, { operatorKey } = users
    const [owner, city] = await Promise.all([users.party('owner'), users.party('subscriber')])
    const source = await users.pair(owner)
    await (await users.device(source)).publishAsync('zigbee2mqtt/k', climate(0), { qos: 1 })
    const [stream] = await users.streamsOf(owner)
    await users.deal(owner, city, stream!.streamId, { price: '0.000001', budget: '1' })
    await users.leave()

    const acknowledged = new Set<number>()
    let sent = 0
    for (let round = 0; round < ROUNDS; round++) {
      const device = await connectAsync(users.mqtt, { username: source.username, password: source.password, reconnectPeriod: 0 })
      device.on('error', () => { /* the gateway is killed */ })
      const watcher = users.subscribe(city, stream!.streamId)
      await watcher.opened
      const until = Date.now() + 200 + Math.random() * 600
      while (Date.now() < until) {
        for (let n = 0; n < 20; n++) { const number = ++sent; device.publish('zigbee2mqtt/k', climate(number), { qos: 1 }, error => { if (!error) acknowledged.add(number) }) }
        await delay(2)
      }
      await process.kill()
      device.end(true)
      await delay(20) // an acknowledgement that was on its way
      process = await GatewayProcess.start(data, ports)
      users = new Users({ ...process.ready, operatorKey })
    }
    assert.ok(acknowledged.size > 100 * ROUNDS, `only ${acknowledged.size} acknowledged`)
    const replay = users.subscribe(city, stream!.streamId, 'envelope=1&from=earliest')
    const last = Math.max(...acknowledged)
    while (!replay.got.some(message => numberIn(message) === last)) await delay(20)
    await delay(300)
    const got = replay.got.map(numberIn), seen = new Set(got)
    assert.deepEqual([...acknowledged].filter(number => !seen.has(number)), [], 'acknowledged and lost')
    assert.deepEqual(got.filter((number, index) => index > 0 && number <= got[index - 1]!), [], 'out of order, or twice')
    const { agreements: [usage] } = await users.ok(city.key, 'GET', '/v1/usage')
    assert.deepEqual([usage.messages, usage.amount], [seen.size, (seen.size / 1e6).toFixed(6)])
    assert.deepEqual((await users.ok(operatorKey, 'GET', '/v1/ledger')).sum, { EUR: '0.000000' })
    replay.close()
    assert.equal(await process.kill('SIGTERM'), 0)
  })
})
