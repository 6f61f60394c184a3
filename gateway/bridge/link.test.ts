import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { generate, parser, type Packet as MqttPacket } from 'mqtt-packet'
import type { Packet } from '#adapters/packet.ts'
import { BATCH_MAX, Link } from '#gateway/bridge/link.ts'
import { MQTT_LIMITS } from '#gateway/mqtt/limits.ts'
import { Pace } from '#gateway/mqtt/pace.ts'
import { silentLog } from '#test/support/temporary.ts'

/** A broker that does just what a test says. */
class Script {
  readonly #server: Server
  readonly got: MqttPacket[] = []
  readonly #waiting: { isIt: (packet: MqttPacket) => boolean, done: (packet: MqttPacket) => void }[] = []
  socket: Socket | undefined
  connects = 0
  hasSession = false
  subackCodes: number[] | undefined

  constructor() {
    this.#server = createServer(socket => {
      this.socket = socket
      const packets = parser()
      packets.on('packet', packet => this.#answer(socket, packet))
      socket.on('data', chunk => packets.parse(chunk)).on('error', () => {})
    }).listen(0, '127.0.0.1')
  }

  async port(): Promise<number> {
    if (!this.#server.listening) await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  publish(id: number, topic: string, payload: string | Buffer = String(id), more: object = {}): void {
    this.socket!.write(generate({ cmd: 'publish', topic, payload, qos: 1, messageId: id, retain: false, dup: false, ...more }))
  }

  get acknowledged(): number[] { return this.got.filter(({ cmd }) => cmd === 'puback').map(({ messageId }) => messageId!) }

  packet(isIt: (packet: MqttPacket) => boolean): Promise<MqttPacket> {
    const found = this.got.find(isIt)
    return found ? Promise.resolve(found) : new Promise(done => { this.#waiting.push({ isIt, done }) })
  }

  close(): void {
    this.#server.close()
    this.socket?.destroy()
  }

  #answer(socket: Socket, packet: MqttPacket): void {
    this.got.push(packet)
    if (packet.cmd === 'connect') {
      this.connects++
      socket.write(generate({ cmd: 'connack', returnCode: 0, sessionPresent: this.hasSession }))
    }
    if (packet.cmd === 'subscribe') socket.write(generate({ cmd: 'suback', messageId: packet.messageId!, granted: this.subackCodes ?? packet.subscriptions.map(() => 1) }))
    for (const { isIt, done } of this.#waiting) if (isIt(packet)) done(packet)
  }
}

interface Taken { readonly batch: readonly Packet[], readonly settle: () => void, readonly fail: () => void }

describe('A link to a foreign broker', () => {
  let script: Script, link: Link, pace: Pace, costMs = 0
  const taken: Taken[] = []
  const turn = async (isDone: () => boolean) => { while (!isDone()) await new Promise(setImmediate) }
  const start = async (more: object = {}) => {
    const bridge = { sourceId: 'src_a', broker: `mqtt://127.0.0.1:${await script.port()}`, protocol: '3.1.1' as const, topics: ['t/#'], createdAt: 0, ...more }
    link = new Link({ bridge, password: undefined, log: silentLog, pace: pace = new Pace({ ...MQTT_LIMITS, longRoadMsPerSecondPerSourceMax: 1_000 }, () => {}), ingest: batch => new Promise((settle, reject) => { batch.longRoadMs = costMs; taken.push({ batch: [...batch], settle, fail: () => reject(new Error('full')) }) }) })
    await link.start()
    await script.packet(({ cmd }) => cmd === 'subscribe')
    await turn(() => link.status.state === 'connected' || link.status.state === 'refused')
  }
  beforeEach(() => { script = new Script(); taken.length = 0; costMs = 0 })
  afterEach(async () => {
    for (const { settle } of taken) settle()
    await link.stop()
    script.close()
  })

  it('asks for a session that stays, and for QoS 1', async () => {
    await start()
    const [connect, subscribe] = script.got as any[]
    assert.deepEqual([connect.clean, connect.clientId, connect.protocolVersion], [false, 'sluice-src_a', 4])
    assert.deepEqual(subscribe.subscriptions.map(({ topic, qos }: any) => [topic, qos]), [['t/#', 1]])
  })

  it('acknowledges nothing before it is safe, and then in order', async () => {
    await start()
    for (const id of [7, 8, 9]) script.publish(id, 't/a')
    await turn(() => taken.flatMap(({ batch }) => batch).length === 3)
    script.publish(10, 't/b')
    await turn(() => taken.flatMap(({ batch }) => batch).length === 4)
    assert.deepEqual(script.acknowledged, [])
    taken.at(-1)!.settle() // the later one is safe first
    await new Promise(setImmediate)
    assert.deepEqual(script.acknowledged, [])
    for (const { settle } of taken) settle()
    await script.packet(packet => packet.cmd === 'puback' && packet.messageId === 10)
    assert.deepEqual(script.acknowledged, [7, 8, 9, 10])
  })

  it('takes what one read brings as one batch', async () => {
    await start()
    for (let id = 1; id <= 100; id++) script.publish(id, 't/a')
    await turn(() => taken.flatMap(({ batch }) => batch).length === 100)
    assert.ok(taken.length <= 10, `${taken.length} batches`)
    assert.deepEqual(taken[0]!.batch.slice(0, 2).map(({ topic, qos }) => [topic, qos]), [['t/a', 1], ['t/a', 1]])
  })

  it('acknowledges nothing of what could not be kept, and comes back for it', async () => {
    await start()
    script.hasSession = true
    script.publish(3, 't/a')
    await turn(() => taken.length === 1)
    taken[0]!.fail()
    await script.packet(({ cmd }) => cmd === 'connect' && script.connects === 2)
    assert.deepEqual(script.acknowledged, [])
    script.publish(3, 't/a', '3', { dup: true })
    await turn(() => taken.length === 2)
    taken[1]!.settle()
    await script.packet(({ cmd }) => cmd === 'puback')
    assert.deepEqual(script.acknowledged, [3])
  })

  it('answers on the connection that brought it, or not at all', async () => {
    await start()
    script.hasSession = true
    script.publish(5, 't/a')
    await turn(() => taken.length === 1)
    script.socket!.destroy()
    await script.packet(({ cmd }) => cmd === 'connect' && script.connects === 2)
    await turn(() => link.status.state === 'connected')
    taken[0]!.settle()
    script.publish(6, 't/a')
    await turn(() => taken.length === 2)
    taken[1]!.settle()
    await script.packet(({ cmd }) => cmd === 'puback')
    assert.deepEqual(script.acknowledged, [6])
  })

  it('stops reading while too much waits', async () => {
    await start()
    const sent = 3 * MQTT_LIMITS.waitingPacketsMax
    for (let id = 1; id <= sent; id++) script.publish(id, 't/a')
    await turn(() => taken.flatMap(({ batch }) => batch).length > MQTT_LIMITS.waitingPacketsMax / 2)
    for (let n = 0; n < 200; n++) await new Promise(setImmediate)
    const held = taken.flatMap(({ batch }) => batch).length
    assert.ok(held <= MQTT_LIMITS.waitingPacketsMax / 2 + BATCH_MAX, `${held} in hand`)
    for (let settled = 0; settled < taken.length || taken.flatMap(({ batch }) => batch).length < sent;) {
      if (settled < taken.length) taken[settled++]!.settle()
      else await new Promise(setImmediate)
    }
    await script.packet(packet => packet.cmd === 'puback' && packet.messageId === sent)
    assert.equal(script.acknowledged.length, sent)
  })

  it('stops reading while its messages have taken too much of the long road, and loses none', async () => {
    await start()
    costMs = 1_200
    const began = performance.now()
    script.publish(1, 't/a')
    await turn(() => taken.length === 1)
    assert.equal(pace.packets, 0)
    costMs = 0
    for (let id = 2; id <= 5; id++) script.publish(id, 't/a')
    await turn(() => taken.flatMap(({ batch }) => batch).length === 5)
    assert.ok(performance.now() - began >= 190, `${performance.now() - began} ms`)
    for (const { settle } of taken) settle()
    await turn(() => script.acknowledged.length === 5)
    assert.deepEqual(script.acknowledged, [1, 2, 3, 4, 5])
  })

  it('acknowledges, and takes in nothing of, what is too large or on a topic that is none of its business', async () => {
    await start()
    script.publish(1, '$SYS/broker', 'x')
    script.publish(2, 't/a', Buffer.alloc(MQTT_LIMITS.publishBytesMax + 1))
    script.publish(3, 't/a', Buffer.alloc(MQTT_LIMITS.publishBytesMax))
    await turn(() => taken.flatMap(({ batch }) => batch).length > 0)
    for (const { settle } of taken) settle()
    await script.packet(packet => packet.cmd === 'puback' && packet.messageId === 3)
    assert.deepEqual(script.acknowledged, [1, 2, 3])
    assert.deepEqual(taken.flatMap(({ batch }) => batch).map(({ payload }) => payload.length), [MQTT_LIMITS.publishBytesMax])
  })

  it('says which topics the broker does not let it read', async () => {
    script.subackCodes = [1, 0x80]
    await start({ topics: ['t/#', 'private/#'] })
    assert.equal(link.status.state, 'refused')
    assert.match(link.status.detail!, /private\/#/)
    assert.doesNotMatch(link.status.detail!, /t\/#/)
  })

  it('waits for what is in hand before it says goodbye', async () => {
    await start()
    script.publish(4, 't/a')
    await turn(() => taken.length === 1)
    const stopped = link.stop()
    script.publish(5, 't/a') // stays with the broker
    taken[0]!.settle()
    await stopped
    await script.packet(({ cmd }) => cmd === 'disconnect')
    assert.deepEqual(script.acknowledged, [4])
  })
})
