// Streams over WebSocket, at the address a Streamr node has them: GET /streams/{id}/subscribe. Subscribe only: what a client sends is not read.
import { STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { GatewayError, type ErrorCode } from '#gateway/errors.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { envelopeOf } from '#gateway/publish/message.ts'
import type { Subscription } from '#gateway/publish/network.ts'
import type { Outgoing, Sink } from '#gateway/publish/sink.ts'
import { problemOf } from '#gateway/publish/problem.ts'

/** Bytes that may wait in a transport before its session is left on the journal. */
export const SEND_BUFFER_BYTES_MAX = 1 << 20
/** What a client may send: nothing of use. */
const RECEIVED_BYTES_MAX = 1024
const PING_INTERVAL_MS = 15_000
/** How often a transport that was full is asked whether it has room again. */
const DRAIN_POLL_MS = 10
/** Close code of a stream that ends with one of our codes, which is the close reason. */
export const CLOSE_REFUSED = 4403

/** Opens streams for parties: the network. */
export interface LiveStreams { open(party: Party, streamId: string, from: string | undefined, sink: Sink): Subscription }

export interface WebSocketOptions { readonly live: LiveStreams, readonly authenticate: (key: string) => Party | undefined }

const SUBSCRIBE_PATH = /^\/streams\/([^/]+)\/subscribe$/

export class WebSocketTransport {
  readonly #options: WebSocketOptions
  readonly #server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: RECEIVED_BYTES_MAX, clientTracking: true })
  readonly #heartbeat: NodeJS.Timeout
  readonly #silent = new WeakSet<WebSocket>()

  constructor(options: WebSocketOptions) {
    this.#options = options
    this.#heartbeat = setInterval(() => this.#ping(), PING_INTERVAL_MS).unref()
  }

  /** Answers an HTTP upgrade: with an open stream, or with the status and problem of its refusal. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    try {
      const wish = wishOf(request)
      const party = this.#options.authenticate(wish.key)
      if (!party) throw new GatewayError('UNAUTHENTICATED', 'This key is not known: give it as `Authorization: Bearer KEY` or `?apiKey=KEY`.')
      const sink = new WebSocketSink(wish.hasEnvelope)
      const subscription = this.#options.live.open(party, wish.streamId, wish.from, sink)
      socket.once('close', () => subscription.close())
      this.#server.handleUpgrade(request, socket, head, webSocket => this.#accept(webSocket, sink))
    } catch (error) {
      refuse(socket, error)
    }
  }

  stop(): void {
    clearInterval(this.#heartbeat)
    for (const webSocket of this.#server.clients) webSocket.terminate()
    this.#server.close()
  }

  #accept(webSocket: WebSocket, sink: WebSocketSink): void {
    webSocket.on('error', () => webSocket.terminate())
    webSocket.on('pong', () => this.#silent.delete(webSocket))
    sink.attach(webSocket)
  }

  /** Whoever did not answer the last ping has gone. */
  #ping(): void {
    for (const webSocket of this.#server.clients) {
      if (this.#silent.has(webSocket)) { webSocket.terminate(); continue }
      this.#silent.add(webSocket)
      webSocket.ping()
    }
  }
}

/** One message a frame. Until the handshake is through, and whenever the socket is full, the session waits on the journal. */
class WebSocketSink implements Sink {
  onDrain = () => {}
  readonly #hasEnvelope: boolean
  #webSocket: WebSocket | undefined
  #early: Outgoing[] = []
  #ended: { code: ErrorCode, message: string } | undefined
  #poll: NodeJS.Timeout | undefined

  constructor(hasEnvelope: boolean) { this.#hasEnvelope = hasEnvelope }

  attach(webSocket: WebSocket): void {
    this.#webSocket = webSocket
    webSocket.once('close', () => clearInterval(this.#poll))
    const early = this.#early
    this.#early = []
    if (this.send(early)) this.onDrain()
    if (this.#ended) webSocket.close(CLOSE_REFUSED, this.#ended.code)
  }

  send(outgoing: readonly Outgoing[]): boolean {
    const webSocket = this.#webSocket
    if (!webSocket) { this.#early.push(...outgoing); return false }
    for (const { message, content } of outgoing) webSocket.send(this.#hasEnvelope ? envelopeOf(message, content) : content)
    if (webSocket.bufferedAmount < SEND_BUFFER_BYTES_MAX) return true
    this.#poll ??= setInterval(() => this.#checkRoom(webSocket), DRAIN_POLL_MS)
    return false
  }

  end(code: ErrorCode, message: string, purge: boolean): void {
    this.#ended = { code, message }
    clearInterval(this.#poll)
    if (purge) this.#early = []
    if (!this.#webSocket) return
    if (purge && this.#webSocket.bufferedAmount > 0) this.#webSocket.terminate()
    else this.#webSocket.close(CLOSE_REFUSED, code)
  }

  #checkRoom(webSocket: WebSocket): void {
    if (webSocket.bufferedAmount > SEND_BUFFER_BYTES_MAX / 2) return
    clearInterval(this.#poll)
    this.#poll = undefined
    this.onDrain()
  }
}

interface Wish { readonly streamId: string, readonly key: string, readonly from: string | undefined, readonly hasEnvelope: boolean }

function wishOf(request: IncomingMessage): Wish {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const path = SUBSCRIBE_PATH.exec(url.pathname)?.[1]
  if (path === undefined) throw new GatewayError('NOT_FOUND', 'Streams are at /streams/{id}/subscribe, the id percent-encoded.')
  const { searchParams } = url
  const partitions = searchParams.get('partitions')
  if (partitions !== null && !partitions.split(',').includes('0')) throw new GatewayError('BAD_REQUEST', 'The stream has one partition: 0.')
  return {
    streamId: decoded(path), key: /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? searchParams.get('apiKey') ?? '',
    from: searchParams.get('from') ?? undefined, hasEnvelope: ['1', 'true'].includes(searchParams.get('envelope') ?? ''),
  }
}

function decoded(path: string): string {
  try { return decodeURIComponent(path) } catch { throw new GatewayError('BAD_REQUEST', 'The id of the stream is not percent-encoded UTF-8.') }
}

function refuse(socket: Duplex, error: unknown): void {
  const problem = problemOf(error)
  const body = JSON.stringify(problem)
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? 'Refused'}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`)
}
