// Why messages were refused: the last of them for each source, in memory, for its owner.
import type { RefusalCode } from '#gateway/errors.ts'

/** Refusals that are remembered for one source. */
export const EXPLANATIONS_PER_SOURCE_MAX = 200
/** Sources for which refusals are remembered; the one that was refused first is forgotten first. */
export const EXPLAINED_SOURCES_MAX = 5_000
export const DETAIL_LENGTH_MAX = 300

export interface Explanation {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly topic: string
  readonly code: RefusalCode
  /** Where in the payload; '' for the whole message. */
  readonly field: string
  readonly detail: string
}

interface Ring { readonly entries: Explanation[], next: number }

export class Explain {
  readonly #rings = new Map<string, Ring>()

  note(sourceId: string, at: number, topic: string, code: RefusalCode, field = '', detail = ''): void {
    const ring = this.#ring(sourceId)
    ring.entries[ring.next] = { at, topic, code, field: bounded(field), detail: bounded(detail) }
    ring.next = (ring.next + 1) % EXPLANATIONS_PER_SOURCE_MAX
  }

  /** The newest refusals of a source, oldest first. */
  last(sourceId: string, count = EXPLANATIONS_PER_SOURCE_MAX): readonly Explanation[] {
    const ring = this.#rings.get(sourceId)
    if (!ring) return []
    const inOrder = [...ring.entries.slice(ring.next), ...ring.entries.slice(0, ring.next)]
    return inOrder.slice(Math.max(0, inOrder.length - count))
  }

  #ring(sourceId: string): Ring {
    let ring = this.#rings.get(sourceId)
    if (ring) return ring
    if (this.#rings.size >= EXPLAINED_SOURCES_MAX) this.#rings.delete(this.#rings.keys().next().value!)
    this.#rings.set(sourceId, ring = { entries: [], next: 0 })
    return ring
  }
}

/** A copy: a slice would keep the whole text in memory that it was cut from. */
function bounded(text: string): string {
  return text.length <= DETAIL_LENGTH_MAX ? text : Buffer.from(text.slice(0, DETAIL_LENGTH_MAX)).toString()
}
