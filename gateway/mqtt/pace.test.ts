import assert from 'node:assert/strict'
import { MQTT_LIMITS } from '#gateway/mqtt/limits.ts'
import { BURST_S, Pace, SLICE_MS, type Waiter } from '#gateway/mqtt/pace.ts'
import { Edge, publishPacket } from '#test/support/mqtt-edge.ts'

const RATES = { packetsPerSecondPerSourceMax: 1_000, bytesPerSecondPerSourceMax: 1_000_000, longRoadMsPerSecondPerSourceMax: 250 }

function begin(rates = RATES) {
  const clock = { ms: 0 }, pace = new Pace(rates, () => {}, () => clock.ms)
  return { clock, pace }
}

describe('The pace of a source', () => {
  it('lets a second’s packets through at once, not one more, and then as many as time brings', () => {
    const { clock, pace } = begin()
    assert.equal(pace.packets, 1_000 * BURST_S)
    pace.spend(999, 0)
    assert.equal(pace.packets, 1)
    pace.spend(1, 0)
    assert.equal(pace.packets, 0)
    clock.ms = 10
    assert.equal(pace.packets, 10)
    pace.spend(10, 0)
    clock.ms = 3_600_000
    assert.equal(pace.packets, 1_000 * BURST_S)
  })

  it('is over where the bytes are spent, until what was overdrawn is paid back', () => {
    const { clock, pace } = begin()
    pace.spend(1, 999_999)
    assert.equal(pace.packets, 999)
    pace.spend(1, 1)
    assert.equal(pace.packets, 0)
    pace.spend(0, 10_000)
    clock.ms = 10
    assert.equal(pace.packets, 0)
    clock.ms = 10.001
    assert.ok(pace.packets > 0)
  })

  it('is over where the time for the long road is spent, until what was overdrawn is paid back', () => {
    const { clock, pace } = begin()
    pace.spend(1, 1)
    pace.spendLongRoad(249, 1)
    assert.equal(pace.packets, 1)
    pace.spendLongRoad(1, 1)
    assert.equal(pace.packets, 0)
    pace.spendLongRoad(10, 1)
    clock.ms = 40
    assert.equal(pace.packets, 0)
    clock.ms = 40.01
    assert.equal(pace.packets, 1)
    clock.ms = 60_000
    assert.equal(pace.isRested, true)
  })

  it('lets no more packets on than there is time for, as long as they take the long road', () => {
    const { clock, pace } = begin()
    pace.spendLongRoad(200, 1_000)
    assert.equal(pace.packets, 250)
    for (let batch = 0; batch < 10; batch++) pace.spendLongRoad(0, 1)
    assert.equal(pace.packets, 1_000)
    pace.spendLongRoad(50, 50)
    clock.ms = 10
    assert.equal(pace.packets, 2)
  })

  it('gives a source that needs nothing but the long road its quarter of each second, a second’s worth before that, and one read beyond', () => {
    const READ = 1_000, COST_MS = 0.05, SECONDS = 20, { clock, pace } = begin({ ...RATES, packetsPerSecondPerSourceMax: 1_000_000 })
    let taken = 0, longest = 0
    for (; clock.ms < SECONDS * 1_000; clock.ms += SLICE_MS) {
      const packets = Math.min(READ, pace.packets)
      pace.spend(packets, packets)
      pace.spendLongRoad(packets * COST_MS, Math.max(1, packets))
      taken += packets
      if (clock.ms > 5_000) longest = Math.max(longest, packets)
    }
    const due = (BURST_S + SECONDS) * RATES.longRoadMsPerSecondPerSourceMax / COST_MS
    assert.ok(taken > 0.99 * due && taken <= due + READ, `${taken} of ${due}`)
    assert.ok(longest <= 1 + SLICE_MS * 0.25 / COST_MS, `${longest} packets at once, once the first second’s worth is spent`)
  })

  it('lets a home come with 200 new devices at once, and is back in a second', () => {
    const { clock, pace } = begin(MQTT_LIMITS), LESSON_MS = 1
    for (let device = 0; device < 200; device++) {
      assert.ok(pace.packets >= 1)
      pace.spendLongRoad(LESSON_MS, 1)
    }
    clock.ms = 1_000
    assert.equal(pace.isRested, true)
  })

  it('tells why it held', async () => {
    const causes: string[] = [], hold = (spend: (pace: Pace) => void) => new Promise<void>(resumed => {
      const pace = new Pace(RATES, (_ms, cause) => causes.push(cause))
      spend(pace)
      pace.wait({ resumed })
    })
    await hold(pace => pace.spend(1_000, 0))
    await hold(pace => pace.spend(1, 1_000_000))
    await hold(pace => pace.spendLongRoad(250, 10))
    assert.deepEqual([...new Set(causes)], ['rate', 'long-road'])
    assert.equal(causes.at(-1), 'long-road')
  })

  it('is at rest only when it is as full as a new one', () => {
    const { clock, pace } = begin()
    assert.equal(pace.isRested, true)
    pace.spend(1, 1)
    assert.equal(pace.isRested, false)
    clock.ms = 1
    assert.equal(pace.isRested, true)
  })

  it('lets those who wait on in turns, and tells for how long they were held', async () => {
    const held: number[] = [], turns: string[] = [], pace = new Pace(RATES, ms => held.push(ms))
    await new Promise<void>(resolve => {
      const waiter = (name: string): Waiter => {
        const self = {
          resumed() {
            turns.push(name)
            if (turns.length === 40) return resolve()
            pace.spend(Math.max(1, pace.packets), 0)
            pace.wait(self)
          },
        }
        return self
      }
      pace.spend(1_000, 0)
      for (const name of ['a', 'b', 'c', 'd']) pace.wait(waiter(name))
    })
    assert.deepEqual(turns.slice(0, 40), Array.from({ length: 40 }, (_, turn) => 'abcd'[turn % 4]))
    assert.ok(held.reduce((sum, ms) => sum + ms) >= 40 * (SLICE_MS - 1), `${held.length} waits`)
  })

  it('lets nobody on who has left', async () => {
    const pace = new Pace(RATES, () => {}), seen: string[] = []
    pace.spend(1_000, 0)
    await new Promise<void>(resolve => {
      const gone = { resumed: () => seen.push('gone') }
      pace.wait(gone)
      pace.wait({ resumed: () => { seen.push('there'); resolve() } })
      pace.leave(gone)
    })
    assert.deepEqual(seen, ['there'])
  })

  it('lets through by default what a hundred hubs send', () => {
    const { pace } = begin(MQTT_LIMITS)
    assert.equal(pace.packets, 100_000)
  })
})

