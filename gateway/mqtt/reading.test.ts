// What a reader gets of its feeds: in which order, how much at a time, and what it gets before it has to go.
import assert from 'node:assert/strict'
import { getDefaultHighWaterMark } from 'node:stream'
import { REASON } from '#gateway/mqtt/codec/reason.ts'
import { MQTT_LIMITS } from '#gateway/mqtt/limits.ts'
import { FEED_BYTES_MAX } from '#gateway/mqtt/reading.ts'
import { Scene, wish } from '#test/support/reading.ts'

const GONE = { word: 'CONSENT_WITHDRAWN', isFinal: true }

describe('A reading', () => {
  it('gives what comes as it comes, at the QoS that was asked for up to 1, with ids from 1 on', async () => {
    const scene = new Scene()
    assert.deepEqual([scene.follow('a', 0), scene.follow('b', 1), scene.follow('c', 2)], [0, 1, 1])
    for (const topic of ['a', 'b', 'c', 'a']) scene.feeds.publish(topic)
    assert.deepEqual(await scene.got(), ['a 1', 'b 1/1', 'c 1/2', 'a 2'])
  })

  it('begins with what comes after the subscription, and asked for again goes on where it is, at the QoS that is asked for now', async () => {
    const scene = new Scene()
    scene.feeds.publish('a', 2)
    scene.follow('a')
    scene.feeds.publish('a')
    scene.follow('a', 0)
    scene.feeds.publish('a')
    scene.follow('a', 1)
    scene.feeds.publish('a')
    assert.deepEqual(await scene.got(), ['a 3/1', 'a 4', 'a 5/2'])
    assert.equal(scene.feeds.feeds.size, 1)
  })

  it('has no more in flight than a client takes, and than the gateway keeps, at both limits', async () => {
    for (const [fields, limits, most] of [[{ receiveMaximum: 2 }, {}, 2], [{}, { inFlightPerReaderMax: 3 }, 3]] as const) {
      const scene = new Scene(limits, fields)
      scene.follow('a')
      scene.feeds.publish('a', 5)
      assert.equal((await scene.got()).length, most)
      scene.acknowledge(1)
      assert.deepEqual(await scene.got(), [`a ${most + 1}/${most + 1}`])
    }
  })

  it('keeps no more ids than that, also where a client acknowledges all but the oldest', async () => {
    const scene = new Scene({ inFlightPerReaderMax: 4 })
    scene.follow('a')
    scene.feeds.publish('a', 9)
    scene.acknowledge(2, 3, 4)
    assert.equal((await scene.got()).length, 4)
    assert.equal(scene.session.unacknowledged.size, 4)
    scene.acknowledge(1)
    assert.equal((await scene.got()).length, 4)
  })

  it('lets feeds take turns where the client is slower than they are', async () => {
    const scene = new Scene({}, { receiveMaximum: 1 })
    for (const topic of ['a', 'b', 'c']) scene.follow(topic)
    for (const topic of ['a', 'b', 'c']) scene.feeds.publish(topic, 3)
    const got: string[] = []
    for (let id = 1; id <= 9; id++) { got.push(...(await scene.got()).map(line => line[0]!)); scene.acknowledge(id) }
    assert.equal(got.length, 9)
    for (const topic of ['a', 'b', 'c']) assert.ok(got.slice(0, 6).includes(topic) && got.slice(3).includes(topic), got.join(''))
  })

  it('does not let QoS 1 that waits for acknowledgements hold up QoS 0', async () => {
    const scene = new Scene({}, { receiveMaximum: 1 })
    scene.follow('a', 1)
    scene.follow('b', 0)
    scene.feeds.publish('a', 3)
    scene.feeds.publish('b', 3)
    assert.deepEqual(await scene.got(), ['a 1/1', 'b 1', 'b 2', 'b 3'])
  })

  it('leaves feeds alone while as much waits in the socket as a stream of Node calls full, and goes on when it has drained', async () => {
    assert.equal(FEED_BYTES_MAX, getDefaultHighWaterMark(false))
    const scene = new Scene({}, { taking: 0 }), size = FEED_BYTES_MAX / 4
    scene.follow('a', 0)
    scene.feeds.publish('a', 3, size)
    assert.equal(scene.feeds.feedOf('a').outlet.isFull, false)
    scene.feeds.publish('a', 1, size)
    assert.equal(scene.feeds.feedOf('a').outlet.isFull, true)
    assert.ok(scene.socket.waiting >= FEED_BYTES_MAX && scene.socket.waiting < FEED_BYTES_MAX + size)
    scene.feeds.publish('a', 2, size)
    assert.deepEqual(await scene.got(), [])
    scene.socket.read()
    assert.deepEqual(await scene.got(), ['a 1', 'a 2', 'a 3', 'a 4', 'a 5', 'a 6'])
    assert.equal(scene.feeds.feedOf('a').outlet.isFull, false)
  })

  it('leaves out what is larger than its client takes, counts it, and uses no window for it', async () => {
    const scene = new Scene({}, { maximumPacketSize: 40, receiveMaximum: 1 })
    scene.follow('a')
    scene.feeds.publish('a', 2, 40)
    scene.feeds.publish('a', 1)
    assert.deepEqual(await scene.got(), ['a 3/3'])
    assert.equal(scene.session.left, 2)
    scene.acknowledge(3)
    await scene.reconnect()
    assert.deepEqual([await scene.got(), scene.session.left], [[], 2])
  })

  it('takes a packet of exactly the size that its client takes, and none of one byte more', async () => {
    const scene = new Scene()
    scene.follow('a', 0)
    scene.feeds.publish('a')
    const size = scene.socket.sent
    for (const [maximumPacketSize, count] of [[size, 1], [size - 1, 0]] as const) {
      await scene.reconnect({ maximumPacketSize })
      scene.feeds.publish('a')
      assert.equal((await scene.got()).length, count)
    }
  })

  it('follows as many feeds as a reader may, and refuses one more, but not one that it has', () => {
    const scene = new Scene({ feedsPerReaderMax: 3, filtersPerSourceMax: 1 })
    for (const topic of ['a', 'b', 'c']) assert.equal(scene.follow(topic), 1)
    assert.deepEqual(scene.reading.subscribe(wish('d'), undefined), { code: REASON.QUOTA, word: 'LIMIT_REACHED' })
    assert.equal(scene.follow('c', 0), 0)
    scene.reading.unsubscribe('a')
    assert.equal(scene.follow('d'), 1)
    assert.equal(MQTT_LIMITS.feedsPerReaderMax, 20_000)
  })

  it('answers a refusal with its code and word, and remembers nothing of it', () => {
    const scene = new Scene()
    scene.feeds.refused.set('a', { code: REASON.NOT_AUTHORIZED, ...GONE })
    assert.deepEqual(scene.reading.subscribe(wish('a'), undefined), { code: REASON.NOT_AUTHORIZED, word: GONE.word })
    assert.equal(scene.session.subscriptions.size, 0)
  })

  it('that is unsubscribed sends nothing more, frees an id when it is acknowledged, and is subscribed to anew', async () => {
    const scene = new Scene({}, { receiveMaximum: 2 })
    scene.follow('a')
    scene.feeds.publish('a', 4)
    assert.equal((await scene.got()).length, 2)
    assert.deepEqual([scene.reading.unsubscribe('a'), scene.reading.unsubscribe('a')], [true, false])
    scene.follow('a')
    scene.feeds.publish('a')
    assert.deepEqual(await scene.got(), [], 'the client still has as much in flight as it takes')
    scene.acknowledge(1, 2)
    assert.deepEqual(await scene.got(), ['a 5/3'])
    assert.notEqual(scene.session.subscriptions.get('a')!.after, 'a:2', 'what was acknowledged belongs to the subscription before')
    await scene.reconnect()
    assert.deepEqual((await scene.got()).filter(line => line.includes('!')), ['a 5/3!'])
  })
})

