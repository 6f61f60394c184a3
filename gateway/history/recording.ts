// One stream on its way to the store: what a WebSocket is to a subscriber, this is to the history.
import type { ErrorCode } from '#gateway/errors.ts'
import { pointOf } from '#gateway/history/point.ts'
import type { Origin, Writer } from '#gateway/history/writer.ts'
import type { Sink } from '#gateway/publish/sink.ts'
import type { View } from '#gateway/publish/view.ts'

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

  send(views: readonly View[], consentId = ''): boolean {
    const { writer, hoursOf } = this.#options
    writer.add(views.map(({ message, id, text }) => ({
      origin: this, messageId: id, hours: hoursOf(consentId),
      point: pointOf(text, { streamId: message.stream.id, consentId, position: message.position, receivedAt: message.timestamp }),
    })))
    this.stored += views.length
    return writer.hasRoom
  }

  end(code: ErrorCode): void { this.ended ??= code }

  cut(): void {
    this.#options.writer.drop(this)
    this.ended ??= 'UNAVAILABLE'
  }

  kept(messageId: string): void { this.#options.onKept(messageId) }
}
