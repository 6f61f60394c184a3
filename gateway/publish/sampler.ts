// One message in a while: of those that a stream keeps, the first one in each window of the clock. That follows from the journal alone, so that
// live and replayed, before and after a start, and for whoever comes again it is the same message.
import type { Journal } from '#gateway/journal/journal.ts'
import type { Message } from '#gateway/publish/message.ts'
import type { Transform } from '#gateway/transforms/transform.ts'

export type Sampled = Pick<Message, 'position' | 'timestamp' | 'sequenceNumber'>

/** For one reader, who asks about messages in the order of their stream. */
export class Sampler {
  readonly #journal: Pick<Journal, 'positionAt' | 'forgottenUntil'>
  readonly #streamNumber: number
  /** The window that was asked for last, and the position of its first message: 0 where that is behind the reader, or not known. */
  #ms = 0
  #begin = NaN
  #first = 0

  constructor(journal: Pick<Journal, 'positionAt' | 'forgottenUntil'>, streamNumber: number) {
    this.#journal = journal
    this.#streamNumber = streamNumber
  }

  /** Whether a message is one of those that the transform lets through. */
  takes({ sampleMs }: Transform, message: Sampled): boolean {
    return sampleMs.length === 0 || sampleMs.some(ms => this.#firstIn(ms, message) === message.position)
  }

  #firstIn(ms: number, message: Sampled): number {
    const begin = message.timestamp - message.timestamp % ms
    if (ms === this.#ms && begin === this.#begin) return this.#first
    this.#ms = ms
    this.#begin = begin
    return this.#first = this.#isFirst(begin, message) ? message.position : 0
  }

  /** Nothing stands between the window's beginning and the message; where it may have stood there once, nobody knows. */
  #isFirst(begin: number, { position, timestamp, sequenceNumber }: Sampled): boolean {
    const before = this.#journal.positionAt(this.#streamNumber, timestamp, sequenceNumber - 1)
    const isKnown = before > 0 || position === 1 || this.#journal.forgottenUntil < begin
    return isKnown && before === this.#journal.positionAt(this.#streamNumber, begin, -1)
  }
}
