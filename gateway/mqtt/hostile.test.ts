// What no decent client sends: the server stays up, says no, and holds little.
import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { generate, parser } from 'mqtt-packet'
import { rangesAfterConnect, rangesBeforeConnect } from '#gateway/mqtt/codec/lengths.ts'
import { readConnect, readPublish, readSubscribe, readUnsubscribe } from '#gateway/mqtt/codec/packets.ts'
import { Refusal, Violation } from '#gateway/mqtt/codec/reason.ts'
import { type Frame, Frames } from '#gateway/mqtt/frames.ts'
import { MQTT_LIMITS } from '#gateway/mqtt/limits.ts'
import { connectPacket, Edge, publishPacket, subscribePacket } from '#test/support/mqtt-edge.ts'

const PACKETS = 20_000

const seeds = [
  connectPacket('home'), connectPacket('home', { will: { topic: 'w', payload: Buffer.from('gone'), qos: 1, retain: true } }),
  publishPacket('zigbee2mqtt/kitchen', '{"temperature":21.5}'), publishPacket('a', 'x', { qos: 1, id: 1 }),
  publishPacket('a/ü/€', 'x', { qos: 2, id: 2 }), subscribePacket(1, '#'), subscribePacket(2, 'a/+', '$SYS/#', 'b/#'),
  generate({ cmd: 'unsubscribe', messageId: 3, unsubscriptions: ['a/+', 'b'] }),
  ...(['puback', 'pubrec', 'pubrel', 'pubcomp'] as const).map(cmd => generate({ cmd, messageId: 2 })),
  generate({ cmd: 'pingreq' }), generate({ cmd: 'disconnect' }),
]

