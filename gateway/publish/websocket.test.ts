import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { mock } from 'node:test'
import { WebSocket } from 'ws'
import type { Sink } from '#gateway/publish/sink.ts'
import { WebSocketTransport } from '#gateway/publish/websocket.ts'
import { closed, FakeLive, fill, noSeals, outgoing, overfill, PARTY, rest, takenByKernel, TestServer, turn, until } from '#test/support/transport.ts'

const PING_INTERVAL_MS = 15_000
const upgrade = (path = '/streams/s/subscribe', key = 'dGhlIHNhbXBsZSBub25jZQ==', credentials = 'k') => [
  `GET ${path} HTTP/1.1`, 'host: x', `authorization: Bearer ${credentials}`, 'connection: upgrade', 'upgrade: websocket', 'sec-websocket-version: 13',
  `sec-websocket-key: ${key}`, '\r\n',
].join('\r\n')

describe('The WebSocket transport', () => {
  let http: TestServer, live: FakeLive, transport: WebSocketTransport
  beforeEach(async () => {
    mock.timers.enable({ apis: ['setInterval'] })
    live = new FakeLive()
    transport = new WebSocketTransport({ live, seals: noSeals, authenticate: key => key === 'k' ? PARTY : undefined })
    http = await new TestServer().start()
    http.server.on('upgrade', (request, socket, head) => transport.handleUpgrade(request, socket, head))
  })
  afterEach(async () => {
    transport.stop()
    await http.stop()
    mock.timers.reset()
  })

  const client = (path = '/streams/a%2Fb/subscribe', options: object = {}) =>
    new WebSocket(`ws://127.0.0.1:${http.port}${path}`, { headers: { authorization: 'Bearer k' }, ...options })
  const serverSide = () => http.sockets.at(-1)!

  /** A client that has its answer and reads nothing more. */
  async function frozen(): Promise<Socket> {
    const socket = await http.client(upgrade())
    await until(() => live.opened.length > 0)
    return socket
  }

  it('hands over in order, a message a frame, and ends with the code', async () => {
    const watcher = client('/streams/a%2Fb/subscribe?from=earliest'), got: string[] = []
    watcher.on('message', (data: Buffer) => got.push(data.toString()))
    await once(watcher, 'open')
    assert.equal(live.sink.send([outgoing(1), outgoing(2)]), true)
    live.sink.end('CONSENT_WITHDRAWN', 'gone')
    const [code, reason] = await once(watcher, 'close') as [number, Buffer]
    assert.deepEqual([got.map(text => JSON.parse(text).n), code, reason.toString()], [[1, 2], 4403, 'CONSENT_WITHDRAWN'])
    assert.deepEqual([live.opened[0]!.streamId, live.opened[0]!.from], ['a/b', 'earliest'])
  })

  it('hands a reader who does not read a bounded number of bytes, and goes on when all of them are taken', async () => {
    const reader = await frozen()
    await fill(live.sink)
    assert.ok(!live.sink.isEmpty && serverSide().writableLength < (2 << 20))
    const drained = new Promise<void>(done => { live.sink.onDrain = done })
    reader.resume()
    await drained
    assert.equal(live.sink.isEmpty, true)
    assert.equal(live.sink.send([outgoing(1)]), true)
  })

  it('gives a slow reader what was written for it, whatever others were sent meanwhile', async () => {
    const slow = client(), got: number[] = []
    slow.on('message', (data: Buffer) => got.push(Number(/\d+/.exec(data.toString())?.[0])))
    slow.on('error', () => { /* closed for it */ })
    await once(slow, 'open')
    const quick = client()
    await once(quick, 'open')
    const [slowSide, quickSide] = live.opened.map(({ sink }) => sink) as [Sink, Sink]
    slow.pause()
    let sent = 0
    for (; slowSide.isEmpty; await turn()) slowSide.send([outgoing(++sent, 20_000), outgoing(++sent, 20_000)])
    for (let n = 0; n < 50; n++) quickSide.send([outgoing(1_000_000 + n, 20_000), outgoing(1_000_000 + n, 20_000)])
    slow.resume()
    await until(() => got.length === sent || slow.readyState === WebSocket.CLOSED)
    assert.deepEqual(got, Array.from({ length: sent }, (_, n) => n + 1))
  })

  it('lets nothing out of a cut transport that the kernel has not taken, megabytes waiting or not', async () => {
    const reader = await frozen()
    await overfill(live.sink)
    const taken = takenByKernel(serverSide()), offered = serverSide().bytesWritten
    live.sink.cut('CONSENT_WITHDRAWN')
    assert.ok(offered - taken > 1_000_000, `only ${offered - taken} bytes were waiting`)
    assert.equal((await rest(reader)).length, taken)
    assert.equal(live.closed, 1)
  })

  it('lets nothing more out of a transport that is cut while it drains after its end', async () => {
    const reader = await frozen()
    await overfill(live.sink)
    live.sink.end('SUSPENDED', 'spent')
    const taken = takenByKernel(serverSide())
    live.sink.cut('CONSENT_WITHDRAWN')
    assert.equal((await rest(reader)).length, taken)
  })

  it('ends whoever does not answer a ping, and nobody who does', async () => {
    const [mute, polite] = [client(undefined, { autoPong: false }), client()]
    await Promise.all([once(mute, 'open'), once(polite, 'open')])
    const [muteSide, politeSide] = http.sockets as [Socket, Socket]
    const isMuteFirst = muteSide.remotePort === (mute as unknown as { _socket: Socket })._socket.localPort, goodbye = once(mute, 'close')
    for (let n = 0; n < 3; n++) {
      const answered = once(isMuteFirst ? politeSide : muteSide, 'data')
      mock.timers.tick(PING_INTERVAL_MS)
      await answered
    }
    assert.equal((await goodbye)[0], 1006)
    assert.equal(polite.readyState, WebSocket.OPEN)
    assert.equal(live.closed, 1)
    polite.terminate()
  })

  it('does not take a slow reader for a silent one, and ends one that takes nothing at all', async () => {
    const reader = await frozen()
    await fill(live.sink)
    for (let n = 0; n < 4; n++) mock.timers.tick(PING_INTERVAL_MS)
    assert.equal(serverSide().destroyed, false)
    assert.equal(serverSide().timeout, 2 * PING_INTERVAL_MS)
    serverSide().emit('timeout') // as Node does when not a byte was taken for so long
    await closed(serverSide())
    reader.destroy()
    assert.equal(live.closed, 1)
  })

  it('takes nothing more for a client that has said goodbye', async () => {
    const watcher = client()
    await once(watcher, 'open')
    const heard = once(serverSide(), 'data')
    watcher.close()
    await heard
    assert.equal(live.sink.send([outgoing(1)]), false)
  })

  it('closes what a client opened that went away during the handshake', async () => {
    for (let n = 0; n < 40; n++) {
      const socket = await http.client(upgrade())
      if (n % 2 === 0) socket.destroy()
      else socket.resetAndDestroy()
    }
    await until(() => http.sockets.length === 40 && http.sockets.every(socket => socket.closed))
    await until(() => live.closed === live.opened.length)
  })

  it('opens nothing for a handshake that is none, and answers it once', async () => {
    const answer = await rest(await http.client(upgrade(undefined, 'too short')))
    assert.match(answer, /^HTTP\/1\.1 400 /)
    assert.equal(answer.match(/HTTP\/1\.1/g)!.length, 1)
    assert.deepEqual(live.opened, [])
  })

  for (const [what, path, status, code, key] of [
    ['a key that is not known', '/streams/s/subscribe', 401, 'UNAUTHENTICATED', 'other'],
    ['another address', '/streams/s', 404, 'NOT_FOUND', 'k'],
    ['an id that is not encoded', '/streams/%ff/subscribe', 400, 'BAD_REQUEST', 'k'],
    ['a partition that is not there', '/streams/s/subscribe?partitions=1,2', 400, 'BAD_REQUEST', 'k'],
  ] as const) {
    it(`refuses ${what} with a problem, and closes though the client does not`, async () => {
      const socket = await http.client(upgrade(path, undefined, key)), answer = await rest(socket)
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `))
      assert.equal(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))).code, code)
      await closed(serverSide())
      socket.destroy()
    })
  }

  it('ends all when it stops', async () => {
    const watcher = client()
    await once(watcher, 'open')
    transport.stop()
    assert.equal((await once(watcher, 'close'))[0], 1006)
  })
})
