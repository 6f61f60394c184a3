// Consents: the fold of all consent events, held in memory. A change is on disk first, then known, then told, then answered.
import type { DatabaseSync } from 'node:sqlite'
import { broken } from '#gateway/consent/chain.ts'
import { ConsentEvents, factOf, type ConsentEvent, type Erased, type Given, type Link, type Recorded, type Terms } from '#gateway/consent/events.ts'
import { Expiries } from '#gateway/consent/expiries.ts'
import { grantAfter, grantFrom, requestFrom, type Request } from '#gateway/consent/fold.ts'
import { stateOf, type Grant } from '#gateway/consent/grant.ts'
import { hoursOf } from '#gateway/consent/keep.ts'
import { mayFollow, type EventType } from '#gateway/consent/life.ts'
import type { NoticeRef, Notices } from '#gateway/consent/notices/notices.ts'
import { normalPurposes } from '#gateway/consent/purposes/purposes.ts'
import { receiptOf, type Receipt } from '#gateway/consent/receipt.ts'
import { narrowed, Requests, type Narrower, type NewRequest } from '#gateway/consent/requests.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import { prefixedId } from '#gateway/lib/ids.ts'
import { checkedCountry } from '#gateway/parties/countries.ts'
import type { SigningKey } from '#gateway/proof/signing-key.ts'
import { specOf } from '#gateway/transforms/spec.ts'
import type { Append } from '#gateway/transparency/entry.ts'

export const PURPOSES_MAX = 32
export const ATTRIBUTES_MAX = 64
/** Grants of one owner that stand on one stream. */
export const GRANTS_PER_STREAM_MAX = 1_000
/** Different sets of transforms in force on one stream, none among them: a message is made ready for each. */
export const FORMS_PER_STREAM_MAX = 16
/** The last instant that RFC 3339 can write: 9999-12-31T23:59:59.999Z. */
export const UNTIL_MAX = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

export interface NewGrant {
  readonly ownerId: string
  /** Of a stream that tells about this owner. */
  readonly streamId: string
  readonly recipient: string
  readonly purposes: readonly string[]
  readonly attributes: readonly string[]
  /** As `specTexts` writes them. */
  readonly transforms?: readonly string[]
  readonly until?: number
  /** ISO 8601, see `hoursOf`. */
  readonly keep?: string
  /** These as a grant has them. */
  readonly kind?: 'prohibition'
  readonly countries?: readonly string[]
  readonly onward?: boolean
  readonly explicit?: boolean
  readonly notBefore?: number
  /** Of the notice that it is given under; left out: the one that was written last. */
  readonly language?: string
}

export interface Renewal { readonly until?: number, readonly language?: string }

/** Why a consent is withdrawn, and by whom if not by its owner, who has lost the key. */
export interface Withdrawal { readonly by?: string, readonly reason?: string }

/** Somebody other than the owner takes a consent back. */
export interface Revocation { readonly by: string, readonly reason: string, readonly as: 'revoked' | 'invalidated' }

/** Expired consents that are written down at one time: each is signed, and nothing else is done meanwhile. */
export const EXPIRIES_AT_ONCE_MAX = 100

export interface ConsentsOptions {
  /** Signs every event. */
  readonly key: SigningKey
  readonly notices: Notices
  /** Takes each event into the transparency log. */
  readonly appendToLog?: Append
  /** When a consent on a stream begins that is given now: behind all that came before. Left out: now. */
  readonly beginningOf?: (streamId: string, now: number) => number
}

interface Entry { grant: Grant, link: Link }

export class Consents {
  readonly #clock: Clock
  readonly #onChange: (streamId: string) => void
  readonly #beginningOf: (streamId: string, now: number) => number
  readonly #events: ConsentEvents
  readonly #notices: Notices
  readonly #byId = new Map<string, Entry>()
  readonly #byStream = new Map<string, Entry[]>()
  readonly #byOwner = new Map<string, Entry[]>()
  readonly #byRecipient = new Map<string, Entry[]>()
  readonly #expiries = new Expiries()
  /** Of which any event was erased. */
  readonly #erased = new Set<string>()
  readonly requests = new Requests()

