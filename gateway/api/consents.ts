// Consents: an owner lets attributes of a stream out, and takes that back.
import { timeText, type Call } from '#gateway/api/handler.ts'
import type { Services } from '#gateway/api/services.ts'
import { attributesIn, subjectsStream } from '#gateway/api/streams.ts'
import { stateOf } from '#gateway/consent/grant.ts'
import { ANY_PURPOSE } from '#gateway/consent/purpose-set.ts'
import { normalPurposes } from '#gateway/consent/purposes.ts'
import type { Stream } from '#gateway/devices/streams.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'

interface NewConsent {
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
  readonly transforms?: readonly string[]
}

export function grantConsent({ services, party, body }: Call<NewConsent>) {
  const { streamId, recipient, purposes, attributes, countries, onward, explicit, notBefore, until, keep, transforms = [] } = body
  if (transforms.length > 0) throw new GatewayError('BAD_REQUEST', `A transform that is not known is refused, and there is none yet: leave out ${transforms.join(', ')}.`)
  const stream = subjectsStream(services, party, streamId), kind = body.kind === 'prohibition' ? body.kind : undefined
  if (recipient !== 'any' && !services.parties.get(recipient) && !services.groups.get(recipient)) throw notFound('recipient')
  if (kind === undefined) checkSpecial(services, stream, body)
  const { grant, receipt } = services.consents.grant({
    ownerId: party.id, streamId, kind, recipient, countries, onward, explicit, purposes, keep,
    attributes: kind && attributes === 'all' ? stream.model.attributes : attributesIn(services, stream, attributes),
    notBefore: notBefore === undefined ? undefined : Date.parse(notBefore), until: until === undefined ? undefined : inFuture(until, services.clock.now()),
  })
  return { consentId: grant.id, state: stateOf(grant, services.plans.now()), receipt }
}

/** A grant that would let nothing out is refused at once, with what is missing. */
function checkSpecial({ devices, parties }: Services, { deviceId }: Stream, { recipient, purposes, explicit }: NewConsent): void {
  if (devices.get(deviceId)?.settings.special !== true) return
  if (explicit && parties.get(recipient) && !normalPurposes(purposes).includes(ANY_PURPOSE)) return
  throw new GatewayError('BAD_REQUEST', 'What this stream tells is of a special category: name one recipient by its id (no group, not `any`), state the purposes, and say `explicit`.')
}

export function listConsents({ services, party }: Call) {
  const now = services.plans.now()
  return services.consents.list(party.id).map(grant => {
    const { id, streamId, kind, recipient, countries, onward, explicit, purposes, attributes, grantedAt, notBefore, until, withdrawnAt, keep } = grant
    return {
      consentId: id, state: stateOf(grant, now), streamId, kind, recipient, countries, onward, explicit, purposes, attributes,
      grantedAt: timeText(grantedAt), notBefore: timeText(notBefore), until: timeText(until), keep, withdrawnAt: timeText(withdrawnAt),
    }
  })
}

export function withdrawConsent({ services, party, parameters }: Call<undefined, { consentId: string }>) {
  const { grant, receipt, effectiveAt } = services.consents.withdraw(party.id, parameters.consentId)
  return { consentId: grant.id, state: 'withdrawn', effectiveAt: timeText(effectiveAt), receipt }
}

function inFuture(text: string, now: number): number {
  const instant = Date.parse(text)
  if (!(instant > now)) throw new GatewayError('BAD_REQUEST', '`until` must be a time to come, such as 2027-01-01T00:00:00Z.')
  return instant
}
