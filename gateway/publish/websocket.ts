// Streams over WebSocket, at the address a Streamr node has them: GET /streams/{id}/subscribe. What a client sends is not read.
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import { GatewayError, type ErrorCode } from '#gateway/errors.ts'
import { STATUS_CODES } from '#gateway/lib/http.ts'
import { reset } from '#gateway/lib/reset.ts'
import type { Party } from '#gateway/parties/parties.ts'
import type { Subscription } from '#gateway/publish/network.ts'
import { SEND_BUFFER_BYTES_MAX, type Sink } from '#gateway/publish/sink.ts'
import { SealedSink, type ProvenSink, type Seals } from '#gateway/publish/sealed-sink.ts'
import type { ProvenMessage } from '#gateway/publish/proven-message.ts'
import type { View } from '#gateway/publish/view.ts'
import { problemOf } from '#gateway/publish/problem.ts'
import { endOfPiece, envelopeFrames, FrameMemory, frames } from '#gateway/publish/frames.ts'

/** What a client may send: nothing of use. */
const RECEIVED_BYTES_MAX = 1024
const PING_INTERVAL_MS = 15_000
/** A client that takes not a byte of what waits for it for so long has gone. */
const SILENCE_MS_MAX = 2 * PING_INTERVAL_MS
/** Close code of a stream that ends with one of our codes, which is the close reason. */
export const CLOSE_REFUSED = 4403

/** Opens streams for parties: the network. */
export interface LiveStreams { open(party: Party, streamId: string, from: string | undefined, connect: () => Sink): Subscription }

export interface WebSocketOptions { readonly live: LiveStreams, readonly seals: Seals, readonly authenticate: (key: string) => Party | undefined }

const UNKNOWN_KEY = 'This key is not known: give it as `Authorization: Bearer KEY` or `?apiKey=KEY`.'
const SUBSCRIBE_PATH = /^\/streams\/([^/]+)\/subscribe$/

