// Streams as server-sent events (WHATWG HTML §9.2): `id` is the message id, so that a browser resumes by Last-Event-ID by itself.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { GatewayError, type ErrorCode } from '#gateway/errors.ts'
import { reset } from '#gateway/lib/reset.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { envelopeOf } from '#gateway/publish/message.ts'
import { SEND_BUFFER_BYTES_MAX, type Sink } from '#gateway/publish/sink.ts'
import { SealedSink, type ProvenSink, type Seals } from '#gateway/publish/sealed-sink.ts'
import type { ProvenMessage } from '#gateway/publish/proven-message.ts'
import type { View } from '#gateway/publish/view.ts'
import type { LiveStreams } from '#gateway/publish/websocket.ts'

const HEARTBEAT_MS = 15_000

export interface EventsRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly live: LiveStreams
  readonly party: Party
  readonly streamId: string
  readonly from: string | undefined
  readonly hasEnvelope: boolean
  /** Each message in its envelope, which has a proof: by these. Left out: none has. */
  readonly seals?: Seals | undefined
}

/**
 * Opens the stream first (throws the refusal while there is still a status to answer with), then answers until either side ends.
 * A request that was pipelined behind another is refused: it has no socket yet, and an endless answer ahead of it would keep all that it
 * gets in memory.
 */
export function serveEvents({ request, response, live, party, streamId, from, hasEnvelope, seals }: EventsRequest): void {
  if (response.socket !== request.socket || request.socket.destroyed) {
    throw new GatewayError('BAD_REQUEST', 'Events need a connection on which nothing else is under way.')
  }
  const subscription = live.open(party, streamId, from, () => {
    const sink = new EventSink(response, hasEnvelope)
    return seals ? new SealedSink(sink, seals) : sink
  })
  const beat = () => { if (response.writableLength === 0 && !response.writableEnded) response.write(':\n\n') }
  const heartbeat = setInterval(beat, HEARTBEAT_MS).unref()
  response.on('error', () => response.destroy())
  response.once('close', () => {
    clearInterval(heartbeat)
    subscription.close()
  })
}

/** A client that takes nothing for long is ended by the server's idle timeout: nothing is written to it that would look like life. */
class EventSink implements Sink, ProvenSink {
  onDrain = () => {}
  readonly #response: ServerResponse
  readonly #hasEnvelope: boolean

  constructor(response: ServerResponse, hasEnvelope: boolean) {
    this.#response = response
    this.#hasEnvelope = hasEnvelope
    response.on('drain', () => this.onDrain())
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
    response.flushHeaders()
  }

  get isEmpty(): boolean { return this.#response.writableLength === 0 }

  send(views: readonly View[]): boolean {
    let text = ''
    for (const view of views) text += `id: ${view.id}\ndata: ${this.#hasEnvelope ? envelopeOf(view.message, view.text) : view.text}\n\n`
    return this.#write(text)
  }

  sendProven(messages: readonly ProvenMessage[]): boolean {
    let text = ''
    for (const message of messages) text += `id: ${message.id}\ndata: ${message.text}\n\n`
    return this.#write(text)
  }

  #write(text: string): boolean {
    this.#response.write(text)
    return this.#response.writableLength < SEND_BUFFER_BYTES_MAX
  }

  end(code: ErrorCode, message: string): void { this.#response.end(`event: end\ndata: ${JSON.stringify({ code, message })}\n\n`) }
  cut(): void { this.#response.destroy() }
  reset(): void {
    if (this.#response.socket) reset(this.#response.socket)
    this.cut()
  }
}
