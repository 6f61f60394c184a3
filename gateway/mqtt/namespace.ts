// One shared world of topics: the sessions, subscriptions and retained messages of one source. Two namespaces share nothing.
import { Backlog } from '#gateway/mqtt/backlog.ts'
import { Budget } from '#gateway/mqtt/budget.ts'
import type { FilterWish, Publish, Will } from '#gateway/mqtt/codec/packets.ts'
import { REASON } from '#gateway/mqtt/codec/reason.ts'
import type { MqttLimits } from '#gateway/mqtt/limits.ts'
import { Pace, type HoldCause } from '#gateway/mqtt/pace.ts'
import { Retained } from '#gateway/mqtt/retained.ts'
import { routed, type Delivery, type RoutedMessage } from '#gateway/mqtt/routed-message.ts'
import { Session, type SessionEvents } from '#gateway/mqtt/session.ts'
import { splitShare, subscriptionBytes, Subscriptions, type Match } from '#gateway/mqtt/subscriptions.ts'

/** What may be read; the code of the refusal where not. */
export type ReadCheck = (filter: string) => number | undefined

export interface NamespaceEvents extends SessionEvents {
  /** Its source was above a rate, and not read for so many milliseconds. */
  held(ms: number, cause: HoldCause): void
}

export interface NamespaceOptions {
  /** Of the source whose world it is. */
  readonly id: string
  readonly limits: MqttLimits
  readonly events: NamespaceEvents
  readonly mayRead: ReadCheck
  /** What may be held for all namespaces together. */
  readonly held: Budget
}

export class Namespace {
  readonly sessions = new Map<string, Session>()
  readonly retained: Retained
  readonly backlog: Backlog
  readonly pace: Pace
  readonly #options: NamespaceOptions
  readonly #subscriptions = new Subscriptions<Session>()
  readonly #filters: Budget

  constructor(options: NamespaceOptions) {
    const { limits, held } = options
    this.#options = options
    this.retained = new Retained(new Budget(limits.retainedBytesMax, held))
    this.backlog = new Backlog(new Budget(limits.queueBytesPerSourceMax, held))
    this.#filters = new Budget(limits.filterBytesPerSourceMax, held)
    this.pace = new Pace(options.limits, (ms, cause) => options.events.held(ms, cause))
  }

  get id(): string { return this.#options.id }
  get subscriptionCount(): number { return this.#subscriptions.count }
  /** There is nothing to remember, and nothing that a new one would forgive its source. */
  get isEmpty(): boolean { return this.sessions.size === 0 && this.retained.count === 0 && this.pace.isRested }

  newSession(clientId: string): Session {
    const { limits, events } = this.#options, session = new Session(clientId, limits, events, this.backlog)
    this.sessions.set(clientId, session)
    return session
  }

  /** Forgets a session with all that it subscribed to. */
  end(session: Session): void {
    for (const filter of session.subscriptions.keys()) this.#remove(session, filter)
    session.subscriptions.clear()
    session.clear()
    if (this.sessions.get(session.clientId) === session) this.sessions.delete(session.clientId)
  }

  /** The reason code of the SUBACK, and what is retained there, to be sent behind it. */
  subscribe(session: Session, wish: FilterWish, subscriptionId: number | undefined, now: number): { readonly code: number, readonly retained: readonly Delivery[] } {
    const { limits, mayRead } = this.#options, { filter, qos, noLocal, retainAsPublished, retainHandling } = wish, { share, rest } = splitShare(filter)
    const refusal = filter.length > limits.topicCharsMax ? REASON.BAD_FILTER : mayRead(rest)
    if (refusal !== undefined) return { code: refusal, retained: [] }
    const options = { qos, noLocal, retainAsPublished, subscriptionId }, isNew = !session.subscriptions.has(filter)
    if (isNew && this.#subscriptions.count >= limits.filtersPerSourceMax) return { code: REASON.QUOTA, retained: [] }
    if (!this.add(session, filter, options)) return { code: REASON.QUOTA, retained: [] }
    session.isDirty = true
    const isSent = share === undefined && (retainHandling === 0 || (retainHandling === 1 && isNew))
    const subscriptionIds = subscriptionId === undefined ? undefined : [subscriptionId]
    const found = isSent ? this.retained.match(rest, now).map((message): Delivery => ({ message, qos: lower(message.qos, qos), retain: true, subscriptionIds })) : []
    return { code: qos, retained: found }
  }

  /** False where there was none. */
  unsubscribe(session: Session, filter: string): boolean {
    session.isDirty = true
    session.subscriptions.delete(filter)
    return this.#remove(session, filter)
  }

  /** Notes a subscription that is allowed. False where there is no room for it. */
  add(session: Session, filter: string, options: Omit<Match, 'subscriptionIds'>): boolean {
    if (!session.subscriptions.has(filter) && !this.#filters.take(subscriptionBytes(filter))) return false
    this.#subscriptions.add(filter, session, options)
    session.subscriptions.set(filter, options)
    return true
  }

  /** Forgets everything. */
  clear(): void {
    for (const session of [...this.sessions.values()]) this.end(session)
    this.retained.clear()
    this.#filters.give(this.#filters.used)
  }

  /** Whether anybody would get it. */
  hasReaders(topic: string): boolean { return this.#subscriptions.reaches(topic) }

  /** Keeps what is to be retained, and hands the message to all who read its topic; one whose time is over [MQTT5-3.3.2-5] to nobody. */
  route(publish: Pick<Publish | Will, 'topic' | 'payload' | 'qos' | 'retain'> & Partial<Pick<Publish, 'receivedAt' | 'properties'>>, from: Session | undefined, now: number): void {
    if (publish.topic.startsWith('$')) return
    const matches = this.#subscriptions.match(publish.topic, from)
    if (matches.size === 0 && !publish.retain) return
    const message = routed(publish, publish.receivedAt ?? now), isLate = message.expiresAt < now
    if (publish.retain) this.#retain(message, isLate)
    if (isLate) return
    for (const [session, match] of matches) {
      session.deliver({ message, qos: lower(message.qos, match.qos), retain: message.retain && match.retainAsPublished, subscriptionIds: match.subscriptionIds }, now)
    }
  }

  /**
   * An empty one takes back what was retained [MQTT-3.3.1-10], and so does one that is late. What would break the quota is not retained; where it was to replace another,
   * that one is not true any more, and goes.
   */
  #retain(message: RoutedMessage, isLate: boolean): void {
    const { retained } = this, { limits, events } = this.#options
    if (message.payload.length === 0 || isLate) return retained.delete(message.topic)
    if ((retained.count < limits.retainedPerSourceMax || retained.get(message.topic)) && retained.set(message)) return
    retained.delete(message.topic)
    events.skipped()
  }

  #remove(session: Session, filter: string): boolean {
    const isGone = this.#subscriptions.remove(filter, session)
    if (isGone) this.#filters.give(subscriptionBytes(filter))
    return isGone
  }
}

function lower<Q extends number>(one: Q, other: Q): Q { return one < other ? one : other }
