// The embedded Streamr-style network: streams with ids and publish permission from their owner's key, messages in order, subscribers by permission, resend of what is kept.
import { isOutlet, type Outlet } from '#gateway/decision/standing.ts'
import type { Plan, Plans } from '#gateway/decision/plans.ts'
import type { Stream, Streams } from '#gateway/devices/streams.ts'
import { GatewayError, notFound, type RefusalCode } from '#gateway/errors.ts'
import type { Journal } from '#gateway/journal/journal.ts'
import type { Log } from '#gateway/telemetry/log.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import type { Agreement } from '#gateway/market/agreement.ts'
import type { Agreements } from '#gateway/market/agreements.ts'
import type { Meter } from '#gateway/market/meter.ts'
import type { Offers } from '#gateway/market/offers.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { Channel, newMsgChainId } from '#gateway/publish/channel.ts'
import { parseMessageId, type Message } from '#gateway/publish/message.ts'
import { OwnerSession } from '#gateway/publish/owner-session.ts'
import { REFUSAL_TEXTS } from '#gateway/publish/refusal-texts.ts'
import { Session } from '#gateway/publish/session.ts'
import type { Sink } from '#gateway/publish/sink.ts'
import { view, type Entity } from '#semantic-models/entity.ts'

export const SESSIONS_PER_PARTY_MAX = 1_000

export interface NetworkOptions {
  readonly journal: Journal
  readonly plans: Plans
  readonly streams: Streams
  readonly offers: Offers
  readonly agreements: Agreements
  readonly meter: Meter
  readonly clock: Clock
  readonly log: Log
  /** Told of each hand-over to a subscriber. */
  readonly onDelivered: (count: number) => void
}

/** What a transport holds of a subscription. */
export interface Subscription { close(): void }

export class Network {
  readonly #options: NetworkOptions
  readonly #channels = new Map<number, Channel>()
  readonly #msgChainId = newMsgChainId()
  readonly #sessionsOf = new Map<string, number>()

  constructor(options: NetworkOptions) {
    this.#options = options
    options.plans.onExpired = stream => this.#reviewSessions(stream)
  }

