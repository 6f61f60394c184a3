// Packets that are on their way in and not whole yet, over all connections: a crowd that begins large ones and never ends them makes room for
// those who do.

/** Somebody who has sent a part of a packet. */
export interface Dawdler {
  /** Has to go: others need the room. */
  crowdedOut(): void
}

/** A smaller part is not counted: as many as there may be connections do not matter. */
export const PARTIAL_BYTES_MIN = 4_096

export class Partials {
  readonly #max: number
  /** Bytes held, the packet that was begun first before the others. */
  readonly #held = new Map<Dawdler, number>()
  #bytes = 0

  /** `max` in bytes. */
  constructor(max: number) { this.#max = max }

  get bytes(): number { return this.#bytes }

  /** So much is held for it now. `isAnother`: of a packet that has just begun. */
  note(dawdler: Dawdler, bytes: number, isAnother: boolean): void {
    if (bytes < PARTIAL_BYTES_MIN) return this.forget(dawdler)
    if (isAnother) this.forget(dawdler)
    this.#bytes += bytes - (this.#held.get(dawdler) ?? 0)
    this.#held.set(dawdler, bytes)
    while (this.#bytes > this.#max) this.#pushOut()
  }

  forget(dawdler: Dawdler): void {
    if (this.#held.size === 0) return // as a rule
    const bytes = this.#held.get(dawdler)
    if (bytes === undefined) return
    this.#held.delete(dawdler)
    this.#bytes -= bytes
  }

  #pushOut(): void {
    const [oldest] = this.#held.keys()
    this.forget(oldest!)
    oldest!.crowdedOut()
  }
}
