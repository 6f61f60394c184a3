// Specs made ready, one object for each that differs: in what it says, and where there are pseudonyms in whose they are.
import type { Pseudonyms } from '#gateway/transforms/pseudonyms.ts'
import { saysNothing, specTexts, weakestOf, type Kept, type Spec } from '#gateway/transforms/spec.ts'
import { opText } from '#gateway/transforms/op.ts'
import { Transform } from '#gateway/transforms/transform.ts'

/** Those that nobody holds on to are made again when they are asked for. */
const KNOWN_MAX = 10_000

export class Transforms {
  readonly #pseudonyms: Pseudonyms
  readonly #known = new Map<string, Transform>()

  constructor(pseudonyms: Pseudonyms) { this.#pseudonyms = pseudonyms }

  /** What a recipient gets; undefined where it is everything. */
  of(spec: Spec, ownerId: string, recipientId: string): Transform | undefined {
    if (saysNothing(spec)) return undefined
    const texts = specTexts(spec)
    const isPersonal = [...spec.values.values()].some(({ name }) => name === 'pseudonymise')
    const key = `${texts.join()}${isPersonal ? ` for ${recipientId} of ${ownerId}` : ''}`
    return this.#once(key, () => new Transform(keptBy(spec), this.#pseudonyms.for(ownerId, recipientId)))
  }

  /** What is kept for whoever may have it; undefined where it is everything. */
  kept(kept: Kept, ownerId: string): Transform | undefined {
    const { values, timeSeconds, sampleSeconds } = kept
    if (values.size === 0 && timeSeconds.length === 0 && sampleSeconds.length === 0) return undefined
    const texts = [...values].map(([name, ops]) => `${name}=${ops.map(opText).join('+')}`), key = `kept for ${ownerId} ${[texts, timeSeconds, sampleSeconds].join(';')}`
    return this.#once(key, () => new Transform(kept, this.#pseudonyms.keptFor(ownerId)))
  }

  /** Those of an owner who was erased. */
  forget(ownerId: string): void {
    for (const key of this.#known.keys()) if (key.includes(ownerId)) this.#known.delete(key)
  }

  #once(key: string, make: () => Transform): Transform {
    let transform = this.#known.get(key)
    if (!transform) {
      if (this.#known.size >= KNOWN_MAX) this.#known.clear()
      this.#known.set(key, transform = make())
    }
    return transform
  }
}

function keptBy(spec: Spec): Kept { return weakestOf([{ spec, attributes: [...spec.values.keys()] }]) }
