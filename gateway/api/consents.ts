// Consents: an owner lets attributes of a stream out, and takes that back.
import { timeText, type Call } from '#gateway/api/handler.ts'
import { attributesIn, ownStream } from '#gateway/api/streams.ts'
import { stateOf } from '#gateway/consent/grant.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'
import { attributesDropped, parseSpec, specTexts } from '#gateway/transforms/spec.ts'

interface NewConsent {
  readonly streamId: string
  readonly recipient: string
  readonly purposes: readonly string[]
  readonly attributes: 'all' | readonly string[]
  readonly until?: string
  readonly keep?: string
  readonly transforms?: readonly string[]
}

export function grantConsent({ services, party, body }: Call<NewConsent>) {
  const { streamId, recipient, purposes, attributes, until, keep, transforms = [] } = body
  const stream = ownStream(services, party, streamId)
  if (recipient !== 'any' && !services.parties.get(recipient)) throw notFound('recipient')
  const wished = attributesIn(services, stream, attributes), spec = parseSpec(transforms, stream.model, wished), dropped = attributesDropped(spec)
  const { grant, receipt } = services.consents.grant({
    ownerId: party.id, streamId, recipient, purposes, attributes: wished.filter(name => !dropped.includes(name)), transforms: specTexts(spec),
    until: until === undefined ? undefined : inFuture(until, services.clock.now()), keep,
  })
  return { consentId: grant.id, state: stateOf(grant, services.clock.now()), receipt }
}

export function listConsents({ services, party }: Call) {
  const now = services.clock.now()
  return services.consents.list(party.id).map(grant => {
    const { id, streamId, recipient, purposes, attributes, transforms, grantedAt, until, withdrawnAt, keep } = grant
    return {
      consentId: id, state: stateOf(grant, now), streamId, recipient, purposes, attributes, transforms,
      grantedAt: timeText(grantedAt), until: timeText(until), keep, withdrawnAt: timeText(withdrawnAt),
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
