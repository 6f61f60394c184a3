// What one stream has brought to an aggregate: sums, and nothing of a reading by itself. In memory, for the window that is open and for the one
// behind it, which begins before the first one is closed.
import type { Aggregate } from '#gateway/aggregates/aggregate.ts'
import { countable, rightIn, type Right } from '#gateway/aggregates/right.ts'
import type { Plan } from '#gateway/decision/plans.ts'
import type { Stream } from '#gateway/devices/streams.ts'
import type { Packed } from '#semantic-models/packed.ts'

/** The number of the window that is open: of so many that have begun since 1970. */
export interface Open { number: number }

export class Slot {
  readonly stream: Stream
  readonly #aggregate: Aggregate
  readonly #open: Open
  readonly #windowMs: number
  /** The recipient's on this stream, for the purpose. */
  #agreementIds: readonly string[] = []
  #plan: Plan | undefined
  #right: Right | undefined
  #sampledAt = -Infinity
  /** Of the readings in the window that is open, and in the next one. */
  sum = 0
  count = 0
  #nextSum = 0
  #nextCount = 0
  /** The code of the unit that its readings have. */
  unit: string | undefined

  constructor(stream: Stream, aggregate: Aggregate, open: Open) {
    this.stream = stream
    this.#aggregate = aggregate
    this.#open = open
    this.#windowMs = aggregate.seconds * 1_000
  }

  /** By which it may be counted, as was found last. */
  get right(): Right | undefined { return this.#right }

  /** Under which agreements it may be looked for. */
  set agreementIds(ids: readonly string[]) {
    this.#agreementIds = ids
    this.#plan = undefined
  }

  /** Looks up what the plan says. What was counted by another consent, or otherwise, is gone. True where that was taken away. */
  look(plan: Plan): boolean {
    if (plan === this.#plan) return false
    const before = this.#right, right = rightIn(plan, this.#agreementIds, this.#aggregate)
    this.#plan = plan
    this.#right = right
    if (before === undefined || before.text === right?.text) return false
    this.clear()
    return true
  }

  /** A message of the stream, as it came: one number is added to another. */
  take(plan: Plan, content: Packed, observedAt: number, timestamp: number): void {
    if (plan !== this.#plan) this.look(plan)
    const right = this.#right, number = Math.floor(observedAt / this.#windowMs), open = this.#open.number
    if (right === undefined || timestamp < right.since || (number !== open && number !== open + 1)) return
    const { bit, attribute } = this.#aggregate, value = content.numberOf(bit, attribute)
    if (!Number.isFinite(value) || (right.sampleMs !== undefined && !this.#isSample(right.sampleMs, timestamp))) return
    this.unit ??= content.unitOf(bit)
    this.#add(number === open, countable(right, value))
  }

  /** The next window is the one that is open now. */
  turn(isNext: boolean): void {
    this.sum = isNext ? this.#nextSum : 0
    this.count = isNext ? this.#nextCount : 0
    this.#nextSum = this.#nextCount = 0
  }

  clear(): void {
    this.sum = this.count = this.#nextSum = this.#nextCount = 0
    this.#sampledAt = -Infinity
  }

  #add(isOpen: boolean, value: number): void {
    if (isOpen) {
      this.sum += value
      this.count++
    } else {
      this.#nextSum += value
      this.#nextCount++
    }
  }

  #isSample(ms: number, timestamp: number): boolean {
    if (Math.floor(timestamp / ms) === Math.floor(this.#sampledAt / ms)) return false
    this.#sampledAt = timestamp
    return true
  }
}
