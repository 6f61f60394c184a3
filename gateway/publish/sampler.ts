// One message in a while: of those that a stream keeps, the first one in each window of the clock. That follows from the journal alone, so that
// live and replayed, before and after a start, and for whoever comes again it is the same message.
import type { Journal } from '#gateway/journal/journal.ts'
import type { Transform } from '#gateway/transforms/transform.ts'

export class Sampler {
  readonly #journal: Pick<Journal, 'positionAt'>
  readonly #streamNumber: number
  /** The window that was asked for last: its length, when it began, and the position of its first message. */
  #ms = 0
  #begin = NaN
  #first = 0

  constructor(journal: Pick<Journal, 'positionAt'>, streamNumber: number) {
    this.#journal = journal
    this.#streamNumber = streamNumber
  }

  /** Whether a message is one of those that the transform lets through. Where the journal does not know the window's beginning any more, none is. */
  takes({ sampleMs }: Transform, position: number, timestamp: number): boolean {
    return sampleMs.length === 0 || sampleMs.some(ms => this.#firstIn(ms, timestamp - timestamp % ms) === position)
  }

  #firstIn(ms: number, begin: number): number {
    if (ms === this.#ms && begin === this.#begin) return this.#first
    this.#ms = ms
    this.#begin = begin
    return this.#first = this.#journal.positionAt(this.#streamNumber, begin, -1) + 1
  }
}
