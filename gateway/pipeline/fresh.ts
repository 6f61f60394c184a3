// Between map and consent: a retained value that is older than what is known is not sold as news, and the same report is not sold twice.
import type { Stream } from '#gateway/devices/streams.ts'
import type { RefusalCode } from '#gateway/errors.ts'
import type { Entity } from '#semantic-models/entity.ts'
import type { Observation } from '#semantic-models/observation.ts'

/** What is known of a stream: the newest instant that was reported, and what was let out of it, if anything was. */
interface Newest { observedAt: number, letOut: Entity | undefined }

/** Judges only what carries a time of its own: an arrival time tells nothing about a copy. */
export class Freshness {
  readonly #newest = new Map<number, Newest>()

  /** The refusal, or undefined for what is fresh (late but new reports are). */
  judge(stream: Stream, { timed, observedAt, entity }: Observation, isRetained: boolean): RefusalCode | undefined {
    const newest = timed ? this.#newest.get(stream.number) : undefined
    if (!newest || observedAt > newest.observedAt) return undefined
    if (observedAt < newest.observedAt) return isRetained ? 'STALE' : undefined
    return newest.letOut && isSame(newest.letOut, entity) ? 'DUPLICATE' : undefined
  }

  /** Remembers a report, and whether it was let out. */
  note(stream: Stream, { timed, observedAt, entity }: Observation, isLetOut: boolean): void {
    const newest = this.#newest.get(stream.number), letOut = isLetOut ? entity : undefined
    if (!timed || (newest && observedAt < newest.observedAt)) return
    if (newest?.observedAt !== observedAt) this.#newest.set(stream.number, { observedAt, letOut })
    else if (letOut) newest.letOut = letOut
  }

  /** What was let out last could not be kept: when it comes again, it is news. */
  takeBack(stream: Stream): void {
    const newest = this.#newest.get(stream.number)
    if (newest) newest.letOut = undefined
  }
}

function isSame({ parts }: Entity, other: Entity): boolean {
  return parts.length === other.parts.length && parts.every(({ text }, index) => text === other.parts[index]!.text)
}
