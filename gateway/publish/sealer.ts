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
  readonly #waiting = new Set<SealedSink>()
  #isDue = false

  constructor(options: SealerOptions) { this.#options = options }

  join(sink: SealedSink): void {
    this.#waiting.add(sink)
    if (this.#isDue) return
    this.#isDue = true
    setImmediate(() => this.#turn())
  }

  /** Receivers who may have the same of a message share its leaf. */
  seal(sinks: readonly SealedSink[]): void {
    const batch = new Batch(), proven = new Map<View, ProvenMessage>(), shared: ProvenMessage[] = [], { key, clock } = this.#options
    for (const { waiting } of sinks) {
      for (const view of waiting) {
        const known = proven.get(view)
        if (known) shared.push(known)
        else proven.set(view, new ProvenMessage(view, batch))
      }
    }
    if (batch.size === 0) return
    batch.seal(key, clock.now())
    for (const message of shared) message.share()
    for (const sink of sinks) if (sink.waiting.length > 0) sink.sealed(sink.waiting.map(view => proven.get(view)!))
  }

  /** What is more than can be sealed at once waits for the next turn. */
  #turn(): void {
    const sinks: SealedSink[] = []
    let count = 0
    for (const sink of this.#waiting) {
      if (count >= LEAVES_MAX) break
      this.#waiting.delete(sink)
      sinks.push(sink)
      count += sink.waiting.length
    }
    this.#isDue = this.#waiting.size > 0
    if (this.#isDue) setImmediate(() => this.#turn())
    this.seal(sinks)
  }
}
