// The embedded Streamr-style network: streams with ids and publish permission from their owner's key, messages in order, subscribers by
// permission, resend of what is kept.
import type { Plan, Plans } from '#gateway/decision/plans.ts'
import { furthest, isOutlet, type Outlet } from '#gateway/decision/standing.ts'
import type { Stream, Streams } from '#gateway/devices/streams.ts'
import { GatewayError, notFound, type RefusalCode } from '#gateway/errors.ts'
import type { Journal } from '#gateway/journal/journal.ts'
import type { Agreement } from '#gateway/market/agreement.ts'
import type { Agreements } from '#gateway/market/agreements.ts'
import type { Meter } from '#gateway/market/meter.ts'
import type { Offers } from '#gateway/market/offers.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { Channel, newMsgChainId } from '#gateway/publish/channel.ts'
import type { Message, Turn } from '#gateway/publish/message.ts'
import { OwnerSession } from '#gateway/publish/owner-session.ts'
import { PartySessions } from '#gateway/publish/party-sessions.ts'
import { REFUSAL_TEXTS } from '#gateway/publish/refusal-texts.ts'
import { Sampler } from '#gateway/publish/sampler.ts'
import { Session } from '#gateway/publish/session.ts'
import type { Sink } from '#gateway/publish/sink.ts'
import { startOf } from '#gateway/publish/start-of.ts'
import type { Log } from '#gateway/telemetry/log.ts'
import { View } from '#gateway/publish/view.ts'
import type { Packed } from '#semantic-models/packed.ts'

/** A stream of each device that one source may speak for. */
export const SESSIONS_PER_PARTY_MAX = 20_000

export interface NetworkOptions {
  readonly journal: Journal
  readonly plans: Plans
  readonly streams: Streams
  readonly offers: Offers
  readonly agreements: Agreements
  readonly meter: Meter
  readonly log: Log
  /** Told of each hand-over to a subscriber. */
  readonly onDelivered: (count: number) => void
  /** Whether a connection that a consent has fed is reset when that goes: then it is not for the kernel to send what it has. */
  readonly resetsOnWithdrawal?: boolean
}

/** What a transport holds of a subscription: to be stopped when it takes nothing more, and closed when it has gone. */
export interface Subscription { stop(): void, close(): void }

/** Of the messages of one turn: how many went to somebody, and the streams of those for which there is somebody who will find them in the journal. */
export interface Published { readonly taken: number, readonly away: readonly Stream[] }

export class Network {
  readonly #options: NetworkOptions
  readonly #channels = new Map<number, Channel>()
  readonly #sessions = new PartySessions<Session | OwnerSession>()
  /** Of all messages that this gateway publishes, until it stops. */
  readonly msgChainId = newMsgChainId()
  #fault: Error | undefined

  constructor(options: NetworkOptions) {
    this.#options = options
    options.plans.onExpired = stream => this.#reviewSessions(stream)
  }

