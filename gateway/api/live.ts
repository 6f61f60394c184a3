// The streams themselves: as server-sent events here; the WebSocket's address answers only those who ask for an upgrade.
import type { Call } from '#gateway/api/handler.ts'
import { HttpProblem } from '#gateway/api/problems.ts'
import { serveEvents } from '#gateway/publish/sse.ts'
import { isSet } from '#gateway/publish/websocket.ts'

interface EventsParameters { readonly streamId: string, readonly from?: string, readonly envelope?: string, readonly proof?: string }

/** Throws the refusal as long as there is a status to answer with; from then on the response belongs to the stream. */
export function streamEvents({ services, party, request, reply, parameters }: Call<undefined, EventsParameters>) {
  const { streamId, from, envelope, proof } = parameters
  const lastEventId = request.headers['last-event-id']
  serveEvents({
    request: request.raw, response: reply.raw, live: services.live, party, streamId,
    from: typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : from,
    hasEnvelope: isSet(envelope), seals: isSet(proof) ? services.seals : undefined,
  })
  return reply.hijack()
}

export function subscribe({ reply }: Call): never {
  void reply.header('upgrade', 'websocket').header('connection', 'upgrade')
  throw new HttpProblem(426, 'BAD_REQUEST', 'This address is for WebSockets; over plain HTTP the stream is at /v1/streams/{streamId}/events.')
}
