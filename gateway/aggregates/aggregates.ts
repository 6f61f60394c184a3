// Aggregates: a recipient defines one, the streams that may be counted in it bring their readings, and at the end of each window one figure leaves,
// or nothing. What is counted lies in memory only, and is gone when its consent is.
import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { aggregateOf, type Aggregate, type NewAggregate } from '#gateway/aggregates/aggregate.ts'
import type { Randomness } from '#gateway/aggregates/noise.ts'
import { Slot, type Open } from '#gateway/aggregates/slot.ts'
import { AggregateStore } from '#gateway/aggregates/store.ts'
import { closeWindow, OUTCOMES, type Outcome, type WindowOptions } from '#gateway/aggregates/window.ts'
import { PurposeSet } from '#gateway/consent/purposes/purpose-set.ts'
import type { Plan } from '#gateway/decision/plans.ts'
import type { Stream, Streams } from '#gateway/devices/streams.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'
import { prefixedId } from '#gateway/lib/ids.ts'
import type { Agreement } from '#gateway/market/agreement.ts'
import type { Agreements } from '#gateway/market/agreements.ts'
import type { Channel, Tap } from '#gateway/publish/channel.ts'
import type { Log } from '#gateway/telemetry/log.ts'
import type { Packed } from '#semantic-models/packed.ts'

export const AGGREGATES_PER_PARTY_MAX = 100
/** That may be counted in one: with as many different crowds as a day knows the end of a window takes a tenth of a second. Of more the first ones are. */
export const STREAMS_PER_AGGREGATE_MAX = 2_000
/** So long a window waits for what was observed in it: then it is closed, by the tick that follows. */
export const GRACE_MS = 1_000
const PRUNE_MS = 3_600_000
/** Hexadecimal digits of an address. */
const ADDRESS_DIGITS = 40

export type AggregatesOptions = Omit<WindowOptions, 'store' | 'onSpent'> & {
  readonly database: DatabaseSync
  readonly streams: Streams
  readonly agreements: Agreements
  readonly log: Log
  readonly random?: Randomness
}

/** An aggregate and what becomes of it. */
export interface Made {
  readonly aggregate: Aggregate
  /** That it is read by: its recipient's. */
  readonly stream: Stream
  /** Windows since the start, by what became of them. */
  readonly windows: Readonly<Record<Outcome, number>>
  readonly last: Outcome | undefined
}

interface State extends Made {
  readonly open: Open
  /** By the numbers of their streams. */
  readonly slots: Map<number, Slot>
  readonly windows: Record<Outcome, number>
  last: Outcome | undefined
  /** The streams that the figure is made of which was released last. */
  released: ReadonlySet<number>
  channel: Channel | undefined
  readonly releasedAt: number
}

export class Aggregates {
  readonly #options: AggregatesOptions
  readonly #store: AggregateStore
  readonly #states = new Map<string, State>()
  readonly #byStreamId = new Map<string, State>()
  readonly #byRecipient = new Map<string, Set<State>>()
  /** By the numbers of the streams that are counted. */
  readonly #taps = new Map<number, SlotTap>()
  /** Since the start, over all aggregates. */
  readonly outcomes = noOutcomes()
  /** Contributors who were left out of a window because of what was told of them that day. */
  spentCount = 0
  #lastNumber = 0
  #prunedAt = -Infinity

