// Proves messages by the turn: all that goes to receivers who want proofs in one turn of the loop is under one signature.
import type { Clock } from '#gateway/lib/clock.ts'
import { Batch } from '#gateway/proof/batch.ts'
import type { SigningKey } from '#gateway/proof/signing-key.ts'
import { ProvenMessage } from '#gateway/publish/proven-message.ts'
import type { SealedSink, Seals } from '#gateway/publish/sealed-sink.ts'
import type { View } from '#gateway/publish/view.ts'

/** About so many messages are sealed at once: more would keep everybody else waiting for milliseconds. */
export const LEAVES_MAX = 4_096

export interface SealerOptions { readonly key: SigningKey, readonly clock: Clock }

export class Sealer implements Seals {
  readonly #options: SealerOptions
  #waiting: SealedSink[] = []
  #isDue = false

  constructor(options: SealerOptions) { this.#options = options }

  join(sink: SealedSink): void {
    this.#waiting.push(sink)
    if (this.#isDue) return
    this.#isDue = true
    setImmediate(this.#turn)
  }

  /** Receivers who may have the same of a message share its leaf. */
  seal(sinks: readonly SealedSink[]): void {
    const batch = new Batch(), { key, clock } = this.#options
    for (const { waiting } of sinks) for (const view of waiting) add(view, batch)
    if (batch.size === 0) return
    batch.seal(key, clock.now())
    for (const sink of sinks) if (sink.waiting.length > 0) sink.sealed(sink.waiting.map(provenOf))
  }

  /** What is more than can be sealed at once waits for the next turn. */
  readonly #turn = (): void => {
    const waiting = this.#waiting
    let sinks = 0, leaves = 0
    while (sinks < waiting.length && leaves < LEAVES_MAX) leaves += waiting[sinks++]!.waiting.length
    this.#waiting = waiting.slice(sinks)
    this.#isDue = this.#waiting.length > 0
    if (this.#isDue) setImmediate(this.#turn)
    this.seal(sinks === waiting.length ? waiting : waiting.slice(0, sinks))
  }
}

function add(view: View, batch: Batch): void {
  if (view.proven?.batch === batch) view.proven.isShared = true
  else view.proven = new ProvenMessage(view, batch)
}

function provenOf({ proven }: View): ProvenMessage { return proven! }
