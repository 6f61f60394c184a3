import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import type { CliError } from '#cli/errors.ts'
import { Seen } from '#cli/message-id.ts'
import { StreamReader } from '#cli/stream-reader.ts'

const STREAM = '0x0000000000000000000000000000000000000001/weather-observed/abc'
const PUBLISHER = '0x0000000000000000000000000000000000000001'

const idOf = (n: number, chain = 'c1') => `${1_000_000 + n}-0-${chain}-${PUBLISHER}`
/** As the gateway writes it: numbers inside stay as they are. */
const envelopeOf = (n: number, content = `{"n":${n}.50}`, chain = 'c1') =>
  `{"streamId":${JSON.stringify(STREAM)},"timestamp":${1_000_000 + n},"sequenceNumber":0,"publisherId":"${PUBLISHER}","msgChainId":"${chain}","messageId":"${idOf(n, chain)}","content":${content}}`

/** A gateway of which each connection does what the test says. */
class Gateway {
  readonly #server: Server = createServer((_request, response) => response.writeHead(426).end('{}'))
  readonly #sockets = new WebSocketServer({ noServer: true })
  readonly requests: IncomingMessage[] = []
  readonly #turns: ((socket: WebSocket) => void)[] = []
  #refusals: { status: number, body: string }[] = []

