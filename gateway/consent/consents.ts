// Consents: the fold of all consent events, held in memory. A change is on disk first, then known, then told, then answered.
import type { DatabaseSync } from 'node:sqlite'
import { ConsentEvents, type ConsentEvent, type Erased, type Given, type Link } from '#gateway/consent/events.ts'
import { stateOf, type Grant } from '#gateway/consent/grant.ts'
import { hoursOf } from '#gateway/consent/keep.ts'
import { normalPurposes } from '#gateway/consent/purposes.ts'
import { receiptOf, type Receipt } from '#gateway/consent/receipt.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import { prefixedId } from '#gateway/lib/ids.ts'

export const PURPOSES_MAX = 32
export const ATTRIBUTES_MAX = 64
/** Grants in force on one stream. */
export const GRANTS_PER_STREAM_MAX = 1_000
/** The last instant that RFC 3339 can write: 9999-12-31T23:59:59.999Z. */
export const UNTIL_MAX = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

export interface NewGrant {
  readonly ownerId: string
  /** Of a stream of this owner. */
  readonly streamId: string
  readonly recipient: string
  readonly purposes: readonly string[]
  readonly attributes: readonly string[]
  readonly until?: number
  /** ISO 8601, see `hoursOf`. */
  readonly keep?: string
}

interface Entry { grant: Grant, link: Link }

export class Consents {
  readonly #clock: Clock
  readonly #onChange: (streamId: string) => void
  readonly #events: ConsentEvents
  readonly #byId = new Map<string, Entry>()
  readonly #byStream = new Map<string, Entry[]>()
  readonly #byOwner = new Map<string, Entry[]>()
  readonly #byRecipient = new Map<string, Entry[]>()

  /** Throws UNAVAILABLE when the chain of events is broken: without it nobody knows what may leave. */
  constructor(database: DatabaseSync, clock: Clock, onChange: (streamId: string) => void) {
    this.#clock = clock
    this.#onChange = onChange
    this.#events = new ConsentEvents(database)
    this.#events.load((event, link) => this.#apply(event, link))
  }

  /** Gives a consent. Throws BAD_REQUEST for a wish that makes no sense, LIMIT_REACHED. */
  grant(wish: NewGrant): { grant: Grant, receipt: Receipt } {
    const event = this.#given(wish), inForce = this.on(wish.streamId).filter(grant => stateOf(grant, event.at) === 'given')
    if (inForce.length >= GRANTS_PER_STREAM_MAX) {
      throw new GatewayError('LIMIT_REACHED', `${GRANTS_PER_STREAM_MAX} consents are in force on this stream: withdraw some first.`)
    }
    return this.#commit(event)
  }

  /**
   * Withdraws a consent. Every call tells `onChange` before it answers, so none is answered while something may still leave.
   * The first call sets the time.
   * Throws NOT_FOUND for what is not the owner's.
   */
  withdraw(ownerId: string, consentId: string): { grant: Grant, receipt: Receipt, effectiveAt: number } {
    const entry = this.#byId.get(consentId)
    if (entry?.grant.ownerId !== ownerId) throw notFound('consent')
    if (entry.grant.withdrawnAt === undefined) this.#commit({ type: 'withdrawn', consentId, ownerId, at: this.#clock.now() })
    else this.#onChange(entry.grant.streamId)
    return { grant: entry.grant, receipt: receiptOf(entry.grant, entry.link), effectiveAt: entry.grant.withdrawnAt! }
  }

  get(consentId: string): Grant | undefined { return this.#byId.get(consentId)?.grant }

  /** In the order in which they were given, whatever their state. */
  list(ownerId: string): readonly Grant[] { return grantsOf(this.#byOwner.get(ownerId)) }

  /** All grants on a stream, whatever their state. */
  on(streamId: string): readonly Grant[] { return grantsOf(this.#byStream.get(streamId)) }

  /** All grants that name a recipient, whatever their state. */
  to(recipient: string): readonly Grant[] { return grantsOf(this.#byRecipient.get(recipient)) }

  /** Consents whose payloads are gone: they were erased. Whoever delivers by them is told. */
  forget(consentIds: Iterable<string>): void {
    for (const id of consentIds) {
      const entry = this.#byId.get(id)
      if (!entry) continue
      this.#remove(entry)
      this.#onChange(entry.grant.streamId)
    }
  }

  /** Checks the chain on disk and counts its events. Throws UNAVAILABLE where it is broken. */
  verify(): number { return this.#events.verify() }

  #given({ ownerId, streamId, recipient, until, keep, ...wish }: NewGrant): Given {
    const at = this.#clock.now(), purposes = normalPurposes(wish.purposes), attributes = [...new Set(wish.attributes)]
    if (recipient === '') throw badRequest('A consent names a recipient: the id of a party, or any.')
    if (!isCount(purposes.length, PURPOSES_MAX)) throw badRequest(`A consent names 1 to ${PURPOSES_MAX} purposes.`)
    if (!isCount(attributes.length, ATTRIBUTES_MAX)) throw badRequest(`A consent names 1 to ${ATTRIBUTES_MAX} attributes.`)
    if (until !== undefined && !(until > at && until <= UNTIL_MAX)) throw badRequest('The time until which a consent holds lies ahead.')
    if (keep !== undefined) hoursOf(keep)
    return {
      type: 'given', consentId: prefixedId('grant'), ownerId, at, streamId, recipient, purposes, attributes,
      ...(until !== undefined && { until }), ...(keep !== undefined && { keep }),
    }
  }

  #commit(event: ConsentEvent): { grant: Grant, receipt: Receipt } {
    this.#apply(event, this.#events.append(event))
    const { grant, link } = this.#byId.get(event.consentId)!
    this.#onChange(grant.streamId)
    return { grant, receipt: receiptOf(grant, link) }
  }

  #apply(event: ConsentEvent | Erased, link: Link): void {
    if (event.type === 'given') return this.#add({ grant: grantFrom(event), link })
    const entry = this.#byId.get(event.consentId)
    if (entry === undefined) return
    // A consent of which any event was erased lets nothing out: that event may have been its withdrawal.
    if (event.type === 'erased') return this.#remove(entry)
    entry.grant = { ...entry.grant, withdrawnAt: event.at }
    entry.link = link
  }

  #add(entry: Entry): void {
    const { id, streamId, ownerId, recipient } = entry.grant
    this.#byId.set(id, entry)
    for (const [index, key] of [[this.#byStream, streamId], [this.#byOwner, ownerId], [this.#byRecipient, recipient]] as const) {
      const siblings = index.get(key)
      if (siblings) siblings.push(entry)
      else index.set(key, [entry])
    }
  }

  #remove(entry: Entry): void {
    const { id, streamId, ownerId, recipient } = entry.grant
    this.#byId.delete(id)
    for (const siblings of [this.#byStream.get(streamId)!, this.#byOwner.get(ownerId)!, this.#byRecipient.get(recipient)!]) siblings.splice(siblings.indexOf(entry), 1)
  }
}

function badRequest(message: string): GatewayError { return new GatewayError('BAD_REQUEST', message) }

function isCount(count: number, most: number): boolean { return count >= 1 && count <= most }

function grantFrom({ consentId, ownerId, streamId, recipient, purposes, attributes, at, until, keep }: Given): Grant {
  return { id: consentId, ownerId, streamId, recipient, purposes, attributes, grantedAt: at, ...(until !== undefined && { until }), ...(keep !== undefined && { keep }) }
}

function grantsOf(entries: readonly Entry[] = []): readonly Grant[] {
  return entries.map(({ grant }) => grant)
}
