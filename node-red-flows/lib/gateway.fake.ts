// A gateway for tests, with what nodes use of one: streams over WebSocket that go on behind a message id, and answers over HTTP.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Envelope } from './envelope.ts'

export const PUBLISHER = `0x${'1'.repeat(40)}`
const CHAIN = 'c'.repeat(20)

/** The n-th message of a stream, a millisecond apart. */
export function envelope(streamId: string, n: number, content: object = {}): Envelope {
  const timestamp = 1_700_000_000_000 + n
  const entity = { id: 'urn:ngsi-ld:Room:1', type: 'Room', temperature: { type: 'Property', value: n }, ...content }
  const messageId = `${timestamp}-0-${CHAIN}-${PUBLISHER}`
  return { streamId, timestamp, sequenceNumber: 0, publisherId: PUBLISHER, msgChainId: CHAIN, messageId, content: entity }
}

type Reply = (request: IncomingMessage, body: string) => { readonly status: number, readonly body: unknown } | undefined

export class FakeGateway {
  /** `from` of each subscription, in order; an empty text where there was none. */
  readonly asked: string[] = []
  readonly sockets = new Set<WebSocket>()
  /** Refuses a subscription with a problem. */
  refuses: { readonly status: number, readonly code: string } | undefined
  /** Answers to calls; nothing: they are left open. */
  reply: Reply = () => ({ status: 404, body: { code: 'NOT_FOUND', detail: 'There is no such thing.' } })
  /** Sends every call elsewhere. */
  redirectsTo: string | undefined
  /** Answers pings as WebSockets do. */
  isAlive = true
  readonly #kept: Envelope[] = []
  #server: Server | undefined
  #port = 0

  get url(): string { return `http://127.0.0.1:${this.#port}` }

  /** Again on the same port after a stop. */
  async start(): Promise<this> {
    const webSockets = new WebSocketServer({ noServer: true, autoPong: false })
    this.#server = createServer((request, response) => void this.#answer(request, response))
    this.#server.on('upgrade', (request, socket, head) => {
      const url = new URL(request.url ?? '/', 'http://localhost')
      this.asked.push(url.searchParams.get('from') ?? '')
      if (this.refuses) {
        const { status, code } = this.refuses, problem = JSON.stringify({ code, detail: `Because of ${code}.` })
        socket.end(`HTTP/1.1 ${status} Refused\r\ncontent-type: application/problem+json\r\nconnection: close\r\n\r\n${problem}`)
      } else webSockets.handleUpgrade(request, socket, head, webSocket => this.#open(webSocket, url))
    })
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
    return this
  }

  /** As kill -9 does: without a word to anybody. */
  async stop(): Promise<void> {
    const server = this.#server
    for (const socket of this.sockets) socket.terminate()
    server?.closeAllConnections()
    if (server?.listening) await new Promise(done => server.close(done))
  }

  publish(...envelopes: readonly Envelope[]): void {
    this.#kept.push(...envelopes)
    for (const socket of this.sockets) {
      for (const each of envelopes) if (each.streamId === socket.streamId) socket.send(JSON.stringify(each))
    }
  }

  #open(socket: WebSocket, url: URL): void {
    const streamId = decodeURIComponent(url.pathname.split('/')[2] ?? ''), from = url.searchParams.get('from')
    socket.streamId = streamId
    this.sockets.add(socket)
    socket.on('close', () => this.sockets.delete(socket))
    socket.on('ping', data => { if (this.isAlive) socket.pong(data) })
    if (from === null) return
    const own = this.#kept.filter(kept => kept.streamId === streamId), index = own.findIndex(({ messageId }) => messageId === from)
    for (const each of own.slice(index + 1)) socket.send(JSON.stringify(each))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    if (this.redirectsTo) return void response.writeHead(307, { location: this.redirectsTo }).end()
    const reply = this.reply(request, body)
    if (!reply) return
    response.writeHead(reply.status, { 'content-type': 'application/json' })
    response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body))
  }
}

declare module 'ws' {
  interface WebSocket { streamId?: string }
}

/** Waits for what comes about by an event; the test's own limit of time ends it. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(done => setTimeout(done, 2))
}