  async start(): Promise<URL> {
    this.#server.on('upgrade', (request, socket, head) => {
      this.requests.push(request)
      const refusal = this.#refusals.shift()
      if (refusal) { socket.on('error', () => undefined).end(`HTTP/1.1 ${refusal.status} No\r\nconnection: close\r\n\r\n${refusal.body}`); return }
      this.#sockets.handleUpgrade(request, socket, head, webSocket => this.#turns.shift()?.(webSocket))
    })
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`)
  }

  /** What each connection does, in turn. */
  plan(...turns: readonly ((socket: WebSocket) => void)[]): void { this.#turns.push(...turns) }
  /** Refuses the next connection. */
  refuse(status: number, body: string): void { this.#refusals.push({ status, body }) }
  fromOf(k: number): string | null { return new URL(this.requests[k]!.url!, 'http://x').searchParams.get('from') }

  stop(): void {
    for (const socket of this.#sockets.clients) socket.terminate()
    this.#server.close()
  }
}

describe('A stream reader', () => {
  let gateway: Gateway, url: URL, controller: AbortController
  beforeEach(async () => {
    gateway = new Gateway()
    url = await gateway.start()
    controller = new AbortController()
  })
  afterEach(() => { controller.abort(); gateway.stop() })

  /** Reads until so many messages are there. */
  function read(count: number, from?: string) {
    const news = new EventEmitter(), contents: string[] = [], envelopes: string[] = [], lives: boolean[] = []
    const reader = new StreamReader({
      client: { url, key: 'secret' }, streamId: STREAM, from, signal: controller.signal, onLive: again => { lives.push(again); news.emit('live') },
      onMessage: (envelope, content) => { envelopes.push(envelope); if (contents.push(content) === count) controller.abort() },
    })
    return { reader, contents, envelopes, lives, news, over: reader.run() }
  }
  const send = (...numbers: readonly number[]) => (socket: WebSocket) => { for (const n of numbers) socket.send(envelopeOf(n)) }
  const sendAndCut = (...numbers: readonly number[]) => (socket: WebSocket) => { send(...numbers)(socket); setImmediate(() => socket.terminate()) }

  it('brings each message, its content byte for byte', async () => {
    gateway.plan(socket => socket.send(envelopeOf(1, '{"a":21.50,"content":{"b":"x,\\"content\\":y"}}')))
    const { over, contents, envelopes } = read(1)
    await over
    assert.deepEqual([contents, envelopes], [['{"a":21.50,"content":{"b":"x,\\"content\\":y"}}'], [envelopeOf(1, '{"a":21.50,"content":{"b":"x,\\"content\\":y"}}')]])
    const { headers, url: asked } = gateway.requests[0]!
    assert.deepEqual([headers.authorization, asked], ['Bearer secret', `/streams/${encodeURIComponent(STREAM)}/subscribe?envelope=1`], 'the key is not in the address')
  })

  it('goes on behind the last message when the connection is lost, and takes none twice', async () => {
    gateway.plan(sendAndCut(1, 2), sendAndCut(2, 3), sendAndCut(1, 2, 3), send(3, 4, 4, 5))
    const { over, contents, lives } = read(5)
    await over
    assert.deepEqual(contents, [1, 2, 3, 4, 5].map(n => `{"n":${n}.50}`))
    assert.deepEqual([0, 1, 2, 3].map(k => gateway.fromOf(k)), [null, idOf(2), idOf(3), idOf(3)])
    assert.deepEqual(lives, [false, true, true, true])
  })

  it('takes what comes from another publisher instance, and still knows the messages of the one before', async () => {
    gateway.plan(sendAndCut(5), socket => { socket.send(envelopeOf(5)); socket.send(envelopeOf(3, '"new"', 'c2')); socket.send(envelopeOf(4, '"new"', 'c2')) })
    const { over, contents } = read(3)
    await over
    assert.deepEqual(contents, ['{"n":5.50}', '"new"', '"new"'])
  })

  it('begins behind the message that it is told, and does not bring that one again', async () => {
    gateway.plan(send(7, 8))
    const { over, contents } = read(1, idOf(7))
    await over
    assert.deepEqual([gateway.fromOf(0), contents], [idOf(7), ['{"n":8.50}']])
  })

  it('begins where it is told, and after a loss where it was, not there again', async () => {
    gateway.plan(sendAndCut(1), send(2))
    const { over } = read(2, 'earliest')
    await over
    assert.deepEqual([gateway.fromOf(0), gateway.fromOf(1)], ['earliest', idOf(1)])
  })

  it('lost before its first message, fetches what came since it was live', async () => {
    gateway.plan(socket => socket.terminate(), send(1))
    const before = Date.now(), { over } = read(1)
    await over
    const from = Date.parse(gateway.fromOf(1)!)
    assert.ok(from >= before && from <= Date.now())
  })

  for (const [what, end] of [
    ['in its place', (socket: WebSocket) => socket.close(4403, 'CONSENT_WITHDRAWN')],
    ['after messages', (socket: WebSocket) => { send(1)(socket); socket.close(4403, 'CONSENT_WITHDRAWN') }],
  ] as const) {
    it(`ends with the code when the gateway ends the stream, ${what}`, async () => {
      gateway.plan(end)
      await assert.rejects(read(9).over, (error: CliError) => error.code === 'CONSENT_WITHDRAWN' && error.exitCode === 1 && /withdrawn/.test(error.message))
      assert.equal(gateway.requests.length, 1)
    })
  }

  it('ends with the problem when it is refused, at once or after a loss', async () => {
    gateway.refuse(403, JSON.stringify({ code: 'NO_AGREEMENT', detail: 'Agree first.' }))
    await assert.rejects(read(1).over, { code: 'NO_AGREEMENT', message: 'Agree first.' })

    const later = new Gateway()
    url = await later.start()
    later.plan(socket => { later.refuse(402, JSON.stringify({ code: 'SUSPENDED', detail: 'Spent.' })); socket.terminate() })
    await assert.rejects(read(1).over, { code: 'SUSPENDED' })
    later.stop()
  })

  it('waits for a gateway that stops, and for one that is not ready again yet', async () => {
    const problem = JSON.stringify({ code: 'UNAVAILABLE', detail: 'The gateway starts.' })
    gateway.plan(socket => socket.close(4403, 'UNAVAILABLE'), socket => { gateway.refuse(503, problem); gateway.refuse(502, '<html>'); socket.terminate() }, send(1))
    const { over, contents, lives } = read(1)
    await over
    assert.deepEqual([contents, lives, gateway.requests.length], [['{"n":1.50}'], [false, true, true], 5])
  })

  it('that never reached a gateway says so', async () => {
    gateway.stop()
    await assert.rejects(read(1).over, { code: 'UNAVAILABLE', message: /No gateway answers at http:\/\/127\.0\.0\.1/ })
  })

  it('that reaches something else says so', async () => {
    gateway.refuse(404, '<html>')
    await assert.rejects(read(1).over, { code: 'UNAVAILABLE', message: /status 404/ })
  })

  it('takes nothing while it is paused, and loses nothing by it', async () => {
    let socket: WebSocket | undefined
    gateway.plan(opened => { socket = opened })
    const { reader, contents, news, over } = read(2)
    await once(news, 'live')
    reader.pause(true)
    await new Promise<void>(done => socket!.send(envelopeOf(1), () => done()))
    await new Promise<void>(done => socket!.send(envelopeOf(2), () => done()))
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    assert.deepEqual(contents, [])
    reader.pause(false)
    await over
    assert.equal(contents.length, 2)
  })
})

describe('Message ids', () => {
  it('of one chain only grow: what does not was taken before', () => {
    const seen = new Seen()
    assert.deepEqual(['5-0-a-p', '5-0-a-p', '5-1-a-p', '4-9-a-p', '5-2-a-p', '10-0-a-p', '9-0-a-p'].map(id => seen.take(id)), [true, false, true, false, true, true, false])
    assert.equal(seen.last, '10-0-a-p')
    assert.equal(seen.take('1-0-b-p'), true, 'another chain')
    assert.equal(seen.take('10-0-a-p'), false, 'still known')
  })

  it('that are none are no order', () => {
    const seen = new Seen()
    assert.deepEqual(['earliest', '2026-05-04T10:15:30Z'].map(text => seen.take(text)), [true, true])
    assert.equal(seen.last, undefined)
  })
})
