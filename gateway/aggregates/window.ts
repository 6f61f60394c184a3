// The end of a window: who may be counted at that instant, whether they are enough, and what leaves. Everything that can refuse comes before
// anything is written down, and everything is written down before anything leaves.
import type { Aggregate } from '#gateway/aggregates/aggregate.ts'
import { changed, contributorsOf, type Contributor } from '#gateway/aggregates/contributors.ts'
import { crowdOf } from '#gateway/aggregates/crowd.ts'
import { figureEntity, FIGURE_BYTES_MAX } from '#gateway/aggregates/entity.ts'
import { broughtBy, figureOf } from '#gateway/aggregates/figure.ts'
import type { Randomness } from '#gateway/aggregates/noise.ts'
import type { Slot } from '#gateway/aggregates/slot.ts'
import { CROWDS_MAX, type AggregateStore } from '#gateway/aggregates/store.ts'
import type { Plans } from '#gateway/decision/plans.ts'
import type { Subjects } from '#gateway/devices/subjects.ts'
import type { Meter } from '#gateway/market/meter.ts'
import type { Channel } from '#gateway/publish/channel.ts'
import type { Network } from '#gateway/publish/network.ts'

/**
 * What became of a window. NOBODY: its recipient was not there, or took nothing. TOO_FEW: below the least number of contributors. TOO_CLOSE: it
 * would have differed from another one by a few. UNAVAILABLE: it could not be written down.
 */
export const OUTCOMES = ['RELEASED', 'NOBODY', 'TOO_FEW', 'TOO_CLOSE', 'UNAVAILABLE'] as const
export type Outcome = (typeof OUTCOMES)[number]

export interface WindowOptions {
  readonly plans: Plans
  readonly subjects: Subjects
  readonly meter: Meter
  readonly network: Network
  readonly store: AggregateStore
  /** Told of contributors whose day has told enough. */
  readonly onSpent: (count: number) => void
  readonly random?: Randomness | undefined
}

export interface Window {
  readonly aggregate: Aggregate
  readonly slots: Iterable<Slot>
  /** Of the aggregate's stream. */
  readonly channel: Channel
  readonly from: number
  readonly to: number
}

/** `slots`: those whose readings were released are told. */
export function closeWindow(window: Window, options: WindowOptions, released: (slots: readonly Slot[]) => void): Outcome {
  const { aggregate, channel } = window, { plans, network, store } = options, now = plans.now()
  if (![...channel.owners].some(session => session.isReady)) return 'NOBODY'
  if (network.fault) return 'UNAVAILABLE'
  const present = withinBudget(contributorsOf(countable(window, options), ({ stream }) => options.subjects.of(stream).partyIds).filter(each => brought(aggregate, each) !== undefined), aggregate, options, now)
  if (present.length < aggregate.contributors) return 'TOO_FEW'
  const crowds = store.crowds(aggregate, now), crowd = crowdOf(present, crowds, aggregate.contributors)
  if (!crowd || (crowds.length >= CROWDS_MAX && !crowds.some(({ members }) => changed(members, crowd.map(({ subjects }) => subjects)) === 0))) return 'TOO_CLOSE'
  const figure = figureOf(aggregate, crowd.map(each => brought(aggregate, each)!), options.random), slots = crowd.flatMap(each => each.slots)
  const content = figureEntity(aggregate, figure, slots[0]!.unit, window.from, window.to)
  store.release(aggregate, {
    at: now, crowd: { members: crowd.map(({ subjects }) => subjects), contributors: aggregate.contributors },
    spent: crowd.filter(({ slots: own }) => budgetOf(own) !== undefined).flatMap(({ subjects }) => subjects), epsilon: aggregate.epsilon ?? 0,
  })
  if (!slots.every(slot => charge(slot, content.lengthOf(aggregate.bit), now, options)) || !network.handOver(channel, content, now)) return 'UNAVAILABLE'
  released(slots)
  return 'RELEASED'
}

/** Those that have brought something, may be counted now, can be paid for, and have the unit of the first. */
function countable({ slots }: Window, { plans, meter }: WindowOptions): readonly Slot[] {
  const open = [...slots].filter(slot => {
    if (slot.count > 0) slot.look(plans.of(slot.stream))
    const account = slot.count > 0 && slot.right ? meter.accountOf(slot.right.agreementId) : undefined
    return account !== undefined && meter.affords(account, FIGURE_BYTES_MAX)
  })
  return open.filter(({ unit }) => unit === open[0]!.unit)
}

/** In steps. */
function brought(aggregate: Aggregate, { slots }: Contributor): number | undefined {
  return broughtBy(aggregate, slots.reduce((all, { sum }) => all + sum, 0), slots.reduce((all, { count }) => all + count, 0))
}

/** The least that any of its streams allows to be told in a day. */
function budgetOf(slots: readonly Slot[]): number | undefined {
  const budgets = slots.flatMap(({ right }) => right?.epsilon ?? [])
  return budgets.length > 0 ? Math.min(...budgets) : undefined
}

function withinBudget(contributors: readonly Contributor[], { epsilon = Infinity }: Aggregate, { store, onSpent }: WindowOptions, now: number): readonly Contributor[] {
  const left = contributors.filter(({ subjects, slots }) => {
    const budget = budgetOf(slots)
    return budget === undefined || subjects.every(partyId => store.spent(partyId, now) + epsilon <= budget)
  })
  onSpent(contributors.length - left.length)
  return left
}

/** A message of the stream that counts, and is billed, under the agreement by which it was counted. */
function charge({ stream, right }: Slot, bytes: number, now: number, { meter, network }: WindowOptions): boolean {
  const channel = network.channelOf(stream), { agreementId, consentId } = right!
  channel.count(now)
  return meter.charge(meter.accountOf(agreementId), channel.position, bytes, { timestamp: channel.timestamp, sequenceNumber: channel.sequenceNumber, msgChainId: channel.msgChainId }, consentId)
}
