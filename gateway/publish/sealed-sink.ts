// A transport whose receiver wants proofs: what is handed over waits for the end of the turn, and leaves with its proof. Until then it can
// be cut off like anything that waits in a socket.
import type { ErrorCode } from '#gateway/errors.ts'
import type { Batch } from '#gateway/proof/batch.ts'
import { ProvenMessage } from '#gateway/publish/proven-message.ts'
import { SEND_BUFFER_BYTES_MAX, type Sink } from '#gateway/publish/sink.ts'
import type { View } from '#gateway/publish/view.ts'

/** A sink for messages that have their proofs. */
export interface ProvenSink extends Omit<Sink, 'send'> { sendProven(messages: readonly ProvenMessage[]): boolean }

/** Where sinks wait for the end of the turn. */
export interface Seals {
  /** Gives the batch in which what the sink has will be sealed; `sealed` is called then. */
  join(sink: SealedSink): Batch
  /** Does not wait for the end of the turn. Nothing more may be added to it. */
  seal(batch: Batch): void
}

/** What a proof and the envelope take beside the content, about. */
const PROOF_BYTES = 1_000

export class SealedSink implements Sink {
  onDrain = () => {}
  readonly #sink: ProvenSink
  readonly #seals: Seals
  /** Of what waits. */
  #batch: Batch | undefined
  #waiting: ProvenMessage[] = []
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

  /** They are hashed here, where they are at hand. */
  send(views: readonly View[]): boolean {
    if (this.#batch?.isSealed) this.#deliver()
    const batch = this.#batch ??= this.#seals.join(this)
    for (const view of views) {
      this.#waiting.push(provenIn(batch, view))
      this.#waitingBytes += view.length + PROOF_BYTES
    }
    const hasRoom = this.#hasRoom && this.#waitingBytes < SEND_BUFFER_BYTES_MAX
    this.#isAwaited = !hasRoom
    return hasRoom
  }

  /** What waits in this batch leaves. */
  sealed(batch: Batch): void {
    if (batch !== this.#batch) return
    this.#deliver()
    this.#tell()
  }

  caughtUp(): void {
    if (this.#batch) this.#hasCaughtUp = true
    else this.#sink.caughtUp?.()
  }

  /** Does not wait for the end of the turn. */
  flush(): void {
    if (!this.#batch) return
    this.#seals.seal(this.#batch)
    this.sealed(this.#batch)
  }

  end(code: ErrorCode, message: string): void {
    this.flush()
    this.#sink.end(code, message)
  }

  cut(code: ErrorCode): void {
    this.#take()
    this.#sink.cut(code)
  }

  reset(code: ErrorCode): void {
    this.#take()
    if (this.#sink.reset) this.#sink.reset(code)
    else this.#sink.cut(code)
  }

  #deliver(): void {
    const messages = this.#take()
    this.#hasRoom = this.#sink.sendProven(messages) && this.#hasRoom
    if (this.#hasCaughtUp) this.#sink.caughtUp?.()
    this.#hasCaughtUp = false
  }

  #take(): readonly ProvenMessage[] {
    const messages = this.#waiting
    this.#batch = undefined
    this.#waiting = []
    this.#waitingBytes = 0
    return messages
  }

  #tell(): void {
    if (!this.#isAwaited || !this.#hasRoom || this.#batch) return
    this.#isAwaited = false
    this.onDrain()
  }
}

/** Receivers who may have the same of a message share its leaf. */
function provenIn(batch: Batch, view: View): ProvenMessage {
  if (view.proven?.batch !== batch) return view.proven = new ProvenMessage(view, batch)
  view.proven.isShared = true
  return view.proven
}
