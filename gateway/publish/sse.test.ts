import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { mock } from 'node:test'
import { serveEvents } from '#gateway/publish/sse.ts'
import { closed, FakeLive, fill, outgoing, overfill, PARTY, rest, takenByKernel, TestServer, until } from '#test/support/transport.ts'

const HEARTBEAT_MS = 15_000
const GET = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'

describe('Server-sent events', () => {
  let http: TestServer, live: FakeLive, refused: string[]
  beforeEach(async () => {
    mock.timers.enable({ apis: ['setInterval'] })
    live = new FakeLive()
    refused = []
    http = await new TestServer((request, response) => serve(request, response)).start()
  })
  afterEach(async () => {
    await http.stop()
    mock.timers.reset()
  })

  function serve(request: IncomingMessage, response: ServerResponse): void {
    try {
      serveEvents({ request, response, live, party: PARTY, streamId: 's', from: undefined, hasEnvelope: false })
    } catch (error) {
      refused.push((error as { code: string }).code)
      response.writeHead(400).end()
    }
  }

  async function frozen(request = GET): Promise<Socket> {
    const socket = await http.client(request)
    await until(() => live.opened.length > 0)
    return socket
  }
  const serverSide = () => http.sockets.at(-1)!

  it('answer at once, carry ids, and end with a code', async () => {
    const response = await fetch(`http://127.0.0.1:${http.port}/`)
    assert.equal(response.headers.get('content-type'), 'text/event-stream')
    assert.equal(live.sink.send([outgoing(1, 1), outgoing(2, 1)]), true)
    live.sink.end('EXPIRED', 'over')
    const id = (n: number) => `${n}-0-chain-0x${'ab'.repeat(20)}`
    assert.deepEqual((await response.text()).split('\n\n'), [
      `id: ${id(1)}\ndata: {"n":1,"pad":"x"}`, `id: ${id(2)}\ndata: {"n":2,"pad":"x"}`, 'event: end\ndata: {"code":"EXPIRED","message":"over"}', '',
    ])
    assert.equal(live.closed, 1)
  })

  it('hand a reader who does not read a bounded number of bytes, and go on when all of them are taken', async () => {
    const reader = await frozen()
    await fill(live.sink)
    assert.ok(!live.sink.isEmpty && serverSide().writableLength < (2 << 20))
    const drained = new Promise<void>(done => { live.sink.onDrain = done })
    reader.resume()
    await drained
    assert.equal(live.sink.isEmpty, true)
    assert.equal(live.sink.send([outgoing(1)]), true)
  })

  for (const isEnded of [false, true]) {
    it(`let nothing out of a cut transport that the kernel has not taken${isEnded ? ', also behind the end' : ''}`, async () => {
      const reader = await frozen()
      await overfill(live.sink)
      if (isEnded) live.sink.end('SUSPENDED', 'spent')
      const taken = takenByKernel(serverSide()), offered = serverSide().bytesWritten
      live.sink.cut('CONSENT_WITHDRAWN')
      assert.ok(offered - taken > 1_000_000, `only ${offered - taken} bytes were waiting`)
      assert.equal((await rest(reader)).length, taken)
      assert.equal(live.closed, 1)
    })
  }

  it('let nothing out that was written in the turn in which they are cut', async () => {
    const reader = await frozen(), before = takenByKernel(serverSide())
    live.sink.send([outgoing(1)])
    assert.equal(live.sink.isEmpty, false)
    live.sink.cut('CONSENT_WITHDRAWN')
    assert.equal((await rest(reader)).length, before)
  })

  it('beat while nothing else is said, and not over what waits', async () => {
    const reader = await frozen()
    reader.resume()
    const beat = once(reader.setEncoding('latin1'), 'data')
    mock.timers.tick(HEARTBEAT_MS)
    assert.match(String((await beat)[0]), /:\n\n/)
    reader.pause()
    await fill(live.sink)
    const waiting = serverSide().writableLength
    mock.timers.tick(HEARTBEAT_MS)
    assert.equal(serverSide().writableLength, waiting)
    live.sink.end('EXPIRED', 'over')
    mock.timers.tick(HEARTBEAT_MS)
    assert.equal(serverSide().destroyed, false)
    reader.destroy()
  })

  it('are closed when the client goes', async () => {
    for (let n = 0; n < 20; n++) (await http.client(GET)).resetAndDestroy()
    await until(() => http.sockets.length === 20 && http.sockets.every(socket => socket.closed))
    await until(() => live.closed === live.opened.length)
  })

  it('are not opened behind another request that is under way on the connection, where they would only fill the memory', async () => {
    const reader = await frozen(GET.repeat(3))
    assert.deepEqual([live.opened.length, refused], [1, ['BAD_REQUEST', 'BAD_REQUEST']])
    reader.destroy()
    await closed(serverSide())
    assert.equal(live.closed, 1)
  })

  it('are not opened for a client that has gone already', async () => {
    http.server.removeAllListeners('request')
    http.server.on('request', (request, response) => {
      request.socket.destroy()
      request.socket.once('close', () => serve(request, response))
    })
    const socket = await http.client(GET)
    await rest(socket)
    await until(() => refused.length > 0)
    assert.deepEqual([live.opened, refused], [[], ['BAD_REQUEST']])
    socket.destroy()
  })
})