  /** Why nothing is handed over at the moment: it cannot be written down. Undefined while all is well. */
  get fault(): Error | undefined { return this.#fault }
  get sessionCount(): number { return this.#sessions.count }

  /** Whether its owner is looking at a stream. */
  isWatched(stream: Stream): boolean { return (this.#channels.get(stream.number)?.owners.size ?? 0) > 0 }

  /** Shows the stream's owner the whole of a message, whoever else may have it. */
  show(message: Message, content: Packed): void {
    for (const session of this.channelOf(message.stream).owners) session.offer({ ...message, content })
  }

  /**
   * Hands one turn's messages to whoever may have them at this moment; a grant that has gone since a message came lets nothing out.
   * Tells of each of those that may go nowhere any more the reason.
   */
  publish(turn: Turn, refused: (code: RefusalCode) => void): Published {
    const { plans } = this.#options, touched: Session[] = [], now = plans.now()
    const away: Stream[] = []
    let taken = 0
    for (let n = 0; n < turn.count; n++) {
      const message = turn.messageAt(n), { plan: known, stream } = message, plan = known?.isCurrent && now < known.validUntil ? known : plans.of(stream)
      const isTaken = this.#offer(message, plan, touched), refusal = isTaken ? undefined : this.#refusalOf(message, plans.of(stream))
      if (isTaken) taken++
      else if (refusal === undefined) away.push(stream)
      else refused(refusal)
    }
    if (touched.length > 0) this.#flush(touched)
    return { taken, away }
  }

  /**
   * Opens a stream for a party: as its owner, or under an agreement that stands. Throws with the code where it is refused. `from` as in
   * `startOf`. `connect` makes the transport ready, when nothing stands in the way any more; where it throws, nothing was opened.
   */
  open(party: Party, streamId: string, from: string | undefined, connect: () => Sink): Subscription {
    const stream = this.#options.streams.get(streamId)
    if (!stream) throw notFound('stream')
    if (this.#sessions.of(party.id).size >= SESSIONS_PER_PARTY_MAX) {
      throw new GatewayError('LIMIT_REACHED', `You have ${SESSIONS_PER_PARTY_MAX} subscriptions open: close some first.`)
    }
    return stream.ownerId === party.id ? this.#openAsOwner(stream, connect()) : this.#openAsSubscriber(party, stream, from, connect)
  }

  /** To be called when a consent or an agreement on a stream has changed: whoever may no longer have it is told, and gets nothing more. */
  review(stream: Stream): void {
    const { plans } = this.#options
    plans.invalidate(stream)
    // Only a compiled plan notices that a grant ends by itself, and nothing may be sent until then.
    if ((this.#channels.get(stream.number)?.sessions.size ?? 0) > 0) plans.of(stream)
    this.#reviewSessions(stream)
  }

  /** When a consent on a stream begins that is given now. */
  beginningOf(stream: Stream | undefined, now: number): number { return stream ? this.channelOf(stream).begin(now) : now }

  /** A stream that was erased: whoever still has it open gets nothing more. */
  forget(stream: Stream): void {
    this.review(stream)
    for (const session of this.#channels.get(stream.number)?.owners ?? []) session.end('NOT_FOUND', STREAM_ERASED, true)
    this.#channels.delete(stream.number)
    this.#options.plans.forget(stream)
  }

  /** Ends whatever a party has open: its keys have stopped. */
  endParty(partyId: string): void {
    for (const session of this.#sessions.of(partyId)) session.end('UNAUTHENTICATED', KEYS_ENDED, true)
  }

  /** To be called every second: ends what has expired however the clock was set, and goes on with what could not be handed over. */
  tick(): void {
    if (this.#fault) this.#commit()
    for (const { sessions, stream } of this.#channels.values()) {
      if (sessions.size > 0) this.#options.plans.of(stream)
      for (const session of sessions) session.resume()
    }
  }

  /** Ends every subscription. */
  stop(): void {
    for (const session of this.#sessions) session.end('UNAVAILABLE', 'The gateway stops.')
  }

  /** What all of them were charged is written down at once. */
  #flush(touched: readonly Session[]): void {
    const isCommitted = this.#commit()
    for (const session of touched) session.flush(isCommitted)
  }

  /** Whether somebody took it who is there. */
  #offer(message: Message, plan: Plan, touched: Session[]): boolean {
    const channel = message.channel!, { only } = channel
    channel.published = message.position
    if (only) return this.#offerTo(only, message, plan, undefined, touched)
    if (channel.sessions.size === 0) return false
    const views = new Map<number, View>()
    let isTaken = false
    for (const session of channel.sessions) isTaken = this.#offerTo(session, message, plan, views, touched) || isTaken
    return isTaken
  }

  #offerTo(session: Session, message: Message, plan: Plan, views: Map<number, View> | undefined, touched: Session[]): boolean {
    const outlet = session.outletFor(message, plan)
    if (!outlet) return false
    const view = viewIn(views, message, outlet)
    if (outlet.transform !== undefined && view.isEmpty) return false
    if (session.isEmpty) touched.push(session)
    return session.take(view, outlet)
  }

  /** Why a message went nowhere; undefined where there is an outlet for it: an agreement may have come to its end just now. */
  #refusalOf(message: Message, { outlets, refusal }: Plan): RefusalCode | undefined {
    if (outlets.size === 0) return refusal
    const { stream, timestamp, content } = message
    let nearest: RefusalCode = 'NO_CONSENT'
    for (const { since, mask, transform } of outlets.values()) {
      if (timestamp < since || (mask & content.mask) === 0) continue
      if (transform === undefined || new Sampler(this.#options.journal, stream.number).takes(transform, message)) return undefined
      nearest = 'RATE_LIMITED'
    }
    return nearest
  }

  #reviewSessions(stream: Stream): void {
    for (const session of this.#channels.get(stream.number)?.sessions ?? []) this.#reviewSession(session)
  }

  /** What is paid for goes out even when the budget is spent by it. Of a grant that is gone nothing does, whatever became of the session. */
  #reviewSession(session: Session): void {
    const { agreements, plans, resetsOnWithdrawal } = this.#options, agreement = agreements.get(session.agreementId)!, standing = plans.standingOf(agreement)
    const isGranted = session.fedBy === undefined || plans.isCoveredBy(agreement, session.fedBy)
    if (!isGranted && resetsOnWithdrawal) return session.reset(isOutlet(standing) ? 'UNAVAILABLE' : standing)
    if (!isOutlet(standing)) session.end(standing, REFUSAL_TEXTS[standing], !isGranted || agreement.exhaustedAt === undefined)
    if (!isGranted && session.isWaiting) session.end('UNAVAILABLE', CONSENT_REPLACED, true)
  }

  #openAsOwner(stream: Stream, sink: Sink): Subscription {
    const channel = this.channelOf(stream)
    const session = new OwnerSession(sink, () => { channel.leaveOwner(session); this.#sessions.delete(stream.ownerId, session) })
    channel.joinOwner(session)
    this.#sessions.add(stream.ownerId, session)
    return session
  }

  #openAsSubscriber(party: Party, stream: Stream, from: string | undefined, connect: () => Sink): Subscription {
    const { journal, plans, meter, log, onDelivered } = this.#options
    const { id: agreementId } = this.#permission(party, stream), channel = this.channelOf(stream), { published } = channel
    const session: Session = new Session({
      channel, agreementId, journal, plans, meter, log, onDelivered,
      from: startOf({ published, positionAt: (timestamp, sequenceNumber) => journal.positionAt(stream.number, timestamp, sequenceNumber) }, from),
      sink: this.#connected(agreementId, connect),
      commit: () => this.#commit(),
      onEnded: () => meter.disconnected(agreementId),
      onClosed: () => { channel.leave(session); this.#sessions.delete(party.id, session) },
    })
    channel.join(session)
    this.#sessions.add(party.id, session)
    return session
  }

  /** The transport, of which the meter knows: its seconds count from here on. */
  #connected(agreementId: string, connect: () => Sink): Sink {
    const { meter } = this.#options
    if (!meter.connected(agreementId)) throw new GatewayError('SUSPENDED', REFUSAL_TEXTS.SUSPENDED)
    try {
      return connect()
    } catch (error) {
      meter.disconnected(agreementId)
      throw error
    }
  }

  /** Subscribe permission: an agreement that stands. Throws the reason that came nearest, or that there is no such stream for them. */
  #permission(party: Party, stream: Stream): Agreement {
    const { agreements, offers, plans } = this.#options
    const own = agreements.ofSubscriber(party.id, stream.id), { outlets } = plans.of(stream)
    const standing = own.find(({ id }) => outlets.has(id))
    if (standing) return standing
    if (own.length === 0 && offers.on(stream.id).length === 0) throw notFound('stream')
    const standings = own.filter(({ endedAt }) => endedAt === undefined).map(agreement => plans.standingOf(agreement))
    const refusals = standings.filter((each): each is RefusalCode => !isOutlet(each))
    const nearest = refusals.length > 0 ? refusals.reduce(furthest) : 'NO_AGREEMENT'
    throw new GatewayError(nearest, REFUSAL_TEXTS[nearest])
  }

  /** Writes down what was charged, and tells when that begins to fail and when it is well again. */
  #commit(): boolean {
    const { meter, log } = this.#options, before = this.#fault
    try {
      meter.commit()
      this.#fault = undefined
      if (before) log.info('Handing over again')
      return true
    } catch (error) {
      this.#fault = error as Error
      if (!before) log.error({ error: String(error) }, 'Failed to write the usage log: nothing is handed over until it can be written')
      return false
    }
  }

  /** The publisher's end of a stream: the same one for as long as the gateway runs. */
  channelOf(stream: Stream): Channel {
    let channel = this.#channels.get(stream.number)
    if (!channel) {
      const index = this.#options.journal.indexOf(stream.number)
      channel = new Channel(stream, this.msgChainId, {
        lastTimestamp: index?.lastTimestamp ?? 0, lastSequenceNumber: index?.lastSequenceNumber ?? 0,
        lastPosition: Math.max(index?.lastPosition ?? 0, this.#options.meter.highestPosition(stream.id)),
      })
      this.#channels.set(stream.number, channel)
    }
    return channel
  }
}

/** The view of a message that was made for somebody else already, or a new one. `views`: by their masks. */
function viewIn(views: Map<number, View> | undefined, message: Message, { mask: wanted, transform }: Outlet): View {
  const mask = wanted & message.content.mask, first = views?.get(mask)
  let made = first
  while (made && made.transform !== transform) made = made.sibling
  if (made) {
    made.keep()
    return made
  }
  const view = new View(message, mask, transform)
  view.sibling = first
  views?.set(mask, view)
  return view
}

const KEYS_ENDED = 'The key that opened this has stopped: use the new one.'
const STREAM_ERASED = 'The stream was erased.'
const CONSENT_REPLACED = 'The consent has gone, and another has taken its place. Open the stream again.'
