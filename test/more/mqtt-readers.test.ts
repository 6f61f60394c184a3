import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { connectAsync } from 'mqtt'
import { MqttReader } from '#test/support/mqtt-reader.ts'
import { GatewayProcess } from '#test/support/process.ts'
import { Users } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const ROUNDS = 4
const climate = (n: number) => JSON.stringify({ temperature: 10 + n / 1e6, battery: 90 })
const numberIn = (content: any) => Math.round((content.temperature.value - 10) * 1e6)

describe('A reader with a session, when the gateway is killed in full stream', () => {
  it('gets all that its devices were acknowledged, in order, each with one id by which to know it again, and pays once', async () => {
    const data = temporaryFolder()
    let process = await GatewayProcess.start(data), users = new Users(process.ready)
    const ports = { mqtt: Number(new URL(users.mqtt).port), http: Number(new URL(users.http).port) }, { operatorKey } = users
    const [owner, city] = await Promise.all([users.party('owner'), users.party('subscriber')]), source = await users.pair(owner)
    await (await users.device(source)).publishAsync('zigbee2mqtt/k', climate(0), { qos: 1 })
    const [{ streamId } = { streamId: '' }] = await users.streamsOf(owner)
    await users.deal(owner, city, streamId, { price: '0.000001', budget: '1' })
    await users.leave()
    const join = () => MqttReader.join(users.mqtt, city, { clientId: 'city', clean: false, properties: { sessionExpiryInterval: 3_600 } })

    const acknowledged = new Set<number>(), got: MqttReader['got'] = []
    let sent = 0, reader = await join()
    await reader.subscribe(`streams/${streamId}`)
    await delay(1_200) // that it has a session is on disk within a second
    for (let round = 0; round < ROUNDS; round++) {
      const device = await connectAsync(users.mqtt, { username: source.username, password: source.password, reconnectPeriod: 0 })
      device.on('error', () => { /* the gateway is killed */ })
      const until = Date.now() + 300 + Math.random() * 1_500
      while (Date.now() < until) {
        for (let n = 0; n < 5; n++) { const number = ++sent; device.publish('zigbee2mqtt/k', climate(number), { qos: 1 }, error => { if (!error) acknowledged.add(number) }) }
        await delay(2)
      }
      await process.kill()
      await reader.closed()
      device.end(true)
      got.push(...reader.got)
      process = await GatewayProcess.start(data, ports)
      users = new Users({ ...process.ready, operatorKey })
      reader = await join()
      assert.equal(reader.hasSession, true)
    }
    const last = Math.max(...acknowledged)
    while (!reader.got.some(({ content }) => numberIn(content) >= last)) await reader.count(reader.got.length + 1)
    // What the journal has behind that, of which a device was not told, was handed over as well, and is on its way.
    const { agreements: [usage] } = await users.ok(city.key, 'GET', '/v1/usage'), idOf = ({ packet }: MqttReader['got'][number]) => String(packet.properties?.userProperties?.['messageId'])
    while (new Set([...got, ...reader.got].map(idOf)).size < usage.messages) await reader.count(reader.got.length + 1)
    got.push(...reader.got)
    const once = new Map(got.map(each => [idOf(each), numberIn(each.content)])), numbers = [...once.values()]
    console.log(`      ${acknowledged.size} acknowledged, ${got.length - once.size} of ${got.length} came again`)
    const seen = new Set(numbers)
    assert.deepEqual([...acknowledged].filter(number => !seen.has(number)), [], 'acknowledged and lost')
    assert.deepEqual(numbers, numbers.toSorted((a, b) => a - b), 'in order')
    assert.equal(seen.size, numbers.length, 'a message has one id')
    assert.equal(usage.messages, seen.size, 'what came again is billed once')
    await reader.leave()
    assert.equal(await process.kill('SIGTERM'), 0)
  })
})