  /** Throws UNAVAILABLE when the chain of events is broken: without it nobody knows what may leave. */
  constructor(database: DatabaseSync, clock: Clock, onChange: (streamId: string) => void, { key, notices, appendToLog, beginningOf = (_, now) => now }: ConsentsOptions) {
    this.#clock = clock
    this.#onChange = onChange
    this.#beginningOf = beginningOf
    this.#notices = notices
    this.#events = new ConsentEvents(database, key, appendToLog && ((event, link) => { appendToLog(factOf(event, link, this.#recipientOf(event))) }))
    this.#events.load((event, link) => this.#apply(event, link))
  }

  /** Gives a consent. Throws BAD_REQUEST for a wish that makes no sense, LIMIT_REACHED. */
  grant(wish: NewGrant): { grant: Grant, receipt: Receipt } {
    const event = this.#given(prefixedId('grant'), wish)
    this.#checkRoom(event)
    return this.#commit(event)
  }

  /** Goes on with a consent that is in force, until another time, and under the notice of today. Throws NOT_FOUND, BAD_REQUEST, CONFLICT. */
  renew(ownerId: string, consentId: string, { until, language }: Renewal): { grant: Grant, receipt: Receipt } {
    const { grant } = this.#own(ownerId, consentId), at = this.#clock.now()
    if (stateOf(grant, at) !== 'given') throw new GatewayError('CONFLICT', 'This consent has ended, and what has ended does not come back: give a new one.')
    checkUntil(until, at)
    return this.#commit({ type: 'renewed', consentId, ownerId, at, ...(until !== undefined && { until }), notice: this.#notice(ownerId, language ?? grant.notice?.language) })
  }

  /**
   * Withdraws a consent. Every call tells `onChange` before it answers, so none is answered while something may still leave.
   * The first call sets the time, who and why.
   * Throws NOT_FOUND for what is not the owner's, BAD_REQUEST for somebody else who does not say why.
   */
  withdraw(ownerId: string, consentId: string, { by, reason }: Withdrawal = {}): { grant: Grant, receipt: Receipt, effectiveAt: number } {
    const entry = this.#own(ownerId, consentId)
    if (by !== undefined && reason === undefined) throw badRequest('Whoever withdraws for an owner says why: give a `reason`, which the owner reads.')
    if (lastOf(entry.grant) !== 'withdrawn') this.#commit({ type: 'withdrawn', consentId, ownerId, at: this.#clock.now(), ...(by !== undefined && { by }), ...(reason !== undefined && { reason }) })
    else this.#onChange(entry.grant.streamId)
    return { grant: entry.grant, receipt: receiptOf(entry.grant, entry.link), effectiveAt: entry.grant.withdrawnAt! }
  }

  /** Takes a consent back for its owner. Repeating it is like repeating a withdrawal. Throws NOT_FOUND, and CONFLICT for what has ended otherwise. */
  revoke(consentId: string, { by, reason, as }: Revocation): { grant: Grant, receipt: Receipt, effectiveAt: number } {
    const entry = this.#byId.get(consentId)
    if (!entry) throw notFound('consent')
    if (lastOf(entry.grant) !== as) this.#commit({ type: as, consentId, ownerId: entry.grant.ownerId, at: this.#clock.now(), by, reason })
    else this.#onChange(entry.grant.streamId)
    return { grant: entry.grant, receipt: receiptOf(entry.grant, entry.link), effectiveAt: entry.grant.withdrawnAt! }
  }

  /** Asks an owner for a consent. Throws BAD_REQUEST, RATE_LIMITED, LIMIT_REACHED. */
  request(wish: NewRequest): Request {
    const { ownerId, recipient, offerId } = wish, at = this.#clock.now(), consentId = prefixedId('grant')
    this.requests.check(wish, at)
    return this.#answer({ type: 'requested', consentId, ownerId, at, by: recipient, ...this.#terms(wish, at), ...(offerId !== undefined && { offerId }) })
  }

  /** Gives what was asked for, or less: the consent has the id of the request. Throws NOT_FOUND, BAD_REQUEST, CONFLICT, LIMIT_REACHED. */
  accept(ownerId: string, requestId: string, narrower: Narrower = {}): { grant: Grant, receipt: Receipt } {
    const request = this.requests.ofOwner(ownerId, requestId), { language } = narrower
    const event = this.#given(requestId, { ownerId, ...narrowed(request, narrower), ...(language !== undefined && { language }) })
    this.#checkRoom(event)
    return this.#commit(event)
  }

  /** Says no, or not now. Throws NOT_FOUND, CONFLICT where it was answered. */
  decline(ownerId: string, requestId: string, as: 'refused' | 'deferred'): Request {
    this.requests.ofOwner(ownerId, requestId)
    return this.#answer({ type: as, consentId: requestId, ownerId, at: this.#clock.now() })
  }

