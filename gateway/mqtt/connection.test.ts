// The life of one connection: batches, acknowledgements, back-pressure, wills, deadlines.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { duplexPair } from 'node:stream'
import { generate } from 'mqtt-packet'
import type { Batch } from '#gateway/ingest/batch.ts'
import { CLOSE_REASONS } from '#gateway/mqtt/close-reason.ts'
import { rangesAfterConnect, rangesBeforeConnect } from '#gateway/mqtt/codec/lengths.ts'
import { connack } from '#gateway/mqtt/codec/encode.ts'
import { MqttConnection } from '#gateway/mqtt/connection.ts'
import { MQTT_LIMITS, SWEEP_MS } from '#gateway/mqtt/limits.ts'
import { Budget } from '#gateway/mqtt/budget.ts'
import { Namespace } from '#gateway/mqtt/namespace.ts'
import { Partials } from '#gateway/mqtt/partials.ts'
import { connectPacket, Edge, HOST, type Peer, publishPacket, subscribePacket } from '#test/support/mqtt-edge.ts'

/** What came after CONNACK, in hex. */
const answers = (peer: Peer) => peer.received.toString('hex').slice(8)
const will = { topic: 'status', payload: Buffer.from('offline'), qos: 1 as const, retain: true }

describe('a connection’s publishes', () => {
  let edge: Edge
  const start = async (options = {}) => { edge = await new Edge(options).start() }
  afterEach(() => edge.stop())

  it('come in as the packets that one read brought, with topic, payload, QoS, retain and one time', async () => {
    await start()
    const peer = await edge.joined('home', { clientId: 'c1' }), before = Date.now()
    const one = publishPacket('a/ü', Buffer.from([0, 1, 255])), two = publishPacket('b', 'x', { qos: 1, id: 5, retain: true })
    peer.send(one, two, publishPacket('c', '', { qos: 2, id: 6 }))
    await peer.until(bytes => bytes.length === 12)
    assert.equal(edge.taken.length, 1)
    const { batch, connection } = edge.taken[0]!
    assert.deepEqual(connection, { sourceId: 'home', clientId: 'c1' })
    const rows = batch.map(({ topic, payload, qos, retain }) => [topic, Buffer.from(payload).toString('hex'), qos, retain])
    assert.deepEqual(rows, [['a/ü', '0001ff', 0, false], ['b', '78', 1, true], ['c', '', 2, false]])
    assert.equal(new Set(batch.map(({ receivedAt }) => receivedAt)).size, 1)
    assert.ok(batch[0]!.receivedAt >= before && batch[0]!.receivedAt <= Date.now())
  })

  it('keep their bytes while they are held, whatever comes after', async () => {
    await start()
    const peer = await edge.joined(), size = 3_000, count = 200
    for (let number = 0; number < count; number++) peer.send(publishPacket('n', Buffer.alloc(size, number)))
    await edge.until(() => edge.payloads.length === count)
    const packets = edge.taken.flatMap(({ batch }) => batch)
    packets.forEach(({ payload }, number) => assert.deepEqual(Buffer.from(payload), Buffer.alloc(size, number)))
  })

  it('are acknowledged after the promise, in order, whatever settles first', async () => {
    const settle: (() => void)[] = []
    await start({ ingest: () => new Promise<void>(resolve => settle.push(resolve)) })
    const peer = await edge.joined()
    for (const id of [1, 2, 3]) {
      peer.send(publishPacket('a', '', { qos: id === 2 ? 2 : 1, id }))
      await edge.until(() => settle.length === id)
    }
    settle[2]!()
    settle[1]!()
    await peer.ping()
    assert.equal(answers(peer), 'd000')
    settle[0]!()
    await peer.until(bytes => bytes.length === 18)
    assert.equal(answers(peer), 'd000' + '40020001' + '50020002' + '40020003')
  })

  it('that were not kept are not acknowledged, and the connection is closed', async () => {
    const ingest = (batch: Batch) => batch.packetAt(0).topic === 'bad' ? Promise.reject(new Error('disk full')) : Promise.resolve()
    await start({ ingest })
    const peer = await edge.joined()
    peer.send(publishPacket('good', '', { qos: 1, id: 1 }))
    await peer.until(bytes => bytes.length === 8)
    peer.send(publishPacket('bad', '', { qos: 1, id: 2 }))
    assert.equal(await peer.closed(), '20020000' + '40020001')
    assert.deepEqual(edge.disconnected, ['ingest-failed'])
  })

  it('that could not even be handed over are not acknowledged, and the server lives', async () => {
    await start({ ingest: (batch: Batch) => { if (batch.packetAt(0).topic === 'bad') throw new Error('closed'); return undefined } })
    const peer = await edge.joined()
    peer.send(publishPacket('bad', '', { qos: 1, id: 2 }))
    assert.equal(await peer.closed(), '20020000')
    const other = await edge.client('home')
    await other.publishAsync('good', '', { qos: 1 })
  })

  it('of QoS 2 come in once, until they are released', async () => {
    await start()
    const peer = await edge.joined()
    const again = publishPacket('a', '1', { qos: 2, id: 9, dup: true }), release = generate({ cmd: 'pubrel', messageId: 9 })
    peer.send(publishPacket('a', '1', { qos: 2, id: 9 }), again)
    await peer.ping()
    peer.send(release, release, publishPacket('a', '2', { qos: 2, id: 9 }), release)
    await peer.ping()
    assert.deepEqual(edge.payloads, ['1', '2'])
    assert.equal(answers(peer), '50020009'.repeat(2) + 'd000' + '70020009'.repeat(2) + '50020009' + '70020009' + 'd000')
  })

  it('on topics of the server are acknowledged, counted, and handed to nobody', async () => {
    await start()
    const peer = await edge.joined()
    peer.send(subscribePacket(1, '#'), publishPacket('$SYS/x', '1'))
    peer.send(publishPacket('$share/g/a', '1', { qos: 1, id: 2 }), publishPacket('$', '1', { qos: 2, id: 3 }))
    await peer.ping()
    assert.match(answers(peer), /40020002.*50020003/)
    assert.deepEqual([edge.taken, edge.swallowed], [[], 3])
  })

  it('that wait too many hold the socket back, and all come in when there is room', async () => {
    const settle: (() => void)[] = []
    await start({ limits: { waitingPacketsMax: 50 }, ingest: () => new Promise<void>(resolve => settle.push(resolve)) })
    const client = await edge.client('home'), block = Buffer.alloc(8_000), count = 2_000
    const sent = Array.from({ length: count }, () => client.publishAsync('a', block, { qos: 1 }))
    await edge.until(() => edge.payloads.length > 25)
    const neighbour = await edge.joined('home2')
    await neighbour.ping()
    await neighbour.ping()
    const held = edge.payloads.length
    assert.ok(held < 100, `${held} were read`)
    const drain = setInterval(() => { for (const resolve of settle.splice(0)) resolve() }, 1)
    await Promise.all(sent)
    clearInterval(drain)
    assert.equal(edge.payloads.length, count)
  })

  it('are read no further than their acknowledgements are, and on when they are', async () => {
    let count = 0
    const [far, near] = duplexPair(), after = rangesAfterConnect(MQTT_LIMITS, 4), namespace = new Namespace({ id: 'home', limits: MQTT_LIMITS, events: { skipped() {}, held() {} }, held: new Budget(Infinity), mayRead: () => undefined })
    const host = {
      limits: MQTT_LIMITS, beforeConnect: rangesBeforeConnect(MQTT_LIMITS), afterConnect: { 3: after, 4: after, 5: after }, tellsNoReaders: false, uptimeMs: 0,
      feeds: { open: () => { throw new Error('nobody reads here') } },
      partials: new Partials(MQTT_LIMITS.partialBytesMax), waiting: { bytes: 0 }, readerBytesMax: MQTT_LIMITS.readerBytesMax,
      ingest: (batch: Batch) => { count += batch.count; return undefined },
      join: () => ({ identity: { sourceId: 'home', clientId: 'c' }, namespace, session: namespace.newSession('c'), hasSession: false, keepAlive: 60, answer: connack(4, 0) }),
      swallowed() {}, closed() {}, failed() {},
    }
    const connection = new MqttConnection(near, host)
    far.write(connectPacket('home'))
    await once(far, 'readable')
    for (let id = 1; id <= 60_000; id++) far.write(publishPacket('a', '', { qos: 1, id }))
    for (let turn = 0; turn < 100; turn++) await new Promise(resolve => setImmediate(resolve))
    assert.ok(count < 20_000, `${count} were read`)
    const all = Promise.withResolvers<void>()
    let bytes = 0
    far.on('data', (chunk: Buffer) => { if ((bytes += chunk.length) === 4 + 4 * 60_000) all.resolve() })
    await all.promise
    assert.equal(count, 60_000)
    connection.close('gone')
  })

  it('end the connection when their acknowledgements are left unread', async () => {
    await start({ limits: { drainMsMax: 500 } })
    const peer = await edge.joined()
    peer.socket.pause()
    const flood = Buffer.concat(Array.from({ length: 20_000 }, (_, id) => publishPacket('a', '', { qos: 1, id: id + 1 })))
    for (let round = 0; round < 150; round++) peer.socket.write(flood)
    await edge.until(() => edge.disconnected.length === 1)
    assert.deepEqual(edge.disconnected, ['frozen-reader'])
  })
})

