// Messages as rows of a batch: what a fast publisher's bytes become.
import { Batch } from '#gateway/ingest/batch.ts'

export interface Row { readonly topic: string, readonly payload: string | Uint8Array, readonly qos?: 0 | 1 }

/** All of them in one piece of memory, as one read of a socket brings them. */
export function rows(receivedAt: number, messages: readonly Row[]): Batch {
  const batch = new Batch(), parts = messages.map(({ topic, payload, qos = 0 }) => ({ topic: Buffer.from(topic), payload: Buffer.from(payload as string), qos }))
  const bytes = Buffer.concat(parts.flatMap(({ topic, payload }) => [Buffer.from('<>'), topic, payload]))
  let at = 0
  batch.receivedAt = receivedAt
  for (const { topic, payload, qos } of parts) {
    batch.addRow(bytes, at + 2, topic.length, at + 2 + topic.length, payload.length, qos)
    at += 2 + topic.length + payload.length
  }
  return batch
}
