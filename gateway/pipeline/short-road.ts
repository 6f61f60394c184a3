// The short road: bytes → entities in the kernel, and of what it made what may leave → messages. What the kernel hands back, and what has
// changed since it was asked, is for the long road, message by message and in the order in which they came.
import type { Source } from '#gateway/devices/sources.ts'
import type { RefusalCode } from '#gateway/errors.ts'
import type { Batch } from '#gateway/ingest/batch.ts'
import { ANSWER, type Kernel, type KernelRun } from '#gateway/kernel/kernel.ts'
import { consent } from '#gateway/pipeline/consent.ts'
import type { Freshness } from '#gateway/pipeline/fresh.ts'
import type { Lane, Lanes } from '#gateway/pipeline/lanes.ts'
import { price } from '#gateway/pipeline/price.ts'
import type { Message } from '#gateway/publish/message.ts'
import { Packed } from '#semantic-models/packed.ts'
import { timeText } from '#semantic-models/text.ts'

export interface ShortRoadOptions {
  readonly kernel: Kernel
  readonly lanes: Lanes
  readonly freshness: Freshness
  /** A message that may leave. */
  readonly letOut: (message: Message) => void
  readonly drop: (sourceId: string, receivedAt: number, topic: string, code: RefusalCode) => void
  /** The whole of a message that is for the long road. */
  readonly handBack: (source: Source, batch: Batch, n: number) => void
}

/** Words of what the kernel answers (`KernelRun`). */
const ANSWER_WORDS = 6, ANSWER_AT = 5, MADE_WORDS = 8
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
      if (loaded === 0) handBack(source, batch, n)
      for (let row = 0; row < loaded;) row = this.#workOff(source, batch, n, row, kernel.run(row))
      n += Math.max(loaded, 1)
    }
  }

  /** Gives the number of the row that is next. `first`: that of the batch's that was loaded as number 0. */
  #workOff(source: Source, batch: Batch, first: number, from: number, { done, made, answers, rows, text, textFrom, observedAt }: KernelRun): number {
    const { lanes, handBack } = this.#options, { receivedAt } = batch
    for (let row = from, at = 0; row < done; row++) {
      const begin = at
      let isOpen = answers[row * ANSWER_WORDS + ANSWER_AT] === ANSWER.DONE
      for (; at < made && rows[at * MADE_WORDS + ROW] === row; at++) isOpen &&= lanes.isOpen(rows[at * MADE_WORDS + ID]!, rows[at * MADE_WORDS + MASK]!, receivedAt)
      if (!isOpen) {
        handBack(source, batch, first + row)
        return row + 1
      }
      for (let each = begin; each < at; each++) this.#letOut(source, batch, rows, each, text, textFrom, observedAt[each * MADE_WORDS / 2 + OBSERVED_AT]!)
    }
    return done
  }

  #letOut(source: Source, { receivedAt }: Batch, rows: Int32Array, at: number, text: Buffer, textFrom: number, observedAt: number): void {
    const { lanes, letOut } = this.#options, row = at * MADE_WORDS, lane = lanes.at(rows[row + ID]!), mask = rows[row + MASK]!, plan = lane.plan!
    lane.place.device.lastSeen = receivedAt
    const denied = consent(plan, mask) ?? price(plan, mask)
    const content = denied === undefined ? new Packed(lane.stream.model, text, rows[row + FROM]! - textFrom, rows[row + TO]! - textFrom, mask & plan.granted) : undefined
    const refusal = (observedAt < 0 ? undefined : this.#judge(lane, observedAt, content)) ?? denied
    if (refusal !== undefined || !content) return this.#options.drop(source.id, receivedAt, lane.place.topic, refusal!)
    letOut(lane.channel.next(content, receivedAt, true))
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
