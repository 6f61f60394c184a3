// An owner who looks at their own stream: live, whole, from memory, without a consent and without a bill. What cannot be taken in time is left out.
import type { ErrorCode } from '#gateway/errors.ts'
import type { Message } from '#gateway/publish/message.ts'
import type { Sink } from '#gateway/publish/sink.ts'
import { view } from '#semantic-models/entity.ts'

export class OwnerSession {
  readonly #sink: Sink
  readonly #onClosed: (session: OwnerSession) => void
  #hasRoom = true

  constructor(sink: Sink, onClosed: (session: OwnerSession) => void) {
    this.#sink = sink
    this.#onClosed = onClosed
    sink.onDrain = () => { this.#hasRoom = true }
  }

  offer(message: Message): void {
    if (this.#hasRoom) this.#hasRoom = this.#sink.send([{ message, content: view(message.entity, message.entity.mask) }])
  }

  end(code: ErrorCode, message: string): void {
    this.#sink.end(code, message, false)
    this.#onClosed(this)
  }

  close(): void { this.#onClosed(this) }
}