describe('A source that sends faster than it may', () => {
  let edge: Edge
  afterEach(() => edge.stop())
  const numbered = (count: number, from = 0) => Buffer.concat(Array.from({ length: count }, (_, n) => publishPacket(`t/${from + n}`, 'x', { qos: 1, id: from + n + 1 })))

  it('is slowed over all of its connections, loses nothing, keeps its order, and holds nobody else up', async () => {
    edge = await new Edge({ limits: { packetsPerSecondPerSourceMax: 200 } }).start()
    const one = await edge.joined('home', { clientId: 'one' }), two = await edge.joined('home', { clientId: 'two' }), other = await edge.joined('home2')
    const began = performance.now()
    one.send(numbered(200))
    two.send(numbered(200, 1_000))
    await other.ping()
    assert.ok(edge.topics.length < 400, 'a ping of somebody else is answered meanwhile')
    await Promise.all([one.ping(), two.ping()])
    const tookMs = performance.now() - began, topics = edge.topics
    assert.ok(tookMs >= 990, `${tookMs} ms`)
    assert.ok(edge.heldMs > 300 && edge.heldMs < tookMs, `${edge.heldMs} ms`)
    for (const from of [0, 1_000]) assert.deepEqual(topics.filter(topic => (Number(topic.slice(2)) >= 1_000) === (from === 1_000)), Array.from({ length: 200 }, (_, n) => `t/${from + n}`))
    assert.deepEqual([one, two].map(({ packets }) => packets.filter(({ cmd }) => cmd === 'puback').length), [200, 200])
  })

  it('is slowed by its bytes as well', async () => {
    edge = await new Edge({ limits: { bytesPerSecondPerSourceMax: 1_000_000 } }).start()
    const peer = await edge.joined(), began = performance.now()
    for (let n = 0; n < 15; n++) peer.send(publishPacket('a', Buffer.alloc(100_000)))
    await peer.ping()
    assert.ok(performance.now() - began >= 350)
    assert.equal(edge.topics.length, 15)
  })

  it('is slowed by the time that its messages take of the long road, over all of its connections, and holds nobody else up', async () => {
    edge = await new Edge({ limits: { longRoadMsPerSecondPerSourceMax: 100 }, ingest: (batch, { sourceId }) => { if (sourceId === 'home') batch.longRoadMs = batch.count; return undefined } }).start()
    const one = await edge.joined('home', { clientId: 'one' }), two = await edge.joined('home', { clientId: 'two' }), other = await edge.joined('home2')
    const began = performance.now()
    for (let n = 0; n < 75; n++) {
      one.send(publishPacket(`t/${n}`, 'x'))
      two.send(publishPacket(`t/${n}`, 'x'))
      await Promise.all([one, two].map(peer => new Promise<void>(sent => peer.socket.write('', () => sent()))))
    }
    await other.ping()
    await Promise.all([one.ping(), two.ping()])
    assert.ok(performance.now() - began >= 450, `${performance.now() - began} ms`)
    assert.equal(edge.topics.length, 150)
    assert.ok(edge.heldBy.has('long-road'))
    other.send(numbered(300))
    await other.ping()
    assert.equal(edge.topics.length, 450)
  })

  it('is not taken for silent while it is held, and is not forgiven by coming back', async () => {
    edge = await new Edge({ limits: { packetsPerSecondPerSourceMax: 100 } }).start()
    const peer = await edge.joined('home', { keepalive: 1 }), began = performance.now()
    peer.send(numbered(400))
    await peer.ping()
    assert.ok(performance.now() - began >= 2_900)
    peer.send([0xe0, 0])
    await peer.closed()
    const again = await edge.joined('home'), back = performance.now()
    again.send(numbered(100))
    await again.ping()
    assert.ok(performance.now() - back >= 900)
    assert.deepEqual(edge.disconnected, ['disconnected'])
  })

  it('is let go while it is held', async () => {
    edge = await new Edge({ limits: { packetsPerSecondPerSourceMax: 10 } }).start()
    const peer = await edge.joined()
    peer.send(numbered(5_000))
    await edge.until(() => edge.topics.length > 0)
    edge.server.disconnect('home')
    await peer.closed()
    assert.deepEqual(edge.disconnected, ['suspended'])
  })
})
