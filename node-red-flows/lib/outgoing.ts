// How a message of a stream looks in a flow.
import type { Entity, Envelope } from './envelope.ts'
import type { Message } from './red.ts'

/** One message of a stream on its way into the flow. */
export interface Item { readonly envelope: Envelope, readonly entity: Entity }

/** `msg.topic` is the stream, `msg.payload` the entity, `msg.stream` what else is known of it. */
export function messageOf({ envelope, entity }: Item, nowMs: number): Message {
  return { topic: envelope.streamId, payload: entity, stream: aboutOf(envelope, nowMs) }
}

/** `msg.payload` is the list of entities; `msg.stream` is that of the last, with the `count`, and under `messages` those of all. */
export function batchMessageOf(items: readonly Item[], nowMs: number): Message {
  const messages = items.map(({ envelope }) => aboutOf(envelope, nowMs)), last = messages.at(-1)
  return { topic: last?.id, payload: items.map(({ entity }) => entity), stream: { ...last, count: items.length, messages } }
}

/** `lagMs`: from the gateway's receipt until now, by two clocks. */
function aboutOf({ streamId: id, messageId, timestamp, sequenceNumber, publisherId }: Envelope, nowMs: number) {
  return { id, messageId, timestamp, sequenceNumber, publisherId, lagMs: nowMs - timestamp }
}
