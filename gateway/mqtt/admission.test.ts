// Who is let in, under which name, and how they are turned away: over real sockets.
import assert from 'node:assert/strict'
import { connectPacket, Edge, PASSWORD, publishPacket } from '#test/support/mqtt-edge.ts'

describe('a connection', () => {
  let edge: Edge
  const start = async (options = {}) => { edge = await new Edge(options).start(); return edge }
  afterEach(() => edge.stop())

  it('with its source’s credentials is accepted and told so', async () => {
    await start()
    const peer = await edge.joined('home')
    assert.equal(peer.received.toString('hex'), '20020000')
    assert.deepEqual(edge.connected, [{ sourceId: 'home', clientId: 'peer' }])
    assert.equal(edge.server.connectionCount, 1)
  })

  for (const [what, fields, answer, reason] of [
    ['without a name', { username: undefined, password: undefined }, '20020005', 'anonymous'],
    ['with an unknown name', { username: 'nobody' }, '20020004', 'bad-credentials'],
    ['with a wrong password', { password: Buffer.from('wrong') }, '20020004', 'bad-credentials'],
    ['with no password', { password: undefined }, '20020004', 'bad-credentials'],
    ['with an empty name and password', { username: '', password: Buffer.alloc(0) }, '20020004', 'bad-credentials'],
  ] as const) {
    it(`${what} is answered, and closed`, async () => {
      await start()
      const peer = await edge.peer()
      peer.send(connectPacket('home', fields))
      assert.equal(await peer.closed(), answer)
      assert.deepEqual([edge.refused, edge.connected, edge.server.connectionCount], [[reason], [], 0])
    })
  }

  it('asks for credentials as they were sent, and for nobody as an empty name', async () => {
    const asked: [string, string][] = []
    const authenticate = (username: string, password: Uint8Array) => {
      asked.push([username, Buffer.from(password).toString('hex')])
      return undefined
    }
    await start({ credentials: { authenticate } })
    for (const fields of [{ username: 'ü', password: Buffer.from([0, 255]) }, { username: undefined, password: undefined }]) {
      const peer = await edge.peer()
      peer.send(connectPacket('', fields))
      await peer.closed()
    }
    assert.deepEqual(asked, [['ü', '00ff'], ['', '']])
  })

  it('may speak MQTT 3.1, 3.1.1 or 5, and is told so where it speaks another', async () => {
    await start()
    for (const options of [{ protocolVersion: 5 }, { protocolVersion: 4 }, { protocolVersion: 3, protocolId: 'MQIsdp' }] as const) await edge.client('home', options)
    const peer = await edge.peer(), connect = connectPacket('home')
    connect[8] = 6 // the level
    peer.send(connect)
    assert.equal(await peer.closed(), '20020001')
    assert.deepEqual(edge.refused, ['bad-protocol'])
  })

  it('without a client id gets one, if it asks for a clean session', async () => {
    await start()
    await edge.joined('home', { clientId: '' })
    await edge.joined('home', { clientId: '' })
    assert.equal(new Set(edge.connected.map(({ clientId }) => clientId)).size, 2)
    const peer = await edge.peer()
    peer.send(connectPacket('home', { clientId: '', clean: true }).fill(0xc0, 9, 10)) // the flag for a clean session taken out
    assert.equal(await peer.closed(), '20020002')
  })

  it('comes back to a session that it asked to be kept', async () => {
    await start()
    const first = await edge.client('home', { clientId: 'kept', clean: false })
    await first.subscribeAsync('a', { qos: 1 })
    await first.endAsync()
    const peer = await edge.joined('home', { clientId: 'kept', clean: false })
    assert.equal(peer.received.toString('hex'), '20020100')
  })

  it('takes over from one of its source with the same client id', async () => {
    await start()
    const first = await edge.joined('home'), second = await edge.joined('home')
    assert.equal(await first.closed(), '20020000')
    await second.ping()
    assert.deepEqual([edge.disconnected, edge.server.connectionCount], [['taken-over'], 1])
  })

  it('takes over however many come at once: one is left', async () => {
    await start()
    const peers = await Promise.all(Array.from({ length: 20 }, () => edge.peer()))
    for (const peer of peers) peer.send(connectPacket('home'))
    await edge.until(() => edge.disconnected.length === 19)
    assert.equal(edge.server.connectionCount, 1)
    await Promise.all(peers.map(peer => Promise.race([peer.closed(), peer.until(bytes => bytes.length === 4)])))
    await Promise.any(peers.filter(peer => !peer.isClosed).map(peer => peer.ping()))
  })

  it('leaves one of another source with the same client id alone', async () => {
    await start()
    const mine = await edge.joined('home'), theirs = await edge.joined('home2')
    await mine.ping()
    await theirs.ping()
    assert.equal(edge.server.connectionCount, 2)
  })

  it('beyond its source’s share is answered “unavailable”, and a takeover is not', async () => {
    await start({ limits: { connectionsPerSourceMax: 2 } })
    await edge.joined('home', { clientId: 'a' })
    await edge.joined('home', { clientId: 'b' })
    const third = await edge.peer()
    third.send(connectPacket('home', { clientId: 'c' }))
    assert.equal(await third.closed(), '20020003')
    await edge.joined('home', { clientId: 'b' })
    await edge.joined('home2', { clientId: 'c' })
    assert.deepEqual(edge.refused, ['source-full'])
  })

  it('beyond what the server holds is answered “unavailable”, until one leaves', async () => {
    await start({ limits: { connectionsMax: 2 } })
    const first = await edge.joined('home')
    await edge.joined('home2')
    const third = await edge.peer()
    third.send(connectPacket('home3'))
    assert.equal(await third.closed(), '20020003')
    first.socket.destroy()
    await edge.until(() => edge.disconnected.length === 1)
    await edge.joined('home3')
    assert.deepEqual(edge.refused, ['server-full'])
  })

  it('may send on behind its CONNECT, and is answered in order', async () => {
    await start()
    const peer = await edge.peer()
    peer.send(connectPacket('home'), publishPacket('a', '1', { qos: 1, id: 1 }), publishPacket('b', '2', { qos: 1, id: 2 }), [0xc0, 0])
    await peer.until(bytes => bytes.length === 14)
    assert.equal(peer.received.toString('hex').slice(0, 24), '20020000' + '40020001' + '40020002')
    assert.deepEqual(edge.topics, ['a', 'b'])
  })

  it('of a suspended source that has gone leaves no will that still waits', async () => {
    await start()
    for (const source of ['home', 'home2']) {
      const will = { topic: `gone/${source}`, payload: Buffer.from('x'), qos: 0 as const, retain: false, properties: { willDelayInterval: 1 } }
      const client = await edge.client(source, { protocolVersion: 5, will, properties: { sessionExpiryInterval: 60 } })
      client.stream.destroy()
    }
    await edge.until(() => edge.disconnected.length === 2)
    edge.server.disconnect('home')
    await edge.until(() => edge.taken.length > 0)
    assert.deepEqual(edge.topics, ['gone/home2'])
  })

  it('of a suspended source is cut at once, with all others of it and none of another, and nothing more comes in from it', async () => {
    await start()
    const will = { topic: 'gone', payload: Buffer.from('1'), qos: 0 as const, retain: false }
    const peers = [await edge.joined('home', { clientId: 'a', will }), await edge.joined('home', { clientId: 'b' })]
    const other = await edge.joined('home2')
    for (const peer of peers) peer.send(publishPacket('late', ''))
    edge.server.disconnect('home')
    assert.equal(edge.server.connectionCount, 1)
    await Promise.all(peers.map(peer => peer.closed()))
    await other.ping()
    assert.deepEqual([edge.disconnected, edge.taken], [['suspended', 'suspended'], []])
    edge.server.disconnect('unknown')
  })

  it('is refused, and the server lives, when its credentials cannot be looked up', async () => {
    let isBroken = true
    const errors: object[] = []
    await start({
      credentials: { authenticate: () => { if (isBroken) throw new Error('database closed'); return { sourceId: 'home' } } },
      log: { debug() {}, info() {}, error(fields: object) { errors.push(fields) } },
    })
    const peer = await edge.peer()
    peer.send(connectPacket('home'))
    assert.equal(await peer.closed(), '')
    isBroken = false
    await edge.joined('home')
    assert.deepEqual([edge.refused, errors.length], [['error'], 1])
  })

  it('leaves no credential and no payload in the log', async () => {
    const lines: string[] = [], note = (...entry: unknown[]) => { lines.push(JSON.stringify(entry)) }
    await start({ log: { debug: note, info: note, error: note } })
    const peer = await edge.joined('home')
    peer.send(publishPacket('a', 'secret payload', { qos: 1, id: 1 }))
    await peer.ping()
    const stranger = await edge.peer()
    stranger.send(connectPacket('home', { password: Buffer.from('secret guess') }))
    await stranger.closed()
    await edge.stop()
    assert.ok(lines.length > 0)
    assert.doesNotMatch(lines.join(), /secret|correct horse/)
    assert.ok(PASSWORD.includes('correct horse'))
  })
})
