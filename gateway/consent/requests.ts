// Requests: somebody asks an owner for a consent. What is known of them here, and how often one may ask; the events are with all others.
import type { Terms } from '#gateway/consent/events.ts'
import type { Request } from '#gateway/consent/fold.ts'
import { hoursOf } from '#gateway/consent/keep.ts'
import type { EventType } from '#gateway/consent/life.ts'
import { normalPurposes } from '#gateway/consent/purposes/purposes.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'
import { attributesDropped, specOf, specRevealsNoMore, specTexts, strongestOf, type Spec } from '#gateway/transforms/spec.ts'

const DAY_MS = 86_400_000
/** Nobody is asked by the same party about the same stream again before this is over, however it was answered. */
export const REQUEST_INTERVAL_MS = 90 * DAY_MS
/** By one party in a day. */
export const REQUESTS_PER_DAY_MAX = 1_000
/** That wait for an answer, of one owner. */
export const REQUESTS_OPEN_PER_OWNER_MAX = 1_000

export interface NewRequest extends Terms {
  /** Of the stream. */
  readonly ownerId: string
  /** The offer whose price the requester would pay. */
  readonly offerId?: string
}

/** What an owner makes of a request: never more than was asked for. */
export interface Narrower {
  readonly purposes?: readonly string[]
  readonly attributes?: readonly string[]
  /** As `specTexts` writes them: each reveals no more than what was asked for. */
  readonly transforms?: readonly string[]
  readonly until?: number
  readonly keep?: string
  /** Of the notice. */
  readonly language?: string
}

export class Requests {
  readonly #byId = new Map<string, Request>()
  readonly #byOwner = new Map<string, Set<string>>()
  readonly #byRequester = new Map<string, Set<string>>()
  /** By requester and stream: when it was asked last. */
  readonly #lastAt = new Map<string, number>()

  get(id: string): Request | undefined { return this.#byId.get(id) }

  /** Throws NOT_FOUND for what the owner was not asked. */
  ofOwner(ownerId: string, id: string): Request {
    const request = this.#byId.get(id)
    if (request?.ownerId !== ownerId) throw notFound('request')
    return request
  }

  /** Those that a party was asked, or has asked; in the order in which they came. */
  list(partyId: string): readonly Request[] {
    return [...this.#byOwner.get(partyId) ?? [], ...this.#byRequester.get(partyId) ?? []].map(id => this.#byId.get(id)!)
  }

  /** Those that nobody has answered yet. */
  open(): readonly Request[] { return [...this.#byId.values()].filter(isOpen) }

  /** Throws RATE_LIMITED for who asks too often, LIMIT_REACHED. */
  check({ recipient, streamId, ownerId }: NewRequest, now: number): void {
    const last = this.#lastAt.get(keyOf(recipient, streamId)), mine = this.list(recipient).filter(({ requestedAt }) => requestedAt > now - DAY_MS)
    if (last !== undefined && now < last + REQUEST_INTERVAL_MS) {
      const again = new Date(last + REQUEST_INTERVAL_MS).toISOString()
      throw new GatewayError('RATE_LIMITED', `You asked for this stream on ${new Date(last).toISOString().slice(0, 10)}: you may ask again from ${again} on.`)
    }
    if (mine.length >= REQUESTS_PER_DAY_MAX) throw new GatewayError('RATE_LIMITED', `You have asked ${REQUESTS_PER_DAY_MAX} times today: go on tomorrow.`)
    if (this.list(ownerId).filter(isOpen).length >= REQUESTS_OPEN_PER_OWNER_MAX) throw new GatewayError('LIMIT_REACHED', 'This owner has too many requests to answer.')
  }

  add(request: Request): void {
    const { id, ownerId, recipient, streamId, requestedAt } = request
    this.#byId.set(id, request)
    for (const [index, key] of [[this.#byOwner, ownerId], [this.#byRequester, recipient]] as const) index.set(key, (index.get(key) ?? new Set()).add(id))
    this.#lastAt.set(keyOf(recipient, streamId), requestedAt)
  }

  answer(id: string, state: EventType, answeredAt: number): void {
    const request = this.#byId.get(id)
    if (request) this.#byId.set(id, { ...request, state, answeredAt })
  }

  /** Nobody finds it any more. */
  remove(id: string): void {
    const request = this.#byId.get(id)
    if (!request) return
    this.#byId.delete(id)
    this.#byOwner.get(request.ownerId)!.delete(id)
    this.#byRequester.get(request.recipient)!.delete(id)
    this.#lastAt.delete(keyOf(request.recipient, request.streamId))
  }
}

export function isOpen({ state }: Request): boolean { return state === 'requested' || state === 'deferred' }

/** A request as its owner would have it. Throws BAD_REQUEST for what goes beyond it. */
export function narrowed(request: Request, { attributes: kept = request.attributes, until = request.until, keep = request.keep, ...wish }: Narrower): Terms {
  const { streamId, recipient } = request, purposes = wish.purposes === undefined ? request.purposes : normalPurposes(wish.purposes)
  const wider = [...purposes.filter(purpose => !request.purposes.includes(purpose)), ...kept.filter(name => !request.attributes.includes(name))]
  if (wider.length > 0) throw beyond(`nobody asked for ${wider.join(', ')}`)
  if (request.until !== undefined && until! > request.until) throw beyond('nobody asked for so long')
  if (request.keep !== undefined && hoursOf(keep!) > hoursOf(request.keep)) throw beyond('nobody asked to keep it for so long')
  return { streamId, recipient, purposes, ...exactly(narrowedSpec(request, wish.transforms), kept), ...(until !== undefined && { until }), ...(keep !== undefined && { keep }) }
}

/** The attributes that are left, and how exact each of them is. */
function exactly(spec: Spec, kept: readonly string[]): Pick<Terms, 'attributes' | 'transforms'> {
  const dropped = attributesDropped(spec), attributes = kept.filter(name => !dropped.includes(name))
  const transforms = specTexts(spec).filter(text => text.startsWith('*=') || kept.includes(subjectOf(text)))
  return { attributes, ...(transforms.length > 0 && { transforms }) }
}

/** What was asked for, made less exact by what the owner says. */
function narrowedSpec({ transforms = [] }: Request, wished: readonly string[] = []): Spec {
  const asked = specOf(transforms), wish = specOf(wished)
  if (!asked || !wish) throw beyond('a transform of it is not known')
  const before = (text: string): Spec => specOf(specTexts(asked).filter(other => subjectOf(other) === subjectOf(text)))!
  const wider = specTexts(wish).find(text => !specRevealsNoMore(specOf([text])!, before(text)))
  if (wider !== undefined) throw beyond(`${wider} does not follow from what was asked for${transforms.length > 0 ? `, ${transforms.join()}` : ''}`)
  return strongestOf(asked, wish)
}

/** Which attribute a transform is about, or what of the message. */
function subjectOf(text: string): string { return text.startsWith('*=') ? text.split(':')[0]! : text.split('=')[0]! }

function beyond(why: string): GatewayError { return new GatewayError('BAD_REQUEST', `A request can be narrowed, and not widened: ${why}.`) }

function keyOf(requester: string, streamId: string): string { return `${requester} ${streamId}` }
