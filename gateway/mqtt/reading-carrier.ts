// What a reader's reading asks of its connection, and of its session.
import type { Version } from '#gateway/mqtt/codec/packets.ts'
import type { ReaderState } from '#gateway/mqtt/reader-state.ts'
import type { SubscriptionOptions } from '#gateway/mqtt/subscriptions.ts'

/** The connection that a reader has. */
export interface ReadingCarrier {
  readonly version: Version
  /** Messages that the client takes ahead of its acknowledgements. */
  readonly receiveMaximum: number
  /** Bytes; Infinity where the client names none. */
  readonly maximumPacketSize: number
  /** Bytes that were sent … */
  readonly sent: number
  /** … and of these, the last ones, which the kernel has not taken. */
  readonly waiting: number
  /** Room for so many bytes among those that are sent, from `roomAt` on; to be filled before anything else is done. */
  room(bytes: number): Buffer
  readonly roomAt: number
  /** Gives to the socket what was sent: at once … */
  flush(): void
  /** … or at the end of this turn, with what else it brings. */
  flushSoon(): void
  /** Ends the connection behind what was sent, with a word for MQTT 5. */
  goodbye(word: string): void
  /** Ends it at once. */
  abandon(): void
  /** Ends it at once, with what the kernel has still to send. */
  reset(): void
}

/** What of its session matters here. */
export interface ReadingSession {
  readonly subscriptions: Map<string, SubscriptionOptions>
  readonly isPersistent: boolean
  reader: ReaderState | undefined
  /** What it follows, or how, differs from what is on disk. */
  isDirty: boolean
  /** A message was left out. */
  skipped(): void
}
