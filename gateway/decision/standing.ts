// Who gets what: the one place that joins consents and agreements. Pure, and default deny: what is not covered is refused with the reason.
import { stateOf, type Grant } from '#gateway/consent/grant.ts'
import { REFUSAL_CODES, type RefusalCode } from '#gateway/errors.ts'
import type { Agreement } from '#gateway/market/agreement.ts'
import { saysNothing, specOf, strictestOf, type Spec } from '#gateway/transforms/spec.ts'
import type { Transform } from '#gateway/transforms/transform.ts'
import type { Model } from '#semantic-models/model.ts'

/** A way out of the gateway: what an agreement receives of its stream, and by which grant. */
export interface Outlet {
  readonly consentId: string
  /** From then on the grant allows it: what came earlier does not leave by it. */
  readonly since: number
  /** The attributes that the offer names; all of them are granted. */
  readonly mask: number
  /** How exact they may be; left out: as they are. */
  readonly spec?: Spec
  /** That, ready to be done. */
  readonly transform?: Transform
}

export const isOutlet = (standing: Outlet | RefusalCode): standing is Outlet => typeof standing === 'object'

/**
 * An outlet when a grant in force covers the subscriber, the purpose and every attribute of the offer; else the reason that came nearest.
 * A narrower consent suspends: it is not delivered in part for the whole price. Of several that cover it the first is named, and of each
 * attribute what reveals least.
 */
export function standing(agreement: Agreement, grants: readonly Grant[], model: Model, now: number): Outlet | RefusalCode {
  if (agreement.endedAt !== undefined) return 'NO_AGREEMENT'
  if (agreement.exhaustedAt !== undefined) return 'SUSPENDED'
  const mask = model.maskOf(agreement.offer.attributes)
  let nearest: RefusalCode = 'NO_CONSENT', first: Grant | undefined
  const specs = new Set<Spec>()
  for (const grant of grants) {
    if (grant.recipient !== 'any' && grant.recipient !== agreement.subscriberId) continue
    const refusal = refusalOf(grant, agreement.purpose, mask, model, now)
    if (refusal !== undefined) nearest = furthest(nearest, refusal)
    else {
      first ??= grant
      specs.add(specOf(grant.transforms)!)
    }
  }
  if (!first) return nearest
  const spec = [...specs].reduce(strictestOf)
  return { consentId: first.id, since: first.grantedAt, mask, ...(!saysNothing(spec) && { spec }) }
}

function refusalOf(grant: Grant, purpose: string, mask: number, model: Model, now: number): RefusalCode | undefined {
  const state = stateOf(grant, now)
  if (!specOf(grant.transforms)) return 'NO_CONSENT'
  if (!grant.purposes.includes(purpose)) return state === 'given' ? 'PURPOSE_MISMATCH' : 'NO_CONSENT'
  if (state === 'withdrawn') return 'CONSENT_WITHDRAWN'
  if (state === 'expired') return 'EXPIRED'
  return (model.maskOf(grant.attributes) & mask) === mask ? undefined : 'SUSPENDED'
}

/** Of two refusals the one that more stages were passed for. */
export function furthest(one: RefusalCode, other: RefusalCode): RefusalCode {
  return REFUSAL_CODES.indexOf(other) > REFUSAL_CODES.indexOf(one) ? other : one
}