/** A seed with a few bytes changed, left out, put in, or cut, most often with its length mended so that it is looked at. */
const mutated = fc.tuple(
  fc.constantFrom(...seeds),
  fc.array(fc.tuple(fc.constantFrom('set', 'flip', 'insert', 'remove', 'cut'), fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
  fc.nat(9),
).map(([seed, changes, mend]) => {
  const bytes = [...seed]
  for (const [change, place, value] of changes) {
    const at = place % (bytes.length || 1)
    if (change === 'set') bytes[at] = value
    else if (change === 'flip') bytes[at]! ^= 1 << (value & 7)
    else if (change === 'insert') bytes.splice(at, 0, value)
    else if (change === 'remove') bytes.splice(at, 1)
    else bytes.length = Math.max(1, at)
  }
  if (mend > 0 && bytes.length >= 2 && bytes.length < 130) bytes[1] = bytes.length - 2
  return Buffer.from(bytes)
})

/** The same packet as others read it, or undefined where they refuse it. */
function readByOthers(bytes: Buffer): { topic?: string, payload?: unknown, clientId?: string, subscriptions?: unknown } | undefined {
  const reader = parser({ protocolVersion: 4 }), packets: object[] = []
  let isBad = false
  reader.on('packet', packet => packets.push(packet))
  reader.on('error', () => { isBad = true })
  reader.parse(bytes)
  return isBad ? undefined : packets[0]
}

function read(frame: Frame): unknown {
  switch (frame.bytes[frame.start]! >> 4) {
    case 1: { const { will, ...rest } = readConnect(frame); return { ...rest, ...will && { will: { ...will, properties: {} } } } }
    case 3: return readPublish(frame, 4, 0)
    case 8: return readSubscribe(frame, 4) && 'filters'
    case 10: return readUnsubscribe(frame, 4) && 'filters'
    default: return 'other'
  }
}

/** A will of MQTT 3.1.1 has no properties: ours says so, theirs does not. */
function withWill(theirs: object): object {
  return 'will' in theirs ? { ...theirs, will: { ...theirs.will as object, properties: {} } } : theirs
}

async function heapBytes(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let round = 0; round < 3; round++) {
    await new Promise(resolve => setImmediate(resolve))
    collect()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

describe('hostile bytes', () => {
  it(`of ${PACKETS} mutated packets are refused as such, or read as others read them`, () => {
    let taken = 0
    fc.assert(fc.property(mutated, bytes => {
      const frames = new Frames(bytes[0] === 0x10 ? rangesBeforeConnect(MQTT_LIMITS) : rangesAfterConnect(MQTT_LIMITS, 4))
      try {
        frames.add(bytes)
        const frame = frames.next()
        if (!frame) return
        const ours = read(frame), theirs = readByOthers(bytes.subarray(0, frame.end))
        assert.ok(theirs, bytes.toString('hex'))
        if (typeof ours === 'object' && ours) assert.deepEqual({ ...ours, ...withWill(theirs) }, { ...withWill(theirs), ...ours })
        taken++
      } catch (error) {
        if (!(error instanceof Violation || error instanceof Refusal)) throw error
      }
    }), { numRuns: PACKETS })
    assert.ok(taken > PACKETS / 20, `${taken} were taken`)
  })
})

describe('a server under attack', () => {
  let edge: Edge
  const start = async (options = {}) => { edge = await new Edge(options).start() }
  afterEach(() => edge.stop())

  /** All is as it should be for those who behave. */
  async function assertAlive(): Promise<void> {
    const client = await edge.client('home9', { clientId: 'decent' })
    await client.publishAsync('alive', 'x', { qos: 2 })
    await client.endAsync()
    assert.equal(edge.taken.at(-1)!.batch[0]!.topic, 'alive')
  }

  it(`lives through ${PACKETS} mutated packets on 2,000 connections, and holds no more than before`, async function () {
    this.timeout(60_000)
    await start()
    await assertAlive()
    const before = await heapBytes()
    const streams = fc.sample(fc.array(mutated, { minLength: 10, maxLength: 10 }), PACKETS / 10)
    const attack = async (first: number) => {
      for (let index = first; index < streams.length; index += 40) {
        const peer = await edge.peer()
        peer.send(...index % 2 ? [connectPacket(`home${index % 7}`, { clientId: `c${index % 5}` })] : [], ...streams[index]!)
        if (index % 3) peer.socket.end()
        else setTimeout(() => peer.socket.destroy(), 20)
        await peer.closed()
        edge.forget(peer)
      }
    }
    await Promise.all(Array.from({ length: 40 }, (_, first) => attack(first)))
    await assertAlive()
    await edge.until(() => edge.server.connectionCount === 0)
    edge.taken.length = 0
    const grown = (await heapBytes() - before) / 1_048_576
    assert.ok(grown < 16, `${grown.toFixed(1)} MiB more`)
  })

  for (const [what, hex] of [
    ['a subscription behind a bad packet (aedes 612)', '101000044d5154540502003c0321001400006202d301e0020020'],
    ['a bad packet behind a CONNECT of MQTT 5 (mosquitto 2163)', '101000044d5154540502003c03210014000029020001e000'],
    ['a remaining length of five bytes', '10ffffffff7f'], ['a packet of 256 MB', '10ffffff7f'],
    ['a request of another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n').toString('hex')],
    ['a hello of TLS', '16030100c8010000c40303'], ['only zeros', '00'.repeat(64)], ['a packet before its CONNECT', '300300016178'],
    ['a CONNACK', '20020000'], ['an AUTH', 'f000'],
  ] as const) {
    it(`closes on ${what}`, async () => {
      await start()
      const peer = await edge.peer()
      peer.send(Buffer.from(hex, 'hex'))
      assert.match(await peer.closed(), /^(20020001|2003008700)?$/)
      await assertAlive()
    })
  }

  for (const [what, hex] of [
    ['a second CONNECT', connectPacket('home').toString('hex')], ['a SUBACK', '9003000100'], ['a PINGRESP', 'd000'],
    ['a reserved type', '0000'], ['QoS 3', '360500016100011'.padEnd(16, '0')], ['a PUBREL with wrong flags', '60020001'],
    ['a topic with a wildcard', '300400022b61'], ['a NUL in a topic', '3003000100'],
    ['a surrogate in a filter', '8208000100 03eda080 00'.replaceAll(' ', '')],
    ['a filter with # in its midst', '8208000100 0323 2f61 00'.replaceAll(' ', '')],
    ['the packet id 0', '320500016100 00'.replaceAll(' ', '')], ['a PUBACK of one byte', '400101'],
    ['an unsubscription from nothing', 'a2020001'], ['a packet above the limit', '30818044'],
  ] as const) {
    it(`closes a connection that was good until ${what}, and takes in what came before`, async () => {
      await start()
      const peer = await edge.joined()
      peer.send(publishPacket('before', ''), Buffer.from(hex, 'hex'), publishPacket('after', ''))
      await peer.closed()
      assert.deepEqual(edge.topics, ['before'])
      await assertAlive()
    })
  }

  it('takes newcomers while hundreds of connections stand half open, and is rid of these in time', async () => {
    await start({ limits: { newcomersMax: 300, connectDeadlineMs: 2_000 } })
    const crowd = await Promise.all(Array.from({ length: 450 }, async () => {
      const peer = await edge.peer()
      peer.send([0x10, 0xc8, 0x01, 0, 4, 0x4d])
      return peer
    }))
    await edge.until(() => edge.refused.length === 150)
    assert.deepEqual(new Set(edge.refused), new Set(['crowded-out']))
    await assertAlive()
    await Promise.all(crowd.map(peer => peer.closed()))
    await edge.until(() => edge.refused.length === 450)
    assert.equal(edge.refused.filter(reason => reason === 'connect-deadline').length, 299)
  })

  it('does not take those who have authenticated for newcomers', async () => {
    await start({ limits: { newcomersMax: 2 } })
    const peers = [await edge.joined('home1'), await edge.joined('home2'), await edge.joined('home3')]
    for (const peer of peers) await peer.ping()
  })

  it('is not filled by clients that are refused and do not leave', async () => {
    await start({ limits: { newcomersMax: 20 } })
    for (let count = 0; count < 100; count++) (await edge.peer()).send(connectPacket('stranger'))
    await assertAlive()
  })

  it('answers a flood of subscriptions filter by filter, within its limits', async () => {
    await start()
    const peer = await edge.joined()
    for (let id = 1; id <= 50; id++) peer.send(subscribePacket(id, ...Array.from({ length: 200 }, (_, number) => `f/${id}/${number}`)))
    await peer.ping()
    const codes = peer.packets.flatMap(packet => packet.cmd === 'suback' ? packet.granted : [])
    assert.deepEqual([codes.length, codes.filter(code => code === 0).length], [10_000, MQTT_LIMITS.filtersPerSourceMax])
    await assertAlive()
  })

  it('bounds what a client leaves half done with QoS 2', async () => {
    await start()
    const peer = await edge.joined()
    for (let id = 1; id <= 65_535; id++) peer.socket.write(publishPacket('a', '', { qos: 2, id }))
    await peer.until(bytes => bytes.length === 4 + 4 * 65_535)
    edge.taken.length = 0
    const before = await heapBytes()
    for (let id = 1; id <= 65_535; id++) peer.socket.write(publishPacket('a', '', { qos: 2, id, dup: true }))
    await peer.until(bytes => bytes.length === 4 + 8 * 65_535)
    assert.deepEqual(edge.taken, [])
    assert.ok(await heapBytes() - before < 8_388_608)
  })
})
