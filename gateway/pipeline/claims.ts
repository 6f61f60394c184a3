// Topics that devices of one source declared to be theirs (`Adapter.claims`), and under which keys. In memory, bounded.
import type { Adapter, Memory } from '#adapters/adapter.ts'
import type { Recognised } from '#adapters/registry.ts'

/** Devices that share one topic, such as the availability of their hub: a message on it is decoded once for each. */
export const KEYS_PER_TOPIC_MAX = 64

/** Topics claimed in one source; the oldest go first. */
export const CLAIMS_PER_SOURCE_MAX = 20_000

const NONE: readonly string[] = []

export class Claims {
  readonly #keys = new Map<string, { readonly adapter: Adapter, readonly keys: Set<string> }>()

  /** Under which key the topic was claimed first. */
  of(topic: string): Recognised | undefined {
    const found = this.#keys.get(topic), [key] = found?.keys ?? NONE
    return found && key !== undefined ? { adapter: found.adapter, key } : undefined
  }

  /** All keys under which this adapter's memories claim the topic. */
  keysOf(topic: string, adapter: Adapter): readonly string[] {
    const found = this.#keys.get(topic)
    return found?.adapter === adapter ? [...found.keys] : NONE
  }

  /** A memory took the place of another. Answers with the topics that changed hands. */
  replace(adapter: Adapter, key: string, before: Memory | undefined, after: Memory | undefined): readonly string[] {
    if (!adapter.claims || before === after) return NONE
    const old = new Set(before && adapter.claims(before)), now = new Set(after && adapter.claims(after))
    const gone = [...old].filter(topic => !now.has(topic)), come = [...now].filter(topic => !old.has(topic))
    for (const topic of gone) this.#release(topic, key)
    for (const topic of come) this.#claim(topic, adapter, key)
    return [...gone, ...come]
  }

  #claim(topic: string, adapter: Adapter, key: string): void {
    const found = this.#keys.get(topic)
    if (!found) {
      if (this.#keys.size >= CLAIMS_PER_SOURCE_MAX) this.#keys.delete(this.#keys.keys().next().value!)
      this.#keys.set(topic, { adapter, keys: new Set([key]) })
    } else if (found.adapter === adapter && found.keys.size < KEYS_PER_TOPIC_MAX) found.keys.add(key)
  }

  #release(topic: string, key: string): void {
    const found = this.#keys.get(topic)
    found?.keys.delete(key)
    if (found?.keys.size === 0) this.#keys.delete(topic)
  }
}
