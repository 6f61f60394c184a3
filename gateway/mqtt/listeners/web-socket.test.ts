// MQTT through a browser's door: clients of others, and peers that keep to nothing.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import mqtt from 'mqtt'
import { WebSocket } from 'ws'
import { clientFrame, WebSocketDoor } from '#test/support/web-socket.ts'
import { connectPacket, Edge, PASSWORD, Peer, publishPacket, subscribePacket } from '#test/support/mqtt-edge.ts'

const BINARY = 2
const CONNACK = Buffer.from([0x82, 4, 0x20, 2, 0, 0])

describe('MQTT over WebSocket', () => {
  let edge: Edge, door: WebSocketDoor
  const open = async (options: ConstructorParameters<typeof Edge>[0] = {}) => {
    edge = await new Edge(options).start()
    door = await WebSocketDoor.open(edge.server)
  }
  afterEach(async () => {
    door.close()
    await edge.stop()
  })
  /** A peer behind the handshake, with what it is sent from there on. */
  const peer = async (headers = {}): Promise<Peer> => {
    const made = new Peer(door.asked(headers)), isAnswered = (received: Buffer) => received.includes('\r\n\r\n')
    await made.until(isAnswered)
    made.received = made.received.subarray(made.received.indexOf('\r\n\r\n') + 4)
    return made
  }
  const joined = async (): Promise<Peer> => {
    const made = await peer()
    made.send(clientFrame(BINARY, connectPacket('home')))
    await made.until(received => received.length >= CONNACK.length)
    assert.deepEqual(made.received, CONNACK)
    return made
  }
  const answerTo = async (headers: Readonly<Record<string, string | undefined>>): Promise<string> => {
    const socket = door.asked(headers), parts: Buffer[] = []
    socket.on('data', (chunk: Buffer) => parts.push(chunk))
    await once(socket, 'close')
    return Buffer.concat(parts).toString()
  }

  for (const protocolVersion of [3, 4, 5] as const) {
    it(`serves a client of others, of protocol version ${protocolVersion}, both ways and at each QoS`, async () => {
      await open()
      const protocolId = protocolVersion === 3 ? 'MQIsdp' : 'MQTT'
      const client = await mqtt.connectAsync(door.url, { username: 'home', password: PASSWORD, clientId: 'browser', protocolVersion, protocolId, reconnectPeriod: 0 })
      const got: string[] = [], large = 'x'.repeat(200_000)
      client.on('message', (_topic, payload) => got.push(payload.toString()))
      await client.subscribeAsync('a/#', { qos: 2 })
      for (const qos of [0, 1, 2] as const) await client.publishAsync('a/b', `qos ${qos}`, { qos })
      await client.publishAsync('a/b', large, { qos: 1 })
      while (got.length < 4) await new Promise(resolve => client.once('message', resolve))
      assert.deepEqual(got, ['qos 0', 'qos 1', 'qos 2', large])
      await client.endAsync()
      await edge.until(() => edge.disconnected.length === 1)
      assert.deepEqual(edge.disconnected, ['disconnected'])
    })
  }

  it('takes packets cut into fragments at each byte, and many in one frame', async () => {
    await open()
    const home = await joined(), packet = publishPacket('zigbee2mqtt/kitchen', '{"temperature":21}', { qos: 1, id: 7 })
    for (let at = 0; at <= packet.length; at++) {
      home.received = Buffer.alloc(0)
      home.send(clientFrame(BINARY, packet.subarray(0, at), { isFinal: false }), clientFrame(9, Buffer.from('p')), clientFrame(0, packet.subarray(at)))
      const puback = Buffer.from([0x82, 4, 0x40, 2, 0, 7]), pong = Buffer.from([0x8a, 1, 0x70])
      await home.until(received => received.includes(puback) && received.includes(pong))
    }
    home.send(clientFrame(BINARY, Buffer.concat([packet, packet, packet])))
    await edge.until(() => edge.topics.length === packet.length + 4)
  })

  it('takes what came together with the handshake', async () => {
    await open()
    const socket = door.asked(), early = new Peer(socket)
    early.send(clientFrame(BINARY, connectPacket('home')), clientFrame(BINARY, publishPacket('early', '')))
    await edge.until(() => edge.topics.includes('early'))
    await early.until(received => received.includes(CONNACK))
  })

  it('refuses a handshake without the subprotocol mqtt, and one that is none', async () => {
    await open()
    assert.match(await answerTo({ 'sec-websocket-protocol': undefined }), /^HTTP\/1\.1 400 .*subprotocol mqtt/s)
    assert.match(await answerTo({ 'sec-websocket-protocol': 'amqp, mqttx' }), /^HTTP\/1\.1 400 .*subprotocol mqtt/s)
    assert.match(await answerTo({ 'sec-websocket-key': 'short' }), /^HTTP\/1\.1 400 .*no WebSocket handshake/s)
    assert.match(await answerTo({ 'sec-websocket-version': '8' }), /^HTTP\/1\.1 426 .*sec-websocket-version: 13/s)
    assert.deepEqual([edge.connected, edge.refused], [[], []])
  })

  it('chooses mqtt among what is offered', async () => {
    await open()
    for (const [offered, chosen] of [[['amqp', 'mqtt'], 'mqtt'], [['mqttv3.1'], 'mqttv3.1']] as const) {
      const client = new WebSocket(door.url, [...offered])
      await once(client, 'open')
      assert.equal(client.protocol, chosen)
      client.terminate()
    }
  })

  it('closes at a text frame, and hands on nothing of it', async () => {
    await open()
    const client = new WebSocket(door.url, 'mqtt')
    await once(client, 'open')
    client.send(connectPacket('home').toString('latin1'))
    const [code] = await once(client, 'close') as [number]
    assert.deepEqual([code, edge.connected], [1003, []])
  })

  it('answers a close, and lets a client go that says none', async () => {
    await open()
    const polite = new WebSocket(door.url, 'mqtt')
    await once(polite, 'open')
    polite.send(connectPacket('home', { clientId: 'polite' }))
    await once(polite, 'message')
    polite.close(1000)
    assert.deepEqual((await once(polite, 'close'))[0], 1000)
    const rude = await joined()
    rude.socket.destroy()
    await edge.until(() => edge.disconnected.length === 2)
    assert.deepEqual(edge.disconnected, ['gone', 'gone'])
  })

  it('closes with the same codes as a socket: a refused CONNECT, a breach, and none in time', async () => {
    await open({ limits: { connectDeadlineMs: 300 } })
    const [silent, guess, breach] = [await peer(), await peer(), await joined()]
    guess.send(clientFrame(BINARY, connectPacket('home', { password: Buffer.from('guess') })))
    breach.send(clientFrame(BINARY, connectPacket('home')))
    await Promise.all([silent, guess, breach].map(each => each.closed()))
    assert.deepEqual([edge.refused.toSorted(), edge.disconnected], [['bad-credentials', 'connect-deadline'], ['malformed']])
  })

  it('bounds what a stranger may send before it is known, however long its frame', async () => {
    await open()
    const stranger = await peer(), frame = clientFrame(BINARY, Buffer.concat([Buffer.from([0x10, 0xff, 0xff, 0x3f]), Buffer.alloc(1 << 20)]))
    stranger.socket.write(frame.subarray(0, 64))
    await stranger.closed()
    assert.deepEqual(edge.refused, ['too-large'])
  })

  it('evicts a client that does not read, while its neighbour is served', async () => {
    await open({ limits: { drainMsMax: 500, readerBytesMax: 65_536 } })
    const frozen = await joined(), healthy = await edge.joined('home', { clientId: 'healthy' })
    frozen.send(clientFrame(BINARY, subscribePacket(1, 'big')))
    await frozen.until(received => received.length > CONNACK.length)
    frozen.socket.pause()
    const payload = Buffer.alloc(1 << 20)
    while (edge.disconnected.length === 0) {
      healthy.send(publishPacket('big', payload))
      await healthy.ping()
    }
    assert.deepEqual(edge.disconnected, ['frozen-reader'])
    assert.ok(edge.skipped > 0, 'what it had no room for was left out')
  })

  it('does not pile up answers to pings for a client that does not read them', async () => {
    await open()
    const frozen = await joined()
    frozen.socket.pause()
    const pings = Buffer.concat(Array.from({ length: 20_000 }, () => clientFrame(9, Buffer.alloc(125))))
    for (let n = 0; n < 10; n++) await written(frozen.socket, pings)
    frozen.send(clientFrame(BINARY, publishPacket('after', '')))
    await edge.until(() => edge.topics.includes('after'))
    assert.deepEqual(edge.disconnected, [])
  })

  it('lets all of them go when the server stops, and takes no more', async () => {
    await open()
    const home = await joined()
    await edge.server.stop(0)
    assert.equal(await home.closed(), CONNACK.toString('hex') + '880203e8')
    const late = await peer()
    await late.closed()
    assert.equal(edge.server.connectionCount, 0)
  })
})

function written(socket: Socket, bytes: Buffer): Promise<void> { return new Promise(resolve => { socket.write(bytes, () => resolve()) }) }
