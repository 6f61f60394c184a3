// The message ids that were delivered under an agreement since the books were sealed: as runs, so that a message of a burst costs some
// comparisons and one addition. They are hashed when the books are sealed or when there are too many, and never on the way of a message.
import type { Ranges } from '#gateway/market/ranges.ts'
import { Stretch, type Digest, type Run } from '#gateway/market/stretch.ts'

/** What names a message in its stream. */
export interface MessageName { readonly timestamp: number, readonly sequenceNumber: number, readonly msgChainId: string }

/** Of a run in the array of numbers: position, timestamp, first and last sequence number. */
const NUMBERS = 4
const RUNS_AT_FIRST = 16

export class Deliveries {
  #numbers = new Float64Array(RUNS_AT_FIRST * NUMBERS)
  #runCount = 0
  /** Chain and consent, from a run on: they change seldom. */
  readonly #origins: { readonly from: number, readonly msgChainId: string, readonly consentId: string }[] = []
  #msgChainId = ''
  #consentId = ''
  /** Of what was folded: those that are closed, and the one that may go on. */
  #digests: Digest[] = []
  #tail: Stretch | undefined

  get runCount(): number { return this.#runCount }

  /** Adds a message at a position that is new under the agreement, and the consent that lets it out. */
  add(position: number, { timestamp, sequenceNumber, msgChainId }: MessageName, consentId: string): void {
    const isSameOrigin = msgChainId === this.#msgChainId && consentId === this.#consentId && this.#runCount > 0
    if (isSameOrigin && this.#extend(position, timestamp, sequenceNumber)) return
    if (!isSameOrigin) this.#origins.push({ from: this.#runCount, msgChainId, consentId })
    this.#msgChainId = msgChainId
    this.#consentId = consentId
    this.#push(position, timestamp, sequenceNumber)
  }

  /** Whether it goes on with the run that was begun last. */
  #extend(position: number, timestamp: number, sequenceNumber: number): boolean {
    const numbers = this.#numbers, at = (this.#runCount - 1) * NUMBERS, last = numbers[at + 3]!
    if (sequenceNumber !== last + 1 || timestamp !== numbers[at + 1] || position !== numbers[at]! + sequenceNumber - numbers[at + 2]!) return false
    numbers[at + 3] = sequenceNumber
    return true
  }

  #push(position: number, timestamp: number, sequenceNumber: number): void {
    const at = this.#runCount++ * NUMBERS
    if (at === this.#numbers.length) this.#grow()
    const numbers = this.#numbers
    numbers[at] = position
    numbers[at + 1] = timestamp
    numbers[at + 2] = numbers[at + 3] = sequenceNumber
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#numbers.length)
    larger.set(this.#numbers)
    this.#numbers = larger
  }

  /**
   * Of all that was added: one digest for each consent and stretch of the stream. Between the first and the last message of a stretch nothing
   * was delivered before (`delivered`: all positions that were), so that whoever received it finds its ids between those two. No stretch
   * goes on behind that.
   */
  digests(delivered: Ranges): readonly Digest[] {
    this.fold(delivered)
    if (this.#tail) this.#digests.push(this.#tail.digest())
    this.#tail = undefined
    return this.#digests
  }

  /** Hashes what there is, and keeps no runs of it. What is added between them afterwards is told by a digest of its own, behind theirs. */
  fold(delivered: Ranges): void {
    for (const run of this.#sorted()) {
      const tail = this.#tail, goesOn = tail?.consentId === run.consentId && run.position > tail.position && !delivered.hasBetween(tail.position, run.position)
      if (goesOn) tail.add(run)
      else {
        if (tail) this.#digests.push(tail.digest())
        this.#tail = new Stretch(run)
      }
    }
    this.#tail?.rest()
    this.#forgetRuns()
  }

  clear(): void {
    this.#forgetRuns()
    this.#digests = []
    this.#tail = undefined
  }

  #forgetRuns(): void {
    this.#runCount = 0
    this.#origins.length = 0
    if (this.#numbers.length > RUNS_KEPT * NUMBERS) this.#numbers = new Float64Array(RUNS_AT_FIRST * NUMBERS)
  }

  /** As the stream has them: they came otherwise where two connections read at once. */
  #sorted(): readonly Run[] {
    const runs = this.#runs()
    return runs.every(({ position }, n) => n === 0 || position > runs[n - 1]!.position) ? runs : runs.sort((one, other) => one.position - other.position)
  }

  #runs(): Run[] {
    const runs: Run[] = [], numbers = this.#numbers
    for (const [n, { from, msgChainId, consentId }] of this.#origins.entries()) {
      const end = this.#origins[n + 1]?.from ?? this.#runCount
      for (let at = from * NUMBERS; at < end * NUMBERS; at += NUMBERS) {
        runs.push({ position: numbers[at]!, timestamp: numbers[at + 1]!, first: numbers[at + 2]!, last: numbers[at + 3]!, msgChainId, consentId })
      }
    }
    return runs
  }
}

/** Room for so many is not given back: the next minute needs it again. */
const RUNS_KEPT = 256
