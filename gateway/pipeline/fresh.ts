// Between map and consent: a retained value that is older than what is known is not sold as news, and the same report is not sold twice.
import type { Stream } from '#gateway/devices/streams.ts'
import type { RefusalCode } from '#gateway/errors.ts'
import type { Observation } from '#semantic-models/observation.ts'

interface Newest { observedAt: number, content: string }

/** Judges only what carries a time of its own: an arrival time tells nothing about a copy. */
export class Freshness {
  readonly #newest = new Map<number, Newest>()

  /** The refusal, or undefined for what is fresh (late but new reports are). */
  judge(stream: Stream, { timed, observedAt, entity }: Observation, retained: boolean): RefusalCode | undefined {
    if (!timed) return undefined
    const newest = this.#newest.get(stream.number), content = entity.parts.map(({ text }) => text).join('')
    if (newest !== undefined && observedAt <= newest.observedAt) {
      if (observedAt === newest.observedAt && content === newest.content) return 'DUPLICATE'
      return retained ? 'STALE' : undefined
    }
    this.#newest.set(stream.number, { observedAt, content })
    return undefined
  }
}