describe('A reading that has to go', () => {
  it('lets what waits of others leave first, and says goodbye behind it', async () => {
    const scene = new Scene({}, { taking: 0 })
    scene.session.isPersistent = false
    for (const topic of ['gone', 'other']) scene.follow(topic, 0)
    scene.feeds.publish('other', 5, FEED_BYTES_MAX / 4)
    scene.feeds.publish('gone', 1)
    scene.feeds.feedOf('gone').outlet.cut(GONE)
    assert.deepEqual([scene.socket.isAbandoned, scene.socket.word], [false, undefined])
    assert.ok([...scene.feeds.feeds].every(({ isStopped }) => isStopped), 'nothing more is charged')
    scene.socket.read()
    assert.deepEqual(await scene.got(), ['other 1', 'other 2', 'other 3', 'other 4'])
    assert.equal(scene.socket.word, GONE.word)
    assert.deepEqual([...scene.session.subscriptions.keys()], ['other'])
  })

  it('is cut where the socket has something of what is withdrawn, and finds again what was to go of others', async () => {
    const scene = new Scene({}, { taking: 0 })
    for (const topic of ['gone', 'other']) scene.follow(topic, 0)
    scene.feeds.publish('gone', 1, FEED_BYTES_MAX)
    scene.feeds.publish('other', 1)
    const { outlet } = scene.feeds.feedOf('gone')
    assert.equal(outlet.isEmpty, false)
    outlet.cut(GONE)
    assert.equal(scene.socket.isAbandoned, true)
    scene.reading.end()
    await scene.reconnect()
    assert.deepEqual(await scene.got(), ['other 1'])
    await scene.reconnect()
    assert.deepEqual(await scene.got(), [], 'once')
  })

  it('gets what it paid for behind the end of a feed, as its window allows', async () => {
    const scene = new Scene({}, { receiveMaximum: 1 })
    scene.follow('a')
    scene.feeds.publish('a', 2)
    scene.feeds.feedOf('a').outlet.end({ word: 'SUSPENDED', isFinal: true })
    assert.deepEqual([await scene.got(), scene.socket.word], [['a 1/1'], undefined])
    scene.acknowledge(1)
    assert.deepEqual([await scene.got(), scene.socket.word], [['a 2/2'], 'SUSPENDED'])
  })

  it('does not wait for acknowledgements of what it finds again, and takes no new wish', async () => {
    const scene = new Scene({}, { receiveMaximum: 1 })
    for (const topic of ['a', 'b']) scene.follow(topic)
    scene.feeds.publish('a', 3)
    scene.socket.taking = 0
    scene.follow('c', 0)
    scene.feeds.publish('c')
    scene.feeds.feedOf('b').outlet.cut(GONE)
    assert.deepEqual(scene.reading.subscribe(wish('d'), undefined), { code: REASON.UNSPECIFIED, word: GONE.word })
    scene.socket.read()
    assert.equal(scene.socket.word, GONE.word)
    await scene.reconnect()
    assert.deepEqual((await scene.got()), ['a 1/1!', 'c 1', 'a 2/2', 'a 3/3'].filter(line => line !== 'c 1'))
  })

  it('is cut when it takes too long to leave, at the limit', () => {
    for (const [elapsed, isCut] of [[1_000, false], [1_001, true]] as const) {
      const scene = new Scene({ leavingMsMax: 1_000 }, { taking: 0 })
      for (const topic of ['gone', 'other']) scene.follow(topic, 0)
      scene.feeds.publish('other')
      scene.feeds.feedOf('gone').outlet.end(GONE)
      scene.reading.sweep(500)
      scene.reading.sweep(500 + elapsed)
      assert.equal(scene.socket.isAbandoned, isCut)
    }
  })

  it('whose goodbye waits in the socket is still cut off by a withdrawal of what waits with it, and of nothing else', () => {
    const scene = new Scene({}, { taking: 0 })
    for (const topic of ['a', 'b']) scene.follow(topic, 0)
    scene.feeds.publish('a')
    const [a, b] = ['a', 'b'].map(topic => scene.feeds.feedOf(topic))
    scene.reading.end()
    assert.deepEqual([...scene.feeds.feeds], [a], 'what has nothing in the socket is closed')
    b!.outlet.cut(GONE)
    assert.equal(scene.socket.isAbandoned, false)
    a!.outlet.cut(GONE)
    assert.equal(scene.socket.isAbandoned, true)
    scene.reading.close()
    assert.equal(scene.feeds.feeds.size, 0)
  })

  it('that has unsubscribed is still cut off by a withdrawal of what waits in the socket of that, and keeps what it follows anew', () => {
    const scene = new Scene({}, { taking: 0 })
    scene.follow('a', 0)
    scene.feeds.publish('a')
    const before = scene.feeds.feedOf('a')
    scene.reading.unsubscribe('a')
    assert.deepEqual([before.isStopped, before.outlet.isEmpty, scene.feeds.feeds.has(before)], [true, false, true])
    scene.follow('a', 0)
    before.outlet.cut(GONE)
    assert.deepEqual([scene.socket.isAbandoned, scene.session.subscriptions.has('a')], [true, true])
  })

  it('lets go of what it has unsubscribed when the last of it has left, at the latest with its connection', () => {
    for (const end of ['read', 'sweep', 'end', 'close'] as const) {
      const scene = new Scene({}, { taking: 0 })
      scene.follow('a', 0)
      scene.feeds.publish('a')
      scene.reading.unsubscribe('a')
      assert.equal(scene.feeds.feeds.size, 1)
      if (end === 'read') scene.socket.read()
      else if (end === 'close') scene.reading.close()
      else {
        scene.socket.waiting = 0
        if (end === 'sweep') scene.reading.sweep(0)
        else scene.reading.end()
      }
      assert.equal(scene.feeds.feeds.size, 0, end)
    }
  })
})