  get sessionCount(): number { return [...this.#sessionsOf.values()].reduce((sum, count) => sum + count, 0) }

  /** Numbers an observation as the next message of its stream. */
  next(stream: Stream, entity: Entity, receivedAt: number, isKept: boolean): Message {
    return this.#channel(stream).next(entity, receivedAt, isKept)
  }

  /** Shows the stream's owner a message, whoever else may have it. */
  show(message: Message): void {
    for (const session of this.#channels.get(message.stream.number)?.owners ?? []) session.offer(message)
  }

  /**
   * Hands one turn's messages to whoever may have them at this moment; a grant that has gone since a message was kept lets nothing out.
   * Tells for each message whether it went to at least one outlet, else the reason.
   */
  publish(messages: readonly Message[], settle: (message: Message, refusal: RefusalCode | undefined) => void): void {
    const touched = new Set<Session>()
    for (const message of messages) {
      const plan = this.#options.plans.of(message.stream)
      const outlets = this.#offer(message, plan, touched)
      this.show(message)
      settle(message, outlets > 0 ? undefined : this.#options.plans.of(message.stream).refusal)
    }
    this.#handOver(touched)
  }

  /** Ends whatever a party has open: its keys have stopped. */
  endParty(partyId: string): void {
    for (const { stream, sessions, owners } of this.#channels.values()) {
      for (const session of sessions) if (session.outlet.subscriberId === partyId) session.end('UNAUTHENTICATED', KEYS_ENDED, true)
      if (stream.ownerId === partyId) for (const session of owners) session.end('UNAUTHENTICATED', KEYS_ENDED)
    }
  }

  /**
   * Opens a stream for a party: as its owner, or under an agreement that stands. Throws with the code where it is refused.
   * `from`: nothing (what comes from now on), `earliest`, an RFC 3339 time, or the id of the last message seen.
   */
  open(party: Party, streamId: string, from: string | undefined, sink: Sink): Subscription {
    const stream = this.#options.streams.get(streamId)
    if (!stream) throw notFound('stream')
    if ((this.#sessionsOf.get(party.id) ?? 0) >= SESSIONS_PER_PARTY_MAX) throw new GatewayError('LIMIT_REACHED', `You have ${SESSIONS_PER_PARTY_MAX} subscriptions open: close some first.`)
    const close = stream.ownerId === party.id ? this.#openAsOwner(stream, sink) : this.#openAsSubscriber(party, stream, from, sink)
    return { close }
  }

  /** To be called when a consent or an agreement on a stream has changed: whoever may no longer have it is told, and gets nothing more. */
  review(stream: Stream): void {
    this.#options.plans.invalidate(stream)
    this.#reviewSessions(stream)
  }

  /** Ends what has expired by itself. */
  tick(): void {
    for (const { sessions, stream } of this.#channels.values()) if (sessions.size > 0) this.#options.plans.of(stream)
  }

  /** Ends every subscription. */
  stop(): void {
    for (const channel of this.#channels.values()) {
      for (const session of channel.sessions) session.end('UNAVAILABLE', 'The gateway stops.')
      for (const session of channel.owners) session.end('UNAVAILABLE', 'The gateway stops.')
    }
  }

  /** What it costs is written down first. What cannot be written down is not handed over: its sessions end, and resume from the journal later. */
  #handOver(touched: ReadonlySet<Session>): void {
    try {
      this.#options.meter.commit()
    } catch (error) {
      this.#options.log.error({ error: String(error), sessions: touched.size }, 'Failed to write the usage log: subscribers have to come again')
      for (const session of touched) session.end('UNAVAILABLE', 'The gateway cannot write its books at the moment. Try again.', true)
      return
    }
    for (const session of touched) session.flush()
  }

  #offer(message: Message, plan: Plan, touched: Set<Session>): number {
    const sessions = this.#channels.get(message.stream.number)?.sessions
    if (!sessions || sessions.size === 0) return plan.outlets.length
    const views = new Map<number, string>()
    for (const session of sessions) {
      const { mask } = session.outlet
      let content = views.get(mask)
      if (content === undefined) views.set(mask, content = view(message.entity, mask))
      session.offer(message, content)
      touched.add(session)
    }
    return this.#options.plans.of(message.stream).outlets.length // an agreement may have come to its end just now
  }

  #reviewSessions(stream: Stream): void {
    for (const session of this.#channels.get(stream.number)?.sessions ?? []) this.#reviewSession(session)
  }

  #reviewSession(session: Session): void {
    const agreement = this.#options.agreements.get(session.outlet.agreementId)
    const standing = agreement ? this.#options.plans.standingOf(agreement) : 'NO_AGREEMENT'
    if (isOutlet(standing)) session.outlet = standing
    else session.end(standing, REFUSAL_TEXTS[standing], standing !== 'SUSPENDED' || agreement?.exhaustedAt === undefined)
  }

  #openAsOwner(stream: Stream, sink: Sink): () => void {
    const { owners } = this.#channel(stream)
    const session = new OwnerSession(sink, closed => { if (owners.delete(closed)) this.#count(stream.ownerId, -1) })
    owners.add(session)
    this.#count(stream.ownerId, 1)
    return () => session.close()
  }

  #openAsSubscriber(party: Party, stream: Stream, from: string | undefined, sink: Sink): () => void {
    const { journal, meter, clock, log, onDelivered } = this.#options
    const { agreement, outlet } = this.#permission(party, stream), channel = this.#channel(stream)
    const position = this.#startOf(stream, from)
    if (!meter.connected(agreement.id)) throw new GatewayError('SUSPENDED', REFUSAL_TEXTS.SUSPENDED)
    this.#count(party.id, 1)
    const session = new Session({
      stream, journal, meter, clock, log, sink, outlet, from: position, onDelivered,
      onClosed: closed => { channel.sessions.delete(closed); meter.disconnected(agreement.id); this.#count(party.id, -1) },
    })
    channel.sessions.add(session)
    return () => session.close()
  }

  /** Subscribe permission: an agreement of the party that stands; else the reason that came nearest, or that there is no such stream for them. */
  #permission(party: Party, stream: Stream): { agreement: Agreement, outlet: Outlet } {
    const { agreements, offers, plans } = this.#options
    const own = agreements.ofSubscriber(party.id, stream.id)
    let nearest: RefusalCode = 'NO_AGREEMENT'
    for (const agreement of own) {
      const outlet = plans.standingOf(agreement)
      if (isOutlet(outlet)) return { agreement, outlet }
      nearest = agreement.endedAt === undefined ? outlet : nearest
    }
    if (own.length === 0 && offers.on(stream.id).length === 0) throw notFound('stream')
    throw new GatewayError(nearest, REFUSAL_TEXTS[nearest])
  }

  #startOf(stream: Stream, from: string | undefined): number {
    const index = this.#options.journal.indexOf(stream.number)
    if (from === undefined || from === '') return index?.lastPosition ?? 0
    if (from === 'earliest') return 0
    const id = parseMessageId(from)
    if (id) return index?.positionAt(id.timestamp, id.sequenceNumber) ?? 0
    const instant = RFC3339.test(from) ? Date.parse(from) : NaN
    if (Number.isNaN(instant)) throw new GatewayError('BAD_REQUEST', '`from` is `earliest`, a time such as 2026-05-04T10:15:30Z, or the id of a message.')
    return index?.positionBefore(instant) ?? 0
  }

  #channel(stream: Stream): Channel {
    let channel = this.#channels.get(stream.number)
    if (!channel) {
      const index = this.#options.journal.indexOf(stream.number)
      channel = new Channel(stream, this.#msgChainId, {
        lastTimestamp: index?.timestamps.at(-1) ?? 0, lastSequenceNumber: index?.sequenceNumbers.at(-1) ?? 0,
        lastPosition: Math.max(index?.lastPosition ?? 0, this.#options.meter.highestPosition(stream.id)),
      })
      this.#channels.set(stream.number, channel)
    }
    return channel
  }

  #count(partyId: string, change: 1 | -1): void {
    const count = (this.#sessionsOf.get(partyId) ?? 0) + change
    if (count > 0) this.#sessionsOf.set(partyId, count)
    else this.#sessionsOf.delete(partyId)
  }
}

const KEYS_ENDED = 'The key that opened this has stopped: use the new one.'
const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/
