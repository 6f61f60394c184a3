// Proves messages by the turn: all that goes to receivers who want proofs in one turn of the loop is under one signature.
import type { Clock } from '#gateway/lib/clock.ts'
import { Batch } from '#gateway/proof/batch.ts'
import type { SigningKey } from '#gateway/proof/signing-key.ts'
import type { SealedSink, Seals } from '#gateway/publish/sealed-sink.ts'

/** About so many messages are sealed at once: more would keep everybody else waiting for milliseconds. */
export const LEAVES_MAX = 4_096

export interface SealerOptions { readonly key: SigningKey, readonly clock: Clock }

interface Pending { readonly batch: Batch, readonly sinks: SealedSink[] }

export class Sealer implements Seals {
  readonly #options: SealerOptions
  /** The last one takes what comes. */
  #pending: Pending[] = []

  constructor(options: SealerOptions) { this.#options = options }

  join(sink: SealedSink): Batch {
    let last = this.#pending.at(-1)
    if (!last || last.batch.isSealed || last.batch.size >= LEAVES_MAX) {
      last = { batch: new Batch(), sinks: [] }
      if (this.#pending.push(last) === 1) setImmediate(this.#turn)
    }
    last.sinks.push(sink)
    return last.batch
  }

  seal(batch: Batch): void {
    if (!batch.isSealed && batch.size > 0) batch.seal(this.#options.key, this.#options.clock.now())
  }

  /** What is more than can be sealed at once waits for the next turn. */
  readonly #turn = (): void => {
    const { batch, sinks } = this.#pending.shift()!
    if (this.#pending.length > 0) setImmediate(this.#turn)
    this.seal(batch)
    for (const sink of sinks) sink.sealed(batch)
  }
}
