// Who reads what inside a namespace: a tree of topic levels, walked once for a topic, however many filters there are (MQTT 5 §4.7, §4.8.2).
import type { Qos } from '#gateway/mqtt/codec/packets.ts'

export interface SubscriptionOptions {
  readonly qos: Qos
  readonly noLocal: boolean
  readonly retainAsPublished: boolean
  readonly subscriptionId: number | undefined
  /** Of a feed at QoS 1: whoever comes back goes on behind it; a message id, or the time of the subscription. It moves on as messages are acknowledged. */
  after?: string
}

/** What a topic means to one reader, over all of its filters that match: delivered once [MQTT-3.3.5-1]. */
export interface Match extends SubscriptionOptions { readonly subscriptionIds: readonly number[] | undefined }

/** Of the members of a share, those that can be sent something now are preferred. */
export interface Reader { readonly isConnected: boolean }

interface Share<R> { readonly members: Map<R, SubscriptionOptions>, turn: number }

interface Level<R> {
  readonly below: Map<string, Level<R>>
  readonly readers: Map<R, SubscriptionOptions>
  readonly shares: Map<string, Share<R>>
}

const newLevel = <R>(): Level<R> => ({ below: new Map(), readers: new Map(), shares: new Map() })

/** What a subscription, and each level of its filter, cost beside the filter's characters, measured. */
const SUBSCRIPTION_BYTES = 256
const LEVEL_BYTES = 640

/** What a subscription costs, with levels of the tree that it may have alone. */
export function subscriptionBytes(filter: string): number { return SUBSCRIPTION_BYTES + filter.length + filter.split('/').length * LEVEL_BYTES }

/** `$share/NAME/FILTER` in its two parts. */
export function splitShare(filter: string): { readonly share: string | undefined, readonly rest: string } {
  if (!filter.startsWith('$share/')) return { share: undefined, rest: filter }
  const end = filter.indexOf('/', '$share/'.length)
  return { share: filter.slice('$share/'.length, end), rest: filter.slice(end + 1) }
}

/** Most sources have no reader of their own: what they publish costs nothing here. */
const NOBODY: ReadonlyMap<never, Match> = new Map<never, Match>()

export class Subscriptions<R extends Reader> {
  readonly #root: Level<R> = newLevel()
  #count = 0

  get count(): number { return this.#count }

  /** True where the reader had no such subscription; it is replaced where it had. */
  add(filter: string, reader: R, options: SubscriptionOptions): boolean {
    const { share, rest } = splitShare(filter)
    let level = this.#root
    for (const name of rest.split('/')) {
      let next = level.below.get(name)
      if (!next) level.below.set(name, next = newLevel())
      level = next
    }
    const members = share === undefined ? level.readers : shareOf(level, share).members
    const isNew = !members.has(reader)
    members.set(reader, options)
    if (isNew) this.#count++
    return isNew
  }

  remove(filter: string, reader: R): boolean {
    const { share, rest } = splitShare(filter)
    return this.#removeBelow(this.#root, rest.split('/'), 0, share, reader)
  }

  /** Everybody whom a topic reaches; of each share one. `from` is left out where it wants nothing of its own back. */
  match(topic: string, from?: R): ReadonlyMap<R, Match> {
    if (this.#count === 0) return NOBODY
    const matches = new Map<R, Match>()
    this.#visit(this.#root, topic.split('/'), 0, level => collect(level, matches, from))
    return matches
  }

  /** Whether a topic reaches anybody. To ask is nobody's turn in a share. */
  reaches(topic: string): boolean {
    let isReached = false
    if (this.#count > 0) this.#visit(this.#root, topic.split('/'), 0, ({ readers, shares }) => { isReached ||= readers.size > 0 || shares.size > 0 })
    return isReached
  }

  #removeBelow(level: Level<R>, names: readonly string[], at: number, share: string | undefined, reader: R): boolean {
    if (at === names.length) return this.#removeHere(level, share, reader)
    const name = names[at]!, next = level.below.get(name), isGone = next !== undefined && this.#removeBelow(next, names, at + 1, share, reader)
    if (isGone && next.below.size === 0 && next.readers.size === 0 && next.shares.size === 0) level.below.delete(name)
    return isGone
  }

  #removeHere(level: Level<R>, share: string | undefined, reader: R): boolean {
    const members = share === undefined ? level.readers : level.shares.get(share)?.members
    if (!members?.delete(reader)) return false
    if (share !== undefined && members.size === 0) level.shares.delete(share)
    this.#count--
    return true
  }

  /** A wildcard at the first level does not reach topics that begin with `$` [MQTT-4.7.2-1]. */
  #visit(level: Level<R>, names: readonly string[], at: number, found: (level: Level<R>) => void): void {
    const reachesWild = at > 0 || !names[0]!.startsWith('$')
    const hash = reachesWild ? level.below.get('#') : undefined
    if (hash) found(hash)
    if (at === names.length) return found(level)
    const named = level.below.get(names[at]!), plus = reachesWild ? level.below.get('+') : undefined
    if (named) this.#visit(named, names, at + 1, found)
    if (plus) this.#visit(plus, names, at + 1, found)
  }
}

function shareOf<R>(level: Level<R>, name: string): Share<R> {
  let share = level.shares.get(name)
  if (!share) level.shares.set(name, share = { members: new Map(), turn: 0 })
  return share
}

function collect<R extends Reader>({ readers, shares }: Level<R>, matches: Map<R, Match>, from: R | undefined): void {
  for (const [reader, options] of readers) if (reader !== from || !options.noLocal) merge(matches, reader, options)
  for (const share of shares.values()) {
    const reader = next(share)
    if (reader) merge(matches, reader, share.members.get(reader)!)
  }
}

/** The members take turns, those who are away only where nobody else is there. */
function next<R extends Reader>(share: Share<R>): R | undefined {
  const members = [...share.members.keys()], count = members.length
  for (let step = 0; step < count; step++) {
    const reader = members[(share.turn + step) % count]!
    if (!reader.isConnected) continue
    share.turn = (share.turn + step + 1) % count
    return reader
  }
  return members[share.turn++ % count]
}

function merge<R>(matches: Map<R, Match>, reader: R, options: SubscriptionOptions): void {
  const before = matches.get(reader), { subscriptionId: id } = options, ids = id === undefined ? before?.subscriptionIds : [...before?.subscriptionIds ?? [], id]
  const best = before && before.qos >= options.qos ? before : options
  matches.set(reader, {
    qos: best.qos, noLocal: best.noLocal, subscriptionId: best.subscriptionId, subscriptionIds: ids, retainAsPublished: options.retainAsPublished || before?.retainAsPublished === true,
  })
}