describe('a connection’s requests', () => {
  it('are all answered, but only so many of them in a sweep', async () => {
    const edge = await new Edge({ limits: { requestsPerSecondMax: 40 } }).start()
    const peer = await edge.joined()
    peer.send(...Array.from({ length: 25 }, () => [0xc0, 0]), publishPacket('behind', '', { qos: 1, id: 1 }))
    const counts: number[] = []
    peer.socket.on('data', () => counts.push((peer.received.length - 4) / 2))
    await peer.until(bytes => bytes.length === 4 + 2 * 25 + 4)
    await edge.stop()
    assert.ok(counts.includes(10) && counts.includes(20), counts.join())
  })
})

describe('a connection’s end', () => {
  let edge: Edge
  const start = async (options = {}) => { edge = await new Edge(options).start() }
  afterEach(() => edge.stop())

  it('by DISCONNECT takes in what came before it, nothing after it, and no will', async () => {
    await start()
    const peer = await edge.joined('home', { will })
    peer.send(publishPacket('a', ''), publishPacket('b', '', { qos: 1, id: 1 }), [0xe0, 0], publishPacket('c', ''))
    await peer.closed()
    assert.deepEqual([edge.topics, edge.disconnected], [['a', 'b'], ['disconnected']])
  })

  it('without a word publishes its will, as a packet like any other, to readers too', async () => {
    await start()
    const reader = await edge.client('home', { clientId: 'r' }), messages: string[] = [], both = Promise.withResolvers<void>()
    reader.on('message', (topic, payload, { qos }) => { if (messages.push(`${topic} ${String(payload)} ${qos}`) === 2) both.resolve() })
    await reader.subscribeAsync('#', { qos: 2 })
    const peer = await edge.joined('home', { will })
    peer.send(publishPacket('a', ''))
    peer.socket.end()
    await edge.until(() => edge.topics.length === 2)
    const packet = edge.taken.at(-1)!.batch[0]!
    assert.deepEqual([packet.topic, String(packet.payload), packet.qos, packet.retain], ['status', 'offline', 1, true])
    assert.ok(Math.abs(packet.receivedAt - Date.now()) < 5_000)
    await both.promise
    assert.deepEqual(messages, ['a  0', 'status offline 1'])
  })

  it('by a takeover, a breach or the clock publishes its will', async () => {
    await start()
    const first = await edge.joined('home', { will })
    await edge.joined('home')
    await first.closed()
    const second = await edge.joined('home', { clientId: '2', will })
    second.send(publishPacket('before', ''), [0x30, 2, 0, 0])
    await second.closed()
    const third = await edge.joined('home', { clientId: '3', will, keepalive: 1 })
    await third.closed()
    assert.deepEqual(edge.disconnected, ['taken-over', 'malformed', 'keep-alive'])
    assert.deepEqual(edge.topics, ['status', 'before', 'status', 'status'])
  })

  it('with a will on a topic of the server publishes nothing', async () => {
    await start()
    const peer = await edge.joined('home', { will: { ...will, topic: '$SYS/x' } })
    peer.socket.destroy()
    await edge.until(() => edge.swallowed === 1)
    assert.deepEqual(edge.taken, [])
  })

  it('comes one and a half keep alives after its last packet, and not while packets come', async () => {
    await start()
    const peer = await edge.joined('home', { keepalive: 1 }), began = performance.now()
    await new Promise<void>(resolve => {
      let count = 0
      const timer = setInterval(() => { peer.send([0xc0, 0]); if (++count === 4) { clearInterval(timer); resolve() } }, 500)
    })
    const last = performance.now()
    assert.equal(peer.isClosed, false)
    await peer.closed()
    assert.ok(last - began > 1_900)
    assert.ok(performance.now() - last > 1_200)
  })

  it('comes by a limit of ours where it asked for no keep alive', async () => {
    await start({ limits: { idleMsMax: 300 } })
    await (await edge.joined('home', { keepalive: 0 })).closed()
    assert.deepEqual(edge.disconnected, ['keep-alive'])
  })

  it('does not come by keep alive while we are the ones who wait', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    await start({ limits: { waitingPacketsMax: 1 }, ingest: () => promise })
    const peer = await edge.joined('home', { keepalive: 1 })
    peer.send(publishPacket('a', '', { qos: 1, id: 1 }), publishPacket('a', '', { qos: 1, id: 2 }))
    await new Promise(done => setTimeout(done, 2_300)) // longer than its keep alive, on purpose
    resolve()
    await peer.until(bytes => bytes.length === 12)
    await new Promise(done => setTimeout(done, 2 * SWEEP_MS)) // its silence counts from now on
    await peer.ping()
  })

  it('comes when a packet takes too long, however much of it has come', async () => {
    await start({ limits: { frameDeadlineMs: 300 } })
    const peer = await edge.joined(), packet = publishPacket('a', Buffer.alloc(100_000))
    peer.send(publishPacket('whole', ''), packet.subarray(0, 50_000))
    const drip = setInterval(() => peer.send(packet.subarray(0, 1)), 20)
    await peer.closed()
    clearInterval(drip)
    assert.deepEqual([edge.disconnected, edge.topics], [['frame-deadline'], ['whole']])
  })

  it('without a CONNECT comes at its deadline, whatever was dripped in', async () => {
    await start({ limits: { connectDeadlineMs: 300 } })
    const silent = await edge.peer(), half = await edge.peer()
    half.send([0x10, 0x20, 0, 4])
    const drip = setInterval(() => half.send([0x4d]), 50)
    await Promise.all([silent.closed(), half.closed()])
    clearInterval(drip)
    assert.deepEqual(edge.refused, ['connect-deadline', 'connect-deadline'])
  })

  it('of a refused peer who does not leave comes all the same', async () => {
    await start({ limits: { goodbyeMsMax: 300 } })
    const socket = connect({ host: HOST, port: edge.port, allowHalfOpen: true })
    socket.on('error', () => {})
    socket.write(Buffer.from('100c00044d51545406020000000000', 'hex').subarray(0, 14))
    socket.resume()
    await new Promise(resolve => socket.once('end', resolve))
    const talk = setInterval(() => socket.write('still here'), 20)
    await new Promise(resolve => socket.once('close', resolve))
    clearInterval(talk)
    assert.deepEqual(edge.refused, ['bad-protocol'])
  })

  it('has one of the listed reasons', () => assert.equal(new Set(CLOSE_REASONS).size, CLOSE_REASONS.length))
})