  /**
   * Writes down which consents have ended by themselves. They let nothing out from their time on, whether it is written down or not. To be
   * called now and then; tells how many there were.
   */
  expire(): number {
    const now = this.#clock.now(), due = this.#expiries.take(now, EXPIRIES_AT_ONCE_MAX).flatMap(id => this.#byId.get(id)?.grant ?? [])
    const ended = due.filter(grant => mayFollow(lastOf(grant), 'expired') && stateOf(grant, now) === 'expired')
    const events = ended.map(({ id, ownerId, until }): ConsentEvent => ({ type: 'expired', consentId: id, ownerId, at: until! }))
    try {
      if (events.length > 0) this.#events.appendAll(events).forEach((link, n) => this.#apply(events[n]!, link))
    } catch (error) {
      for (const { id, until } of ended) this.#expiries.add(until!, id)
      throw error
    }
    return events.length
  }

  get(consentId: string): Grant | undefined { return this.#byId.get(consentId)?.grant }

  /** Its events, as they are on disk. */
  history(consentId: string): readonly Recorded[] { return this.#events.of(consentId) }

  /** In the order in which they were given, whatever their state. */
  list(ownerId: string): readonly Grant[] { return grantsOf(this.#byOwner.get(ownerId)) }

  /** All grants on a stream, whatever their state. */
  on(streamId: string): readonly Grant[] { return grantsOf(this.#byStream.get(streamId)) }

  /** All grants that name a recipient, whatever their state. */
  to(recipient: string): readonly Grant[] { return grantsOf(this.#byRecipient.get(recipient)) }

  /** Consents and requests whose payloads are gone: they were erased. Whoever delivers by them is told. */
  forget(consentIds: Iterable<string>): void {
    for (const id of consentIds) {
      const streamId = this.#byId.get(id)?.grant.streamId
      this.#erase(id)
      if (streamId !== undefined) this.#onChange(streamId)
    }
  }

  /** Checks the chain on disk and counts its events. Throws UNAVAILABLE where it is broken. */
  verify(): number { return this.#events.verify() }

  #given(consentId: string, { ownerId, language, ...wish }: NewGrant): Given {
    const now = this.#clock.now(), at = this.#beginningOf(wish.streamId, now)
    return { type: 'given', consentId, ownerId, at, ...this.#terms(wish, now), notice: this.#notice(ownerId, language) }
  }

  #terms({ streamId, recipient, until, keep, notBefore, transforms = [], ...wish }: Omit<NewGrant, 'ownerId' | 'language'>, at: number): Terms {
    const purposes = normalPurposes(wish.purposes), attributes = [...new Set(wish.attributes)]
    if (recipient === '') throw badRequest('A consent names a recipient: the id of a party, or any.')
    if (!isCount(purposes.length, PURPOSES_MAX)) throw badRequest(`A consent names 1 to ${PURPOSES_MAX} purposes.`)
    if (!isCount(attributes.length, ATTRIBUTES_MAX)) throw badRequest(`A consent names 1 to ${ATTRIBUTES_MAX} attributes.`)
    checkUntil(until, at)
    if (notBefore !== undefined && !(notBefore < (until ?? UNTIL_MAX))) throw badRequest('A consent begins before it ends.')
    if (keep !== undefined) hoursOf(keep)
    if (!specOf(transforms)) throw badRequest('A transform that is not known is refused.')
    return {
      streamId, recipient, purposes, attributes, ...(transforms.length > 0 && { transforms }),
      ...(until !== undefined && { until }), ...(keep !== undefined && { keep }), ...(notBefore !== undefined && { notBefore }), ...restrictionsOf(wish),
    }
  }

  #notice(ownerId: string, language: string | undefined): NoticeRef {
    const { language: found, version, hash } = this.#notices.current(ownerId, language)
    return { language: found, version, hash }
  }

  #checkRoom({ ownerId, streamId, at, transforms = [] }: Given): void {
    const forms = new Set([transforms.join()])
    let count = 0
    for (const { grant } of this.#byStream.get(streamId) ?? []) {
      if (grant.ownerId !== ownerId || stateOf(grant, at) !== 'given') continue
      count++
      forms.add((grant.transforms ?? []).join())
    }
    if (count >= GRANTS_PER_STREAM_MAX) throw new GatewayError('LIMIT_REACHED', `${GRANTS_PER_STREAM_MAX} consents are in force on this stream: withdraw some first.`)
    if (forms.size <= FORMS_PER_STREAM_MAX) return
    throw new GatewayError('LIMIT_REACHED', `${FORMS_PER_STREAM_MAX} different sets of transforms are in force on this stream: use one of them, or withdraw some first.`)
  }

  #own(ownerId: string, consentId: string): Entry {
    const entry = this.#byId.get(consentId)
    if (entry?.grant.ownerId !== ownerId) throw notFound('consent')
    return entry
  }

  #commit(event: ConsentEvent): { grant: Grant, receipt: Receipt } {
    this.#append(event)
    const { grant, link } = this.#byId.get(event.consentId)!
    this.#onChange(grant.streamId)
    return { grant, receipt: receiptOf(grant, link) }
  }

  #answer(event: ConsentEvent): Request {
    this.#append(event)
    return this.requests.get(event.consentId)!
  }

  #recipientOf(event: ConsentEvent): string | undefined {
    if (event.type === 'given' || event.type === 'requested') return event.recipient
    return (this.#byId.get(event.consentId)?.grant ?? this.requests.get(event.consentId))?.recipient
  }

  #append(event: ConsentEvent): void {
    const last = this.#lastOf(event.consentId)
    if (!mayFollow(last, event.type)) throw new GatewayError('CONFLICT', `This consent is ${last}, and cannot be ${event.type} any more.`)
    this.#apply(event, this.#events.append(event))
  }

  #lastOf(consentId: string): EventType | undefined {
    const grant = this.#byId.get(consentId)?.grant
    return grant ? lastOf(grant) : this.requests.get(consentId)?.state
  }

  #apply(event: ConsentEvent | Erased, link: Link): void {
    const { consentId } = event
    // A consent of which any event was erased lets nothing out: that event may have been its withdrawal.
    if (event.type === 'erased') return this.#erase(consentId)
    if (this.#erased.has(consentId)) return
    if (!mayFollow(this.#lastOf(consentId), event.type)) throw broken(link.sequence, 'it may not follow on what was before')
    if (event.type === 'requested') return this.requests.add(requestFrom(event))
    if (event.type === 'given') this.#add({ grant: grantFrom(event), link })
    if (event.type === 'given' || event.type === 'refused' || event.type === 'deferred') return this.requests.answer(consentId, event.type, event.at)
    const entry = this.#byId.get(consentId)!
    entry.grant = grantAfter(entry.grant, event)
    entry.link = link
    this.#watch(entry.grant)
  }

  #watch({ id, until }: Grant): void {
    if (until !== undefined) this.#expiries.add(until, id)
  }

  #erase(consentId: string): void {
    const entry = this.#byId.get(consentId)
    this.#erased.add(consentId)
    this.requests.remove(consentId)
    if (entry) this.#remove(entry)
  }

  #add(entry: Entry): void {
    const { id, streamId, ownerId, recipient } = entry.grant
    this.#byId.set(id, entry)
    this.#watch(entry.grant)
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
    for (const [index, key] of [[this.#byStream, streamId], [this.#byOwner, ownerId], [this.#byRecipient, recipient]] as const) if (index.get(key)!.length === 0) index.delete(key)
  }
}

function badRequest(message: string): GatewayError { return new GatewayError('BAD_REQUEST', message) }

function restrictionsOf({ kind, countries, onward, explicit }: Pick<NewGrant, 'kind' | 'countries' | 'onward' | 'explicit'>): Partial<Given> {
  if (countries?.length === 0) throw badRequest('A consent that names countries names one at least: leave them out where any will do.')
  return {
    ...(kind && { kind }), ...(countries && { countries: [...new Set(countries.map(checkedCountry))] }), ...(onward && { onward }), ...(explicit && { explicit }),
  }
}

function isCount(count: number, most: number): boolean { return count >= 1 && count <= most }

function checkUntil(until: number | undefined, now: number): void {
  if (until !== undefined && !(until > now && until <= UNTIL_MAX)) throw badRequest('The time until which a consent holds lies ahead.')
}

/** The type of its last event. */
function lastOf({ last, withdrawnAt }: Grant): EventType { return last ?? (withdrawnAt === undefined ? 'given' : 'withdrawn') }

function grantsOf(entries: readonly Entry[] = []): readonly Grant[] {
  return entries.map(({ grant }) => grant)
}
