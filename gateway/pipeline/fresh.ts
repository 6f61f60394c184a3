// Between map and consent: a retained value that is older than what is known is not sold as news, and the same report is not sold twice.
import type { Stream } from '#gateway/devices/streams.ts'
import type { RefusalCode } from '#gateway/errors.ts'
import type { Observation } from '#semantic-models/observation.ts'
import type { Packed } from '#semantic-models/packed.ts'

/** What is known of a stream: the newest instant that was reported, and the bytes that were let out of it, if any were. */
interface Newest { observedAt: number, letOut: Buffer | undefined }

/** What is asked of an observation. */
export type Told = Pick<Observation, 'observedAt' | 'timed'>

/** Judges only what carries a time of its own: an arrival time tells nothing about a copy. */
export class Freshness {
  readonly #newest = new Map<number, Newest>()

  /** The refusal, or undefined for what is fresh (late but new reports are). `content`: what is about to be let out. */
  judge(stream: Stream, { timed, observedAt }: Told, content: Packed | undefined, isRetained: boolean): RefusalCode | undefined {
    const newest = timed ? this.#newest.get(stream.number) : undefined
    if (!newest || observedAt > newest.observedAt) return undefined
    if (observedAt < newest.observedAt) return isRetained ? 'STALE' : undefined
    return newest.letOut && content && isSame(newest.letOut, content) ? 'DUPLICATE' : undefined
  }

  /** Remembers a report, and what was let out of it. */
  note(stream: Stream, { timed, observedAt }: Told, content: Packed | undefined): void {
    const newest = timed ? this.#newest.get(stream.number) : undefined
    if (!timed || (newest && observedAt < newest.observedAt)) return
    const letOut = content && Buffer.from(content.bytes.subarray(content.from, content.to)) // a copy: a batch would be kept for it
    if (newest?.observedAt !== observedAt) this.#newest.set(stream.number, { observedAt, letOut })
    else if (letOut) newest.letOut = letOut
  }

  /** What was let out last could not be kept: when it comes again, it is news. */
  takeBack(stream: Stream): void {
    const newest = this.#newest.get(stream.number)
    if (newest) newest.letOut = undefined
  }
}

function isSame(letOut: Buffer, { bytes, from, to }: Packed): boolean {
  return letOut.compare(bytes, from, to) === 0
}
