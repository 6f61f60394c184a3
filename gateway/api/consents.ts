// Consents: an owner lets attributes of a stream out, and takes that back.
import { timeText, type Call } from '#gateway/api/handler.ts'
import type { Services } from '#gateway/api/services.ts'
import { attributesIn, subjectsStream } from '#gateway/api/streams.ts'
import type { NewGrant } from '#gateway/consent/consents.ts'
import { lifeOf, stateOf, type Grant } from '#gateway/consent/grant.ts'
import type { EventType } from '#gateway/consent/life.ts'
import { ANY_PURPOSE } from '#gateway/consent/purposes/purpose-set.ts'
import { normalPurposes } from '#gateway/consent/purposes/purposes.ts'
import type { Stream } from '#gateway/devices/streams.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { attributesDropped, parseSpec, specTexts } from '#gateway/transforms/spec.ts'

export interface NewConsent {
  readonly streamId: string
  readonly kind?: 'permission' | 'prohibition'
  readonly recipient: string
  readonly purposes: readonly string[]
  readonly attributes: 'all' | readonly string[]
  readonly countries?: readonly string[]
  readonly onward?: boolean
  readonly explicit?: boolean
  readonly notBefore?: string
  readonly until?: string
  readonly keep?: string
  readonly language?: string
  readonly transforms?: readonly string[]
}

export function grantConsent(call: Call<NewConsent>) {
  const { services } = call, { grant } = services.consents.grant(grantWish(call))
  return { consentId: grant.id, state: stateOf(grant, services.plans.now()), receipt: services.records.receipt(grant.id) }
}

/** What is asked for, as it would be granted. Throws where it cannot be. */
export function grantWish({ services, party, body }: Call<NewConsent>): NewGrant {
  const { streamId, recipient, purposes, attributes, countries, onward, explicit, notBefore, until, keep, language, transforms = [] } = body
  if (body.kind === 'prohibition' && transforms.length > 0) throw new GatewayError('BAD_REQUEST', 'What is forbidden is forbidden however exact it is: leave out the transforms.')
  const stream = subjectsStream(services, party, streamId), kind = body.kind === 'prohibition' ? body.kind : undefined
  if (recipient !== 'any' && !services.parties.get(recipient) && !services.groups.get(recipient)) throw notFound('recipient')
  if (kind === undefined) checkSpecial(services, stream, body)
  const wished = kind && attributes === 'all' ? stream.model.attributes : attributesIn(services, stream, attributes), spec = parseSpec(transforms, stream.model, wished), dropped = attributesDropped(spec)
  return {
    ownerId: party.id, streamId, kind, recipient, countries, onward, explicit, purposes, keep,
    attributes: wished.filter(name => !dropped.includes(name)), transforms: specTexts(spec),
    notBefore: notBefore === undefined ? undefined : Date.parse(notBefore), until: until === undefined ? undefined : inFuture(until, services.clock.now()),
    ...(language !== undefined && { language }),
  }
}

/** A grant that would let nothing out is refused at once, with what is missing. */
function checkSpecial({ devices, parties }: Services, { deviceId }: Stream, { recipient, purposes, explicit }: NewConsent): void {
  if (devices.get(deviceId)?.settings.special !== true) return
  if (explicit && parties.get(recipient) && !normalPurposes(purposes).includes(ANY_PURPOSE)) return
  throw new GatewayError('BAD_REQUEST', 'What this stream tells is of a special category: name one recipient by its id (no group, not `any`), state the purposes, and say `explicit`.')
}

export function listConsents({ services, party }: Call) {
  const now = services.plans.now(), { consents, notices } = services
  return consents.list(party.id).map(grant => {
    const { id, ownerId, streamId, kind, recipient, countries, onward, explicit, purposes, attributes, transforms, grantedAt, notBefore, until, withdrawnAt, keep, renewedAt, notice } = grant
    const isInForce = stateOf(grant, now) === 'given'
    return {
      consentId: id, state: listedState(grant, now), streamId, kind, recipient, countries, onward, explicit, purposes, attributes, transforms,
      grantedAt: timeText(grantedAt), notBefore: timeText(notBefore), until: timeText(until), keep, withdrawnAt: timeText(withdrawnAt), renewedAt: timeText(renewedAt), notice,
      renewalAsked: isInForce && notices.isOutdated(ownerId, notice) ? true : undefined,
    }
  })
}

export function withdrawConsent({ services, party, parameters: { consentId }, body }: Call<{ reason?: string } | undefined, { consentId: string }>) {
  const { consents, records } = services, { reason } = body ?? {}
  // An operator stands in for an owner who has lost the key: to withdraw, never to grant.
  const [ownerId, by] = party.role === 'operator' ? [consents.get(consentId)?.ownerId ?? party.id, party.id] : [party.id, undefined]
  const { grant, effectiveAt } = consents.withdraw(ownerId, consentId, { ...(by !== undefined && { by }), ...(reason !== undefined && { reason }) })
  return { consentId: grant.id, state: 'withdrawn', effectiveAt: timeText(effectiveAt), receipt: records.receipt(grant.id) }
}

export function renewConsent({ services, party, parameters, body }: Call<{ until?: string, language?: string } | undefined, { consentId: string }>) {
  const { until, language } = body ?? {}, { consents, clock, records } = services
  const renewal = { ...(until !== undefined && { until: inFuture(until, clock.now()) }), ...(language !== undefined && { language }) }
  const { grant } = consents.renew(party.id, parameters.consentId, renewal)
  return { consentId: grant.id, state: stateOf(grant, clock.now()), receipt: records.receipt(grant.id) }
}

/** An operator takes back for an owner, and never gives. */
export function revokeConsent({ services, party, parameters, body }: Call<{ reason: string, as: 'revoked' | 'invalidated' }, { consentId: string }>) {
  const { grant, effectiveAt } = services.consents.revoke(parameters.consentId, { by: party.id, reason: body.reason, as: body.as })
  return { consentId: grant.id, state: lifeOf(grant, services.clock.now()), effectiveAt: timeText(effectiveAt), receipt: services.records.receipt(grant.id) }
}

export function showConsent({ services, party, parameters }: Call<undefined, { consentId: string }>) {
  return services.records.record(readable(services, party, parameters.consentId))
}

export function consentReceipts({ services, party, parameters }: Call<undefined, { consentId: string }>) {
  return services.records.receipts(readable(services, party, parameters.consentId))
}

/** Its id, if it is the party's to read: its owner's, its recipient's, or an operator's. Of `any` and of a group whoever has made an agreement on the stream, and is in the group, is a recipient. */
export function readable({ consents, agreements, groups }: Services, { id, role }: Party, consentId: string): string {
  const of = consents.get(consentId) ?? consents.requests.get(consentId), isOpenTo = of && (of.recipient === 'any' || groups.get(of.recipient)?.members.has(id) === true)
  const isRecipient = of && (of.recipient === id || (isOpenTo && agreements.ofSubscriber(id, of.streamId).length > 0))
  if (!of || (of.ownerId !== id && role !== 'operator' && !isRecipient)) throw notFound('consent')
  return consentId
}

/** Who may receive goes on as it was when it was renewed: that is told beside it. */
function listedState(grant: Grant, now: number): EventType {
  const state = lifeOf(grant, now)
  return state === 'renewed' ? 'given' : state
}

export function inFuture(text: string, now: number): number {
  const instant = Date.parse(text)
  if (!(instant > now)) throw new GatewayError('BAD_REQUEST', '`until` must be a time to come, such as 2027-01-01T00:00:00Z.')
  return instant
}
