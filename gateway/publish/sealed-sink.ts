// A transport whose receiver wants proofs: what is handed over waits for the end of the turn, and leaves with its proof. Until then it can
// be cut off like anything that waits in a socket.
import type { ErrorCode } from '#gateway/errors.ts'
import type { ProvenMessage } from '#gateway/publish/proven-message.ts'
import { SEND_BUFFER_BYTES_MAX, type Sink } from '#gateway/publish/sink.ts'
import type { View } from '#gateway/publish/view.ts'

/** A sink for messages that have their proofs. */
export interface ProvenSink extends Omit<Sink, 'send'> { sendProven(messages: readonly ProvenMessage[]): boolean }

/** Where sinks wait for the end of the turn. */
export interface Seals {
  /** It will be sealed with all others that wait then. */
  join(sink: SealedSink): void
  /** By itself, at once. */
  seal(sinks: readonly SealedSink[]): void
}

/** What a proof and the envelope take beside the content, about. */
const PROOF_BYTES = 1_000
const NOTHING: readonly View[] = []

export class SealedSink implements Sink {
  onDrain = () => {}
  readonly #sink: ProvenSink
  readonly #seals: Seals
  #waiting: readonly View[] = NOTHING
  #waitingBytes = 0
  #hasRoom: boolean
  /** Its session was told to stop, and waits to be told of room. */
  #isAwaited: boolean
  #hasCaughtUp = false

  constructor(sink: ProvenSink, seals: Seals) {
    this.#sink = sink
    this.#seals = seals
    this.#hasRoom = sink.isFull !== true
    this.#isAwaited = !this.#hasRoom
    sink.onDrain = () => { this.#hasRoom = true; this.#tell() }
  }

  get isFull(): boolean { return this.#sink.isFull === true }
  get isEmpty(): boolean { return this.#waiting.length === 0 && this.#sink.isEmpty }
  /** What waits to be sealed, in order. */
  get waiting(): readonly View[] { return this.#waiting }

  send(views: readonly View[]): boolean {
    if (this.#waiting.length === 0) {
      this.#seals.join(this)
      this.#waiting = views
    } else this.#waiting = this.#waiting.concat(views)
    for (const { length } of views) this.#waitingBytes += length + PROOF_BYTES
    const hasRoom = this.#hasRoom && this.#waitingBytes < SEND_BUFFER_BYTES_MAX
    this.#isAwaited = !hasRoom
    return hasRoom
  }

  /** What waited, with its proofs. */
  sealed(messages: readonly ProvenMessage[]): void {
    this.#forget()
    this.#hasRoom = this.#sink.sendProven(messages) && this.#hasRoom
    if (this.#hasCaughtUp) this.#sink.caughtUp?.()
    this.#hasCaughtUp = false
    this.#tell()
  }

  caughtUp(): void {
    if (this.#waiting.length > 0) this.#hasCaughtUp = true
    else this.#sink.caughtUp?.()
  }

  /** Does not wait for the end of the turn. */
  flush(): void { if (this.#waiting.length > 0) this.#seals.seal([this]) }

  end(code: ErrorCode, message: string): void {
    this.flush()
    this.#sink.end(code, message)
  }

  cut(code: ErrorCode): void {
    this.#forget()
    this.#sink.cut(code)
  }

  #forget(): void {
    this.#waiting = NOTHING
    this.#waitingBytes = 0
  }

  #tell(): void {
    if (!this.#isAwaited || !this.#hasRoom || this.#waiting.length > 0) return
    this.#isAwaited = false
    this.onDrain()
  }
}
