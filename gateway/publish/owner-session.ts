// An owner who looks at their own stream: live, whole, from memory, without a consent or a bill. What cannot be taken in time is left out.
import type { ErrorCode } from '#gateway/errors.ts'
import type { Message } from '#gateway/publish/message.ts'
import type { Sink } from '#gateway/publish/sink.ts'
import { View } from '#gateway/publish/view.ts'

export class OwnerSession {
  readonly #sink: Sink
  readonly #onClosed: () => void
  #hasRoom = true
  #isEnded = false

  constructor(sink: Sink, onClosed: () => void) {
    this.#sink = sink
    this.#onClosed = onClosed
    sink.onDrain = () => { this.#hasRoom = true }
    sink.caughtUp?.()
  }

  /** Whether what is offered now would be taken. */
  get isReady(): boolean { return this.#hasRoom && !this.#isEnded }

  offer(message: Message): void {
    if (this.#hasRoom && !this.#isEnded) this.#hasRoom = this.#sink.send([new View(message, message.content.mask)])
  }

  end(code: ErrorCode, message: string, purge = false): void {
    if (purge && !this.#sink.isEmpty) this.#sink.cut(code)
    else if (!this.#isEnded) this.#sink.end(code, message)
    this.#isEnded = true
  }

  /** Ends it where bytes wait in its transport, which may be in the kernel (`isReset`): they reach no socket any more. */
  cut(code: ErrorCode, isReset: boolean): void {
    if (!isReset && this.#sink.isEmpty) return
    this.#isEnded = true
    if (isReset && this.#sink.reset) this.#sink.reset(code)
    else this.#sink.cut(code)
  }

  /** Takes nothing more. What was handed over can still be cut off. */
  stop(): void { this.#isEnded = true }

  close(): void { this.#onClosed() }
}
