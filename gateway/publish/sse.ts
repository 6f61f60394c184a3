// Streams as server-sent events (WHATWG HTML §9.2): `id` is the message id, so that a browser resumes by Last-Event-ID by itself.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ErrorCode } from '#gateway/errors.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { envelopeOf, messageIdOf } from '#gateway/publish/message.ts'
import type { Outgoing, Sink } from '#gateway/publish/sink.ts'
import { SEND_BUFFER_BYTES_MAX, type LiveStreams } from '#gateway/publish/websocket.ts'

const HEARTBEAT_MS = 15_000

export interface EventsRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly live: LiveStreams
  readonly party: Party
  readonly streamId: string
  readonly from: string | undefined
  readonly hasEnvelope: boolean
}

/** Opens the stream first (throws the refusal while there is still a status to answer with), then answers until either side ends. */
export function serveEvents({ response, live, party, streamId, from, hasEnvelope }: EventsRequest): void {
  const sink = new EventSink(response, hasEnvelope)
  const subscription = live.open(party, streamId, from, sink)
  const heartbeat = setInterval(() => response.write(':\n\n'), HEARTBEAT_MS).unref()
  response.on('error', () => response.destroy())
  response.once('close', () => {
    clearInterval(heartbeat)
    subscription.close()
  })
  sink.begin()
}

class EventSink implements Sink {
  onDrain = () => {}
  readonly #response: ServerResponse
  readonly #hasEnvelope: boolean
  #hasBegun = false

  constructor(response: ServerResponse, hasEnvelope: boolean) {
    this.#response = response
    this.#hasEnvelope = hasEnvelope
    response.on('drain', () => this.onDrain())
  }

  begin(): void {
    this.#begin()
    this.#response.flushHeaders()
  }

  send(outgoing: readonly Outgoing[]): boolean {
    this.#begin()
    let text = ''
    for (const { message, content } of outgoing) text += `id: ${messageIdOf(message)}\ndata: ${this.#hasEnvelope ? envelopeOf(message, content) : content}\n\n`
    if (text !== '') this.#response.write(text)
    // Beyond the bound the session waits on the journal. Node tells of room again only when all has left, so it is asked only above its own mark.
    return this.#response.writableLength < SEND_BUFFER_BYTES_MAX || !this.#response.writableNeedDrain
  }

  end(code: ErrorCode, message: string, purge: boolean): void {
    if (purge && this.#hasBegun && this.#response.writableLength > 0) { this.#response.destroy(); return }
    this.#begin()
    this.#response.end(`event: end\ndata: ${JSON.stringify({ code, message })}\n\n`)
  }

  #begin(): void {
    if (this.#hasBegun) return
    this.#hasBegun = true
    this.#response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
  }
}
