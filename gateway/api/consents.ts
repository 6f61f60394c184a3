// Consents: an owner lets attributes of a stream out, and takes that back.
import { timeText, type Call } from '#gateway/api/handler.ts'
import { attributesIn, ownStream } from '#gateway/api/streams.ts'
import type { NewGrant } from '#gateway/consent/consents.ts'
import { stateOf } from '#gateway/consent/grant.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'

export interface NewConsent {
  readonly streamId: string
  readonly recipient: string
  readonly purposes: readonly string[]
  readonly attributes: 'all' | readonly string[]
  readonly until?: string
  readonly keep?: string
  readonly transforms?: readonly string[]
}

export function grantConsent(call: Call<NewConsent>) {
  const { services } = call, { grant, receipt } = services.consents.grant(grantWish(call))
  return { consentId: grant.id, state: stateOf(grant, services.clock.now()), receipt }
}

/** What is asked for, as it would be granted. Throws where it cannot be. */
export function grantWish({ services, party, body }: Call<NewConsent>): NewGrant {
  const { streamId, recipient, purposes, attributes, until, keep, transforms = [] } = body
  if (transforms.length > 0) throw new GatewayError('BAD_REQUEST', `A transform that is not known is refused, and there is none yet: leave out ${transforms.join(', ')}.`)
  const stream = ownStream(services, party, streamId)
  if (recipient !== 'any' && !services.parties.get(recipient)) throw notFound('recipient')
  return {
    ownerId: party.id, streamId, recipient, purposes, attributes: attributesIn(services, stream, attributes),
    until: until === undefined ? undefined : inFuture(until, services.clock.now()), keep,
  }
}

export function listConsents({ services, party }: Call) {
  const now = services.clock.now()
  return services.consents.list(party.id).map(grant => {
    const { id, streamId, recipient, purposes, attributes, grantedAt, until, withdrawnAt, keep } = grant
    return {
      consentId: id, state: stateOf(grant, now), streamId, recipient, purposes, attributes,
      grantedAt: timeText(grantedAt), until: timeText(until), keep, withdrawnAt: timeText(withdrawnAt),
    }
  })
}

export function withdrawConsent({ services, party, parameters }: Call<undefined, { consentId: string }>) {
  // An operator stands in for an owner who has lost the key: to withdraw, never to grant.
  const ownerId = party.role === 'operator' ? services.consents.get(parameters.consentId)?.ownerId ?? party.id : party.id
  const { grant, receipt, effectiveAt } = services.consents.withdraw(ownerId, parameters.consentId)
  return { consentId: grant.id, state: 'withdrawn', effectiveAt: timeText(effectiveAt), receipt }
}

function inFuture(text: string, now: number): number {
  const instant = Date.parse(text)
  if (!(instant > now)) throw new GatewayError('BAD_REQUEST', '`until` must be a time to come, such as 2027-01-01T00:00:00Z.')
  return instant
}
