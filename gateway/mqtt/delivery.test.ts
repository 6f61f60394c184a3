// What a source reads of itself, and that it reads nothing else.
import assert from 'node:assert/strict'
import type { Packet } from '#adapters/packet.ts'
import { Edge, type Peer, publishPacket, subscribePacket } from '#test/support/mqtt-edge.ts'

/** Topics and payloads that a peer was sent. */
const got = (peer: Peer) => peer.packets.flatMap(packet =>
  packet.cmd === 'publish' ? [`${packet.topic} ${String(packet.payload)} ${packet.qos}`] : [])
const granted = (peer: Peer) => peer.packets.flatMap(packet => packet.cmd === 'suback' ? [packet.granted] : [])

describe('delivery', () => {
  let edge: Edge
  const start = async (options = {}) => { edge = await new Edge(options).start() }
  afterEach(() => edge.stop())

  it('never crosses sources: filters × topics', async () => {
    await start()
    const filters = [
      '#', '+/#', '+', '/#', '+/+', 'home2/#', 'home2/+/x', '+/a/#',
      '$SYS/#', '$SYS/+/new/clients', '$share/g/#', '$share/g/home2/#', '$/#', '$queue/#',
    ]
    const topics = ['a', 'a/b', '/a', 'home/a/x', 'home2/a/x', 'home2', 'secret/a', '$SYS/x', '$share/g/a', '$x']
    const spies = await Promise.all(filters.map((filter, index) => edge.joined('home', { clientId: `spy${index}` })))
    for (const [index, spy] of spies.entries()) {
      spy.send(subscribePacket(1, filters[index]!))
      await spy.until(() => granted(spy).length === 1)
    }
    assert.deepEqual(spies.map(spy => granted(spy)), filters.map(filter => [[filter.startsWith('$') && !filter.startsWith('$share/') ? 0x80 : 0]]))
    const victim = await edge.joined('home2', { will: { topic: 'will', payload: Buffer.from('theirs'), qos: 0, retain: false } })
    victim.send(...topics.map(topic => publishPacket(topic, 'theirs', { retain: true })))
    await victim.ping()
    victim.socket.destroy()
    await edge.until(() => edge.topics.includes('will'))
    const own = await edge.joined('home', { clientId: 'own' })
    own.send(...topics.map(topic => publishPacket(topic, 'mine')))
    await own.ping()
    for (const spy of spies) await spy.ping()
    const received = spies.flatMap(spy => got(spy))
    assert.ok(received.length >= 20)
    assert.deepEqual(received.filter(line => line.includes('theirs') || line.startsWith('$')), [])
  })

  it('reaches every reader of the source with the topic, the bytes, and the lower QoS', async () => {
    await start()
    const publisher = await edge.client('home', { clientId: 'p' }), reader = await edge.client('home', { clientId: 'r' })
    const messages: string[] = [], four = Promise.withResolvers<void>()
    reader.on('message', (topic, payload, { qos, retain }) => {
      if (messages.push(`${topic} ${payload.toString('hex')} ${qos} ${retain}`) === 4) four.resolve()
    })
    const subs = await reader.subscribeAsync({ 'tele/+/ü': { qos: 1 }, 'cmnd/#': { qos: 2 }, 'cmnd/x': { qos: 0 } })
    assert.deepEqual(subs.map(({ qos }) => qos), [1, 2, 0])
    await publisher.publishAsync('tele/a/ü', Buffer.from([0, 255]), { qos: 2, retain: true })
    await publisher.publishAsync('cmnd/x', 'on', { qos: 2 })
    await publisher.publishAsync('cmnd', 'all', { qos: 1 })
    await publisher.publishAsync('other', 'not', { qos: 0 })
    await publisher.publishAsync('tele/a/ü', '', { qos: 0 })
    await four.promise
    assert.deepEqual(messages.sort(), ['cmnd 616c6c 1 false', 'cmnd/x 6f6e 2 false', 'tele/a/ü  0 false', 'tele/a/ü 00ff 1 false'])
  })

  it('reaches the publisher itself, also when it subscribed in the same breath', async () => {
    await start()
    const peer = await edge.joined('home')
    peer.send(subscribePacket(1, 'a'), publishPacket('a', 'x'))
    await peer.until(() => got(peer).length === 1)
    assert.deepEqual(got(peer), ['a x 0'])
  })

  it('ends with UNSUBSCRIBE, for that filter only', async () => {
    await start()
    const reader = await edge.client('home', { clientId: 'r' }), seen: string[] = []
    reader.on('message', topic => seen.push(topic))
    await reader.subscribeAsync(['a', 'b'])
    await reader.unsubscribeAsync('a')
    const last = new Promise(resolve => reader.once('message', resolve))
    const peer = await edge.joined('home')
    peer.send(publishPacket('a', ''), publishPacket('b', ''))
    await last
    assert.deepEqual(seen, ['b'])
  })

  it('keeps the order of a publisher', async () => {
    await start()
    const reader = await edge.joined('home', { clientId: 'r' })
    reader.send(subscribePacket(1, '#'))
    await reader.ping()
    const publisher = await edge.joined('home', { clientId: 'p' })
    const numbers = Array.from({ length: 500 }, (_, number) => `n ${number} 0`)
    for (let number = 0; number < 500; number++) publisher.send(publishPacket('n', `${number}`))
    await reader.until(() => reader.received.includes('499'))
    assert.deepEqual(got(reader), numbers)
  })

  it('comes after the message was kept, and not for one that was not', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    await start({ ingest: ([first]: readonly Packet[]) => first!.topic === 'bad' ? Promise.reject(new Error('disk full')) : promise })
    const reader = await edge.joined('home', { clientId: 'r' })
    const good = await edge.joined('home', { clientId: 'g' }), bad = await edge.joined('home', { clientId: 'b' })
    reader.send(subscribePacket(1, '#'))
    good.send(publishPacket('good', ''))
    bad.send(publishPacket('bad', ''))
    await bad.closed()
    await reader.ping()
    assert.deepEqual(got(reader), [])
    resolve()
    await reader.until(() => got(reader).length === 1)
    assert.deepEqual(got(reader), ['good  0'])
  })

  it('of what is retained comes to whoever subscribes later, and is taken back by an empty one', async () => {
    await start()
    const publisher = await edge.client('home', { clientId: 'p' })
    await publisher.publishAsync('a', 'old', { qos: 1, retain: true })
    assert.equal(edge.taken[0]!.batch[0]!.retain, true)
    const reader = await edge.joined('home', { clientId: 'r' })
    reader.send(subscribePacket(1, '#'))
    await reader.ping()
    await publisher.publishAsync('a', 'new', { qos: 1, retain: true })
    await reader.until(() => got(reader).length === 2)
    assert.deepEqual(got(reader), ['a old 0', 'a new 0'])
    assert.deepEqual(reader.packets.flatMap(packet => packet.cmd === 'publish' ? [packet.retain] : []), [true, false])
    await publisher.publishAsync('a', '', { qos: 1, retain: true })
    const later = await edge.joined('home', { clientId: 'l' })
    later.send(subscribePacket(1, '#'))
    await later.ping()
    assert.deepEqual(got(later), [])
  })

  it('is refused beyond a source’s share of subscriptions, over all its connections, each filter by itself', async () => {
    await start({ limits: { filtersPerSourceMax: 3 } })
    const one = await edge.joined('home', { clientId: '1' }), two = await edge.joined('home', { clientId: '2' })
    const other = await edge.joined('home2')
    one.send(subscribePacket(1, 'a', '$SYS/#', 'b'))
    await one.ping()
    two.send(subscribePacket(1, 'a', 'c'), subscribePacket(2, 'd'), subscribePacket(2, 'a'))
    await two.ping()
    other.send(subscribePacket(1, 'a', 'b', 'c', 'd'))
    await other.ping()
    assert.deepEqual(granted(one), [[0, 0x80, 0]])
    assert.deepEqual(granted(other), [[0, 0, 0, 0x80]])
    assert.deepEqual(granted(two), [[0, 0x80], [0x80], [0]])
    one.socket.destroy()
    await edge.until(() => edge.disconnected.length === 1)
    two.send(subscribePacket(3, 'd'))
    await two.until(() => granted(two).length === 4)
    assert.deepEqual(granted(two).at(-1), [0])
  })

  it('is left out early for those who are blocked while all of them together leave too much unread', async () => {
    const mib = 1 << 20
    await start({ limits: { drainMsMax: 60_000, readerBytesMax: 64 * mib, readerBytesInAllMax: mib } })
    const frozen = await edge.joined('home', { clientId: 'frozen' }), publisher = await edge.joined('home', { clientId: 'p' })
    frozen.send(subscribePacket(1, 't'))
    await frozen.ping()
    frozen.socket.pause()
    for (let sent = 0; sent < 20; sent++) publisher.send(publishPacket('t', Buffer.alloc(mib)))
    while (edge.skipped === 0) {
      publisher.send(publishPacket('t', 'x'))
      await publisher.ping()
    }
  })

  for (const qos of [0, 1] as const) {
    it(`of QoS ${qos} does not wait for a reader who is frozen: others get all, and it is cut`, async () => {
      await start({ limits: { drainMsMax: 1_000, readerBytesMax: 100_000 } })
      const frozen = await edge.client('home', { clientId: 'frozen' })
      await frozen.subscribeAsync('#', { qos })
      frozen.stream.pause()
      const reader = await edge.joined('home', { clientId: 'r' })
      reader.send(subscribePacket(1, 'last'))
      await reader.ping()
      const publisher = await edge.client('home', { clientId: 'p' }), neighbour = await edge.client('home2')
      const block = Buffer.alloc(50_000, 1)
      while (edge.disconnected.length === 0) {
        await publisher.publishAsync('a', block, { qos: 1 })
        await neighbour.publishAsync('a', 'x', { qos: 1 })
      }
      await publisher.publishAsync('last', 'x', { qos: 1 })
      await reader.until(() => got(reader).length === 1)
      assert.deepEqual(edge.disconnected, ['frozen-reader'])
      if (qos === 0) assert.ok(edge.skipped > 0)
    })
  }
})
