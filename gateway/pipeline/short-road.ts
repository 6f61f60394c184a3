// The short road: bytes → entities in the kernel, and of what it made what may leave → messages. What the kernel hands back, and what has
// changed since it was asked, is for the long road, message by message and in the order in which they came.
import type { Source } from '#gateway/devices/sources.ts'
import type { RefusalCode } from '#gateway/errors.ts'
import type { Batch } from '#gateway/ingest/batch.ts'
import { ANSWER, type Kernel, type KernelRun } from '#gateway/kernel/kernel.ts'
import { consent } from '#gateway/pipeline/consent.ts'
import type { Freshness } from '#gateway/pipeline/fresh.ts'
import { keptOf } from '#gateway/pipeline/kept.ts'
import type { Lane, Lanes } from '#gateway/pipeline/lanes.ts'
import type { Outgoing } from '#gateway/pipeline/outgoing.ts'
import { price } from '#gateway/pipeline/price.ts'
import type { LongRoadReason, Rule } from '#gateway/telemetry/roads.ts'
import { Packed } from '#semantic-models/packed.ts'
import { timeText } from '#semantic-models/text.ts'

export interface ShortRoadOptions {
  readonly kernel: Kernel
  readonly lanes: Lanes
  readonly freshness: Freshness
  /** Where what may leave goes. */
  readonly out: () => Outgoing
  readonly drop: (sourceId: string, receivedAt: number, topic: string, code: RefusalCode) => void
  /** The whole of a message that is for the long road, and why; the rule where its topic may be forgotten by now. */
  readonly handBack: (source: Source, batch: Batch, n: number, reason: LongRoadReason, rule?: Rule) => void
}

/** Words of what the kernel answers (`KernelRun`). */
const ANSWER_WORDS = 6, ANSWER_AT = 5, MADE_WORDS = 8
/** By the kernel's answer. */
const REASONS: readonly LongRoadReason[] = ['changed', 'not-learned', 'not-json', 'not-covered', 'only-states']
const ROW = 0, ID = 1, FROM = 2, TO = 3, MASK = 4, OBSERVED_AT = 3 // of float64

export class ShortRoad {
  readonly #options: ShortRoadOptions
  #told = { timed: true, observedAt: 0 }

  constructor(options: ShortRoadOptions) { this.#options = options }

  /** Takes rows of a batch from `from` up to `to`, all of them messages in bytes. */
  take(source: Source, batch: Batch, from: number, to: number): void {
    const { kernel, lanes, handBack } = this.#options, { bytes, rows, receivedAt } = batch, text = timeText(receivedAt)
    for (let n = from; n < to;) {
      const loaded = kernel.load(lanes.numberOf(source.id), bytes, rows, n, to - n, receivedAt, text)
      if (loaded === 0) handBack(source, batch, n, 'not-covered')
      for (let row = 0; row < loaded;) row = this.#workOff(source, batch, n, row, kernel.run(row))
      n += Math.max(loaded, 1)
    }
  }

  /** Gives the number of the row that is next. `first`: that of the batch's that was loaded as number 0. */
  #workOff(source: Source, batch: Batch, first: number, from: number, run: KernelRun): number {
    const { lanes, handBack, out } = this.#options, { receivedAt } = batch, { done, made, size, answers, rows } = run
    if (made > 0) out().expect(made, size)
    for (let row = from, at = 0; row < done; row++) {
      const begin = at, answer = answers[row * ANSWER_WORDS + ANSWER_AT]!, rule = answer === ANSWER.DONE ? lanes.at(rows[begin * MADE_WORDS + ID]!).place.rule : undefined
      let isOpen = rule !== undefined
      for (; at < made && rows[at * MADE_WORDS + ROW] === row; at++) isOpen &&= lanes.isOpen(rows[at * MADE_WORDS + ID]!, rows[at * MADE_WORDS + MASK]!, receivedAt)
      if (!isOpen) {
        handBack(source, batch, first + row, REASONS[answer]!, rule)
        return row + 1
      }
      rule!.taken++
      for (let each = begin; each < at; each++) this.#letOut(source, receivedAt, run, each)
    }
    return done
  }

  #letOut(source: Source, receivedAt: number, { rows, bytes, observedAt }: KernelRun, at: number): void {
    const { lanes, out, drop } = this.#options, row = at * MADE_WORDS, lane = lanes.at(rows[row + ID]!), mask = rows[row + MASK]!, plan = lane.plan!
    const { stream: { model }, channel, place } = lane, from = rows[row + FROM]!, to = rows[row + TO]!, instant = observedAt[row / 2 + OBSERVED_AT]!
    place.device.lastSeen = receivedAt
    const denied = consent(plan, mask) ?? price(plan, mask)
    const refusal = (instant < 0 ? undefined : this.#judge(lane, instant, denied === undefined ? new Packed(model, bytes, from, to, mask) : undefined)) ?? denied
    if (refusal !== undefined) return drop(source.id, receivedAt, place.topic, refusal)
    if (channel.tap !== undefined) channel.tap.take(plan, new Packed(model, bytes, from, to, mask & plan.granted), instant < 0 ? channel.timeOf(receivedAt) : instant, channel.timeOf(receivedAt))
    if (plan.kept === undefined) return out().add(channel, plan, receivedAt, bytes, from, to, mask & plan.granted)
    const kept = keptOf(plan.kept, plan, channel, receivedAt, new Packed(model, bytes, from, to, mask & plan.granted))
    if (typeof kept === 'string') drop(source.id, receivedAt, place.topic, kept)
    else out().add(channel, plan, receivedAt, kept.bytes, kept.from, kept.to, kept.mask)
  }

  /** As the long road does, of what carries a time of its own. */
  #judge({ stream }: Lane, observedAt: number, content: Packed | undefined): RefusalCode | undefined {
    const { freshness } = this.#options, told = this.#told
    told.observedAt = observedAt
    const refusal = freshness.judge(stream, told, content, false)
    if (refusal === undefined) freshness.note(stream, told, content)
    return refusal
  }
}
