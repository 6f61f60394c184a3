// All plain sockets read into one memory: nobody finds there what is another's, and nothing that is kept changes.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { lending, LendingSocket } from '#gateway/mqtt/listeners/lending-socket.ts'
import { Edge, HOST, publishPacket, subscribePacket } from '#test/support/mqtt-edge.ts'

describe('A socket that lends', () => {
  let server: Server, clients: Socket[]
  beforeEach(async () => {
    clients = []
    server = createServer({ pauseOnConnect: true }).listen(0, HOST)
    await once(server, 'listening')
  })
  afterEach(() => { for (const client of clients) client.destroy(); server.close() })

  /** Both ends of a connection. */
  async function pair(): Promise<{ client: Socket, socket: Socket }> {
    const client = connect((server.address() as AddressInfo).port, HOST), [accepted] = await once(server, 'connection') as [Socket]
    clients.push(client)
    return { client, socket: lending(accepted) }
  }

  /** What it lends, as text, and where that lies. */
  function borrow(socket: Socket) {
    const lent = { text: '', memory: new Set<Buffer>() }
    assert.ok(socket instanceof LendingSocket)
    socket.lendTo({ borrow: (bytes, length) => { lent.text += bytes.toString('latin1', 0, length); lent.memory.add(bytes) } })
    return lent
  }

  async function until(isTrue: () => boolean): Promise<void> { while (!isTrue()) await turn() }

  it('reads into the same memory as all others', async () => {
    const one = await pair(), two = await pair(), first = borrow(one.socket), second = borrow(two.socket)
    for (const text of ['a', 'b']) {
      one.client.write(text)
      two.client.write(text.toUpperCase())
      await until(() => first.text.endsWith(text) && second.text.endsWith(text.toUpperCase()))
    }
    assert.deepEqual([first.text, second.text], ['ab', 'AB'])
    assert.equal(new Set([...first.memory, ...second.memory]).size, 1)
  })

  it('lends nothing while it is paused, also from inside a read, and goes on where it was', async () => {
    const { client, socket } = await pair(), all = Buffer.alloc(300_000, 'abc').toString()
    let text = ''
    ;(socket as LendingSocket).lendTo({ borrow: (bytes, length) => { text += bytes.toString('latin1', 0, length); socket.pause() } })
    client.write(all)
    while (text.length < all.length) {
      const before = text.length
      await until(() => text.length > before)
      const { length } = text
      for (let turns = 0; turns < 5; turns++) await turn()
      assert.equal(text.length, length)
      socket.resume()
    }
    assert.equal(text, all)
  })

  it('writes, ends and closes as any other', async () => {
    const { client, socket } = await pair(), lent = borrow(socket), got: Buffer[] = []
    client.on('data', chunk => got.push(chunk))
    socket.write('hello')
    client.end('bye')
    await Promise.all([once(socket, 'close'), once(client, 'close')])
    assert.deepEqual([lent.text, Buffer.concat(got).toString(), socket.destroyed], ['bye', 'hello', true])
  })

  it('is the socket that was accepted where Node cannot do it', async () => {
    const { socket } = await pair(), odd = Object.assign(socket, { _handle: null })
    assert.equal(lending(odd), socket)
  })
})

describe('What was lent', () => {
  let edge: Edge
  afterEach(() => edge.stop())

  it('is what it was when a batch settles later, to those who read it and to those who read it later still', async () => {
    const settle: (() => void)[] = [], length = 3_000
    edge = await new Edge({ ingest: () => new Promise(resolve => settle.push(resolve)) }).start()
    const reader = await edge.joined('home', { clientId: 'reader' }), writer = await edge.joined(), other = await edge.joined('home2')
    reader.send(subscribePacket(1, '#'))
    await reader.ping()
    const sent = ([0, 1, 2, 1, 2, 0] as const).map((qos, n) => ({ topic: `t/${n}`, payload: Buffer.alloc(length, `${n}`), qos, id: qos === 0 ? undefined : n, retain: n > 2 }))
    writer.send(...sent.map(({ topic, payload, ...fields }) => publishPacket(topic, payload, fields)))
    await edge.until(() => edge.payloads.length === sent.length)
    other.send(...Array.from({ length: 8 }, () => publishPacket('theirs', Buffer.alloc(length, 'x'))))
    await edge.until(() => edge.payloads.length === sent.length + 8)
    for (const resolve of settle) resolve()
    await reader.until(received => received.length >= sent.length * length)
    const late = await edge.joined('home', { clientId: 'late' })
    late.send(subscribePacket(1, '#'))
    await late.until(received => received.length >= 3 * length)
    const messages = (peer: typeof reader) => peer.packets.flatMap(packet => packet.cmd === 'publish' ? [[packet.topic, String(packet.payload)]] : []), whole = sent.map(({ topic, payload }) => [topic, payload.toString()])
    assert.deepEqual(messages(reader), whole)
    assert.deepEqual(messages(late), whole.slice(3))
  })

  it('is kept apart where many send at once what is cut anywhere', async () => {
    edge = await new Edge().start()
    const peers = await Promise.all(Array.from({ length: 12 }, (_, n) => edge.joined(`home${n}`)))
    const streams = peers.map((_, n) => Buffer.concat(Array.from({ length: 20 }, (__, of) => publishPacket(`t${n}`, `${n}:${of} ${'#'.repeat(of * 7)}`, of % 3 === 0 ? { retain: true } : {}))))
    for (let at = 0, step = 1; at < Math.max(...streams.map(({ length }) => length)); at += step, step = step * 7 % 97 + 1) {
      for (const [n, peer] of peers.entries()) peer.send(streams[n]!.subarray(at, at + step))
      await turn()
    }
    await Promise.all(peers.map(peer => peer.ping()))
    for (const n of peers.keys()) {
      const taken = edge.taken.filter(({ connection }) => connection.sourceId === `home${n}`).flatMap(({ batch }) => batch.map(({ topic, payload }) => `${topic} ${Buffer.from(payload).toString()}`))
      assert.deepEqual(taken, Array.from({ length: 20 }, (_, of) => `t${n} ${n}:${of} ${'#'.repeat(of * 7)}`))
    }
  })
})