  constructor(options: AggregatesOptions) {
    const { database, network } = this.#options = options
    this.#store = new AggregateStore(database)
    network.onReviewed = stream => this.review(stream)
    network.madeStream = streamId => this.#byStreamId.get(streamId)?.stream
    for (const { aggregate, releasedAt } of this.#store.all()) this.#begin(aggregate, releasedAt)
  }

  get count(): number { return this.#states.size }

  /** Its first window is the next that begins. Throws BAD_REQUEST, CONFLICT, LIMIT_REACHED. */
  create(recipientId: string, wish: NewAggregate): Made {
    if (this.list(recipientId).length >= AGGREGATES_PER_PARTY_MAX) throw new GatewayError('LIMIT_REACHED', `You have ${AGGREGATES_PER_PARTY_MAX} aggregates: remove some first.`)
    const aggregate = aggregateOf(wish, { id: prefixedId('agg'), recipientId, createdAt: this.#options.plans.now() })
    this.#checkWindow(aggregate)
    this.#store.add(aggregate)
    return this.#begin(aggregate, 0)
  }

  list(recipientId: string): readonly Made[] { return [...this.#byRecipient.get(recipientId) ?? []] }

  /** Nothing of it leaves any more. Throws NOT_FOUND. */
  remove(recipientId: string, id: string): Made {
    const state = this.#states.get(id)
    if (state?.aggregate.recipientId !== recipientId) throw notFound('aggregate')
    this.#store.remove(id)
    this.#states.delete(id)
    this.#byStreamId.delete(state.stream.id)
    this.#byRecipient.get(recipientId)?.delete(state)
    for (const slot of [...state.slots.values()]) this.#drop(state, slot)
    this.#options.network.forgetMade(state.stream)
    return state
  }

  /** To be called when something was decided anew on a stream, before that is answered: what may not be counted any more is gone. */
  review(stream: Stream): void {
    if (this.#states.size === 0) return
    const wanted = this.#wantedOn(stream)
    for (const state of this.#taps.get(stream.number)?.states() ?? []) if (!wanted.has(state)) this.#drop(state, state.slots.get(stream.number)!)
    for (const [state, agreementIds] of wanted) {
      const slot = state.slots.get(stream.number) ?? this.#add(state, stream)
      if (!slot) continue
      slot.agreementIds = agreementIds
      if (slot.look(this.#options.plans.of(stream))) this.#takenBack(state, stream)
    }
  }

  /** To be called every second: closes the windows that have ended. */
  tick(): void {
    const now = this.#options.plans.now()
    for (const state of this.#states.values()) {
      const due = windowAt(state.aggregate, now - GRACE_MS)
      if (due > state.open.number) this.#close(state, due)
    }
    if (this.#states.size === 0 || now - this.#prunedAt < PRUNE_MS) return
    this.#store.prune(now)
    this.#prunedAt = now
  }

  /** From figures over windows of different lengths, or that begin at different times, it could be told what came in between, which may be of one. */
  #checkWindow({ recipientId, model, attribute, seconds }: Aggregate): void {
    const other = this.list(recipientId).find(({ aggregate }) => aggregate.model === model && aggregate.attribute === attribute && aggregate.seconds !== seconds)
    if (other) throw new GatewayError('CONFLICT', `Your aggregates of this attribute have windows of ${other.aggregate.seconds} seconds: take the same, or remove them first.`)
  }

  #close(state: State, due: number): void {
    const { aggregate, slots, open } = state, ms = aggregate.seconds * 1_000, from = open.number * ms
    let outcome: Outcome = 'UNAVAILABLE'
    try {
      const window = { aggregate, slots: slots.values(), channel: this.#channelOf(state), from, to: from + ms }
      outcome = closeWindow(window, { ...this.#options, store: this.#store, onSpent: count => { this.spentCount += count } }, counted => { state.released = new Set(counted.map(({ stream }) => stream.number)) })
    } catch (error) {
      this.#options.log.error({ aggregateId: aggregate.id, error: String(error) }, 'Failed to release a window of an aggregate')
    }
    state.windows[outcome]++
    this.outcomes[outcome]++
    state.last = outcome
    for (const slot of slots.values()) slot.turn(due === open.number + 1)
    open.number = due
  }

  #begin(aggregate: Aggregate, releasedAt: number): Made {
    const { agreements, streams, plans } = this.#options, stream = streamOf(aggregate, --this.#lastNumber), { recipientId } = aggregate
    const state: State = {
      aggregate, stream, releasedAt, open: { number: windowAt(aggregate, plans.now()) + 1 }, slots: new Map(), windows: noOutcomes(), last: undefined, released: new Set(), channel: undefined,
    }
    this.#states.set(aggregate.id, state)
    this.#byStreamId.set(stream.id, state)
    this.#byRecipient.set(recipientId, (this.#byRecipient.get(recipientId) ?? new Set()).add(state))
    for (const { offer, endedAt } of agreements.list(recipientId)) {
      const counted = endedAt === undefined ? streams.get(offer.streamId) : undefined
      if (counted) this.review(counted)
    }
    return state
  }

  /** The publisher's end of its stream: no message has a time before that of one that was released before a start. */
  #channelOf(state: State): Channel {
    if (state.channel) return state.channel
    const channel = state.channel = this.#options.network.channelOf(state.stream)
    if (state.releasedAt > 0) channel.begin(state.releasedAt)
    return channel
  }

  /** In which aggregates a stream may be counted, if its consents allow it, and under which agreements. */
  #wantedOn(stream: Stream): ReadonlyMap<State, readonly string[]> {
    const wanted = new Map<State, string[]>()
    for (const agreement of this.#options.agreements.on(stream.id)) {
      for (const state of this.#byRecipient.get(agreement.subscriberId) ?? []) {
        if (!isFor(state.aggregate, stream, agreement)) continue
        const ids = wanted.get(state)
        if (ids) ids.push(agreement.id)
        else wanted.set(state, [agreement.id])
      }
    }
    return wanted
  }

  #add(state: State, stream: Stream): Slot | undefined {
    if (state.slots.size >= STREAMS_PER_AGGREGATE_MAX) return undefined
    const slot = new Slot(stream, state.aggregate, state.open), tap = this.#taps.get(stream.number) ?? new SlotTap()
    state.slots.set(stream.number, slot)
    this.#taps.set(stream.number, tap)
    tap.add(state, slot)
    this.#options.network.channelOf(stream).tap = tap
    return slot
  }

  #drop(state: State, slot: Slot): void {
    const { stream } = slot, tap = this.#taps.get(stream.number)!
    state.slots.delete(stream.number)
    slot.clear()
    tap.remove(state)
    this.#takenBack(state, stream)
    if (!tap.isEmpty) return
    this.#taps.delete(stream.number)
    this.#options.network.channelOf(stream).tap = undefined
  }

  /** A figure that it is in and that waits on its way out does not leave any more. */
  #takenBack({ released, channel }: State, { number }: Stream): void {
    if (channel && released.has(number)) this.#options.network.cutWaiting(channel)
  }
}

/** The slots of one stream. */
class SlotTap implements Tap {
  readonly #slots = new Map<State, Slot>()
  #all: readonly Slot[] = []

  get isEmpty(): boolean { return this.#slots.size === 0 }
  states(): readonly State[] { return [...this.#slots.keys()] }
  take(plan: Plan, content: Packed, observedAt: number, timestamp: number): void { for (const slot of this.#all) slot.take(plan, content, observedAt, timestamp) }

  add(state: State, slot: Slot): void {
    this.#slots.set(state, slot)
    this.#all = [...this.#slots.values()]
  }

  remove(state: State): void {
    this.#slots.delete(state)
    this.#all = [...this.#slots.values()]
  }
}

/** A purpose that an agreement is for covers narrower ones. */
function isFor({ model, attribute, purpose }: Aggregate, stream: Stream, { offer, purpose: agreed }: Agreement): boolean {
  return stream.model === model && offer.attributes.includes(attribute) && new PurposeSet([agreed]).covers(new PurposeSet([purpose]))
}

/** `<an address of its own>/aggregates/<opaque id>`. It is in no journal: its number is none of theirs. */
function streamOf({ id, recipientId, model, bit, createdAt }: Aggregate, number: number): Stream {
  const address = `0x${createHash('sha256').update(id).digest('hex').slice(0, ADDRESS_DIGITS)}`
  return { number, id: `${address}/aggregates/${id.slice(id.indexOf('_') + 1)}`, ownerId: recipientId, sourceId: '', deviceId: '', model, createdAt, mask: bit }
}

const windowAt = ({ seconds }: Aggregate, now: number): number => Math.floor(now / (seconds * 1_000))
function noOutcomes(): Record<Outcome, number> { return Object.fromEntries(OUTCOMES.map(outcome => [outcome, 0])) as Record<Outcome, number> }
