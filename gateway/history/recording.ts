// One stream on its way to the store: what a WebSocket is to a subscriber, this is to the history.
import type { ErrorCode } from '#gateway/errors.ts'
import { pointOf } from '#gateway/history/point.ts'
import type { Origin, Writer } from '#gateway/history/writer.ts'
import { messageIdOf } from '#gateway/publish/message.ts'
import type { Outgoing, Sink } from '#gateway/publish/sink.ts'

export interface RecordingOptions {
  readonly writer: Writer<Recording>
  /** How long what a consent lets out is kept, in hours. */
  readonly hoursOf: (consentId: string) => number
  readonly onKept: (messageId: string) => void
}

export class Recording implements Sink, Origin {
  onDrain = () => {}
  /** Why it has ended. */
  ended: ErrorCode | undefined
  stored = 0
  readonly #options: RecordingOptions

  constructor(options: RecordingOptions) { this.#options = options }

  get isEmpty(): boolean { return !this.#options.writer.isWaiting(this) }

  send(outgoing: readonly Outgoing[]): boolean {
    const { writer, hoursOf } = this.#options
    writer.add(outgoing.map(({ message, content, consentId = '' }) => ({
      origin: this, messageId: messageIdOf(message), hours: hoursOf(consentId),
      point: pointOf(content, { streamId: message.stream.id, consentId, position: message.position, receivedAt: message.timestamp }),
    })))
    this.stored += outgoing.length
    return writer.hasRoom
  }

  end(code: ErrorCode): void { this.ended ??= code }

  cut(): void {
    this.#options.writer.drop(this)
    this.ended ??= 'UNAVAILABLE'
  }

  kept(messageId: string): void { this.#options.onKept(messageId) }
}
