// The one port between the MQTT edge and the pipeline.
import type { Batch } from '#gateway/ingest/batch.ts'

/** One authenticated connection of a source. Two connections of one source share its topics, and nothing else is shared. */
export interface Connection {
  readonly sourceId: string
  readonly clientId: string
}

/**
 * Takes all packets that one read of a socket (or one turn of the loop) brought, in the order in which they came.
 * It has read the bytes of the batch when it returns: they are read into again then. What it keeps of a packet it has by `packetAt`.
 * Returns nothing when the whole batch may be acknowledged at once, or a promise that resolves when it may
 * (what must not be lost is on disk by then) and rejects when it must not be acknowledged.
 */
export type Ingest = (batch: Batch, connection: Connection) => Promise<void> | undefined
