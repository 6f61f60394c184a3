// The fold: what a consent is, from its events alone.
import type { ConsentEvent, Given, Renewed, Requested, Terms } from '#gateway/consent/events.ts'
import type { Grant } from '#gateway/consent/grant.ts'
import type { EventType } from '#gateway/consent/life.ts'

/** Somebody's wish for a consent. */
export interface Request extends Terms {
  readonly id: string
  readonly ownerId: string
  readonly requestedAt: number
  readonly offerId?: string
  readonly state: EventType
  readonly answeredAt?: number
}

export function grantFrom(event: Given): Grant {
  const { consentId, ownerId, streamId, recipient, purposes, attributes, at, until, keep, kind, countries, onward, explicit, notBefore, notice, transforms } = event
  return {
    id: consentId, ownerId, streamId, ...(kind && { kind }), recipient, ...(countries && { countries }), ...(onward && { onward }), purposes, attributes, ...(transforms && { transforms }), ...(explicit && { explicit }),
    grantedAt: at, ...(notBefore !== undefined && { notBefore }), ...(until !== undefined && { until }), ...(keep !== undefined && { keep }), ...(notice && { notice }),
  }
}

/** A grant behind one of the events that may follow on its giving. */
export function grantAfter(grant: Grant, event: ConsentEvent): Grant {
  switch (event.type) {
    case 'renewed': return renewed(grant, event)
    case 'expired': return { ...grant, last: 'expired' }
    case 'withdrawn': return { ...without(grant), withdrawnAt: event.at }
    case 'revoked': case 'invalidated': return { ...grant, last: event.type, withdrawnAt: event.at }
    default: return grant
  }
}

function renewed({ until: _ended, ...grant }: Grant, { at, until, notice }: Renewed): Grant {
  return { ...grant, last: 'renewed', renewedAt: at, notice, ...(until !== undefined && { until }) }
}

function without({ last: _last, ...grant }: Grant): Grant { return grant }

export function requestFrom({ consentId, ownerId, at, streamId, recipient, purposes, attributes, transforms, until, keep, offerId }: Requested): Request {
  return {
    id: consentId, ownerId, streamId, recipient, purposes, attributes, ...(transforms && { transforms }), requestedAt: at, state: 'requested',
    ...(until !== undefined && { until }), ...(keep !== undefined && { keep }), ...(offerId !== undefined && { offerId }),
  }
}