export class WebSocketTransport {
  readonly #options: WebSocketOptions
  readonly #server = new WebSocketServer({
    noServer: true, perMessageDeflate: false, maxPayload: RECEIVED_BYTES_MAX, clientTracking: false,
  })
  readonly #sinks = new Set<WebSocketSink>()
  readonly #memory = new FrameMemory()
  readonly #heartbeat: NodeJS.Timeout

  constructor(options: WebSocketOptions) {
    this.#options = options
    this.#heartbeat = setInterval(() => { for (const sink of this.#sinks) sink.ping() }, PING_INTERVAL_MS).unref()
  }

  /** Answers an HTTP upgrade: with an open stream, or with the status and problem of its refusal. */
  handleUpgrade(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    const socket = duplex as Socket // as it always is behind an HTTP server
    socket.on('error', () => socket.destroy())
    try {
      const wish = wishOf(request), { authenticate, live } = this.#options
      const party = authenticate(wish.key)
      if (!party) throw new GatewayError('UNAUTHENTICATED', UNKNOWN_KEY)
      const subscription = live.open(party, wish.streamId, wish.from, () => this.#connect(request, socket, head, wish))
      socket.once('close', () => subscription.close())
    } catch (error) {
      refuse(socket, error)
    }
  }

  stop(): void {
    clearInterval(this.#heartbeat)
    for (const sink of this.#sinks) sink.cut()
    this.#server.close()
  }

  /** The handshake is judged and answered within this call. */
  #connect(request: IncomingMessage, socket: Socket, head: Buffer, { hasEnvelope, hasProof }: Wish): Sink {
    let accepted: WebSocket | undefined
    this.#server.handleUpgrade(request, socket, head, webSocket => { accepted = webSocket })
    if (!accepted) throw new GatewayError('BAD_REQUEST', 'This is no WebSocket handshake.')
    const sink = new WebSocketSink(accepted, socket, { hasEnvelope, memory: this.#memory })
    this.#sinks.add(sink)
    socket.once('close', () => this.#sinks.delete(sink))
    return hasProof ? new SealedSink(sink, this.#options.seals) : sink
  }
}

/** One message a frame; what one turn brings goes to the socket at once. */
class WebSocketSink implements Sink, ProvenSink {
  onDrain = () => {}
  readonly #webSocket: WebSocket
  readonly #socket: Socket
  readonly #hasEnvelope: boolean
  readonly #memory: FrameMemory
  #hasAnswered = true

  constructor(webSocket: WebSocket, socket: Socket, { hasEnvelope, memory }: { hasEnvelope: boolean, memory: FrameMemory }) {
    this.#webSocket = webSocket
    this.#socket = socket
    this.#hasEnvelope = hasEnvelope
    this.#memory = memory
    webSocket.on('error', () => webSocket.terminate())
    webSocket.on('pong', () => { this.#hasAnswered = true })
    socket.setTimeout(SILENCE_MS_MAX, () => webSocket.terminate())
    socket.on('drain', () => this.onDrain())
  }

  get isEmpty(): boolean { return this.#socket.writableLength === 0 }

  send(views: readonly View[]): boolean { return this.#hasEnvelope ? this.#write(envelopeFrames(views)) : this.sendProven(views) }

  /** Where nothing waits before them, their memory is lent; what the socket does not take at once, it keeps. */
  sendProven(messages: readonly Pick<ProvenMessage, 'length' | 'write'>[]): boolean {
    let hasRoom = true
    for (let from = 0, to = 0; from < messages.length; from = to) {
      const memory = this.isEmpty ? this.#memory : undefined
      to = endOfPiece(messages, from)
      hasRoom = this.#write(frames(messages, memory, from, to))
      if (!this.isEmpty) memory?.leave()
    }
    return hasRoom
  }

  #write(bytes: Buffer): boolean {
    if (this.#webSocket.readyState === WebSocket.OPEN) this.#socket.write(bytes)
    return this.#webSocket.readyState === WebSocket.OPEN && this.#socket.writableLength < SEND_BUFFER_BYTES_MAX
  }

  end(code: ErrorCode): void { this.#webSocket.close(CLOSE_REFUSED, code) }
  cut(): void { this.#webSocket.terminate() }
  reset(): void { reset(this.#socket) }

  /** Whoever has not answered the last ping has gone. While bytes wait a ping would wait behind them, and it counts that they are taken. */
  ping(): void {
    if (!this.isEmpty) return
    if (!this.#hasAnswered) return this.cut()
    this.#hasAnswered = false
    this.#webSocket.ping()
  }
}

interface Wish {
  readonly streamId: string
  readonly key: string
  readonly from: string | undefined
  readonly hasEnvelope: boolean
  /** Each message in its envelope, which has a proof. */
  readonly hasProof: boolean
}

function wishOf(request: IncomingMessage): Wish {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const path = SUBSCRIBE_PATH.exec(url.pathname)?.[1]
  if (path === undefined) throw new GatewayError('NOT_FOUND', 'Streams are at /streams/{id}/subscribe, the id percent-encoded.')
  const { searchParams } = url
  const partitions = searchParams.get('partitions')
  if (partitions !== null && !partitions.split(',').includes('0')) throw new GatewayError('BAD_REQUEST', 'The stream has one partition: 0.')
  return {
    streamId: decoded(path), key: /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? searchParams.get('apiKey') ?? '',
    from: searchParams.get('from') ?? undefined, hasEnvelope: isSet(searchParams.get('envelope')), hasProof: isSet(searchParams.get('proof')),
  }
}

/** Of a flag in a query. */
export function isSet(value: string | null | undefined): boolean { return value === '1' || value === 'true' }

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw new GatewayError('BAD_REQUEST', 'The id of the stream is not percent-encoded UTF-8.')
  }
}

/** A handshake that the WebSocket server has refused is answered already. */
function refuse(socket: Socket, error: unknown): void {
  if (!socket.writable) return
  const problem = problemOf(error), body = JSON.stringify(problem)
  socket.once('finish', () => socket.destroy())
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? 'Refused'}`,
    'content-type: application/problem+json', `content-length: ${Buffer.byteLength(body)}`, 'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
