// A virtual sensor at a real broker.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { Aedes, type AedesPublishPacket } from 'aedes'
import { until } from './gateway.fake.ts'
import type { GatewayError } from './gateway-error.ts'
import { sensorOf } from './sensors.ts'
import { Simulation } from './simulation.ts'

describe('Simulation', () => {
  let broker: Aedes, server: Server, simulation: Simulation | undefined
  let got: AedesPublishPacket[], states: string[], refusals: GatewayError[]
  const begin = (rate: number, password = 'right', mqtt = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`): Simulation => {
    simulation = new Simulation({
      mqtt, username: 'src_1', password, rate, sensor: sensorOf('zigbee2mqtt', 1),
      onState: state => states.push(state), onRefused: error => refusals.push(error),
    })
    return simulation
  }

  beforeEach(async () => {
    [got, states, refusals] = [[], [], []]
    broker = await Aedes.createBroker({
      authenticate: (_client, username, password, done) => {
        if (username === 'src_1' && String(password) === 'right') done(null, true)
        else done(Object.assign(new Error('no'), { returnCode: 4 }), false)
      },
    })
    broker.on('publish', (packet, client) => { if (client) got.push(packet) })
    server = createServer(socket => void broker.handle(socket))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterEach(async () => {
    simulation?.stop()
    await new Promise<void>(done => broker.close(() => done()))
    server.close()
  })

  it('says its readings at QoS 1, at the rate that it is given', async () => {
    const begun = performance.now(), running = begin(100)
    await until(() => running.published >= 50)
    const seconds = (performance.now() - begun) / 1000
    assert.ok(got.length >= 50 && got.length <= 1 + 100 * seconds, `${got.length} in ${seconds} s`)
    assert.deepEqual([got[0]!.topic, got[0]!.qos, states], ['zigbee2mqtt/room_1', 1, ['connecting', 'connected']])
  })

  it('says that its credentials are refused, once, and does not try for ever', async () => {
    begin(1, 'wrong')
    await until(() => refusals.length > 0)
    assert.deepEqual([refusals.map(({ code }) => code), states, got], [['UNAUTHENTICATED'], ['connecting'], []])
  })

  it('says nothing more when it is stopped', async () => {
    const running = begin(1000)
    await until(() => got.length > 0)
    running.stop()
    await until(() => broker.connectedClients === 0)
    assert.equal(states.at(-1), 'connected')
  })

  it('refuses what is no broker’s address', () => {
    for (const mqtt of ['', '127.0.0.1:1883', 'http://127.0.0.1', 'mqtt://host/path']) {
      assert.throws(() => begin(1, 'right', mqtt), { code: 'BAD_REQUEST' })
    }
  })
})
