// Who gets what: the one place that joins consents and agreements. Pure, and default deny: what is not covered is refused with the reason.
import { stateOf } from '#gateway/consent/grant.ts'
import { PurposeSet } from '#gateway/consent/purposes/purpose-set.ts'
import { isForbidden, isRuleInForce, permissionsTo, type Ground } from '#gateway/decision/ground.ts'
import { maskIn, type Rule } from '#gateway/decision/rule.ts'
import { REFUSAL_CODES, type RefusalCode } from '#gateway/errors.ts'
import type { Agreement } from '#gateway/market/agreement.ts'
import { attributesDropped, saysNothing, specOf, strictestOf, strongestOf, type Spec } from '#gateway/transforms/spec.ts'
import type { Transform } from '#gateway/transforms/transform.ts'

/** A way out of the gateway: what an agreement receives of its stream, and by which grant. */
export interface Outlet {
  /** Of each subject one grant, the owner's first, joined by `+`: there is more than one where a source tells about several. */
  readonly consentId: string
  /** From then on everything that is needed allows it: what came earlier does not leave by it. */
  readonly since: number
  /** The attributes that the offer names; all of them are granted. */
  readonly mask: number
  /** How exact they may be; left out: as they are. */
  readonly spec?: Spec
  /** That, ready to be done. */
  readonly transform?: Transform
}

export const isOutlet = (standing: Outlet | RefusalCode): standing is Outlet => typeof standing === 'object'

/** Between the ids of the grants by which something left. */
const JOINT = '+'
export const consentIdsIn = (consentId: string): readonly string[] => consentId.split(JOINT)

/** What a recipient wants, as the rules are asked about it. */
interface Request {
  readonly partyId: string
  readonly country: { readonly country: string, readonly since: number } | undefined
  readonly isOnward: boolean
  readonly purpose: string
  readonly purposes: PurposeSet
  readonly mask: number
}

interface Cover { readonly consentId: string, readonly since: number, readonly spec: Spec }

/**
 * An outlet when of each subject a grant in force covers recipient, purpose and every attribute of the offer, and no prohibition meets it; else
 * the reason that came nearest. A narrower consent suspends: it is not delivered in part for the whole price.
 */
export function standing(agreement: Agreement, ground: Ground): Outlet | RefusalCode {
  if (agreement.endedAt !== undefined) return 'NO_AGREEMENT'
  return agreement.exhaustedAt !== undefined ? 'SUSPENDED' : covered(agreement, ground)
}

/** The same whatever became of the agreement: what its subscriber is consented to. */
export function covered({ subscriberId: partyId, purpose, isOnward, offer }: Agreement, ground: Ground): Outlet | RefusalCode {
  const { mask, isKnown } = maskIn(ground.model, offer.attributes), { partyIds, since } = ground.subjects
  const request: Request = { partyId, country: ground.recipients.countryOf(partyId), isOnward: isOnward === true, purpose, purposes: new PurposeSet([purpose]), mask }
  const forbidden = forbiddenUntil(request, ground), offered = specOf(offer.transforms)
  if (offered === undefined || !isKnown || forbidden === Infinity) return 'NO_CONSENT'
  const covers = partyIds.map(subject => coverOf(request, subject, ground)), missing = covers.find(cover => typeof cover === 'string')
  if (missing !== undefined) return missing
  const found = covers as readonly Cover[]
  const spec = found.map(cover => cover.spec).reduce(strongestOf, offered)
  // What together comes to nothing is narrower than the offer.
  if (attributesDropped(spec).some(name => offer.attributes.includes(name))) return 'SUSPENDED'
  return {
    consentId: found.map(({ consentId }) => consentId).join(JOINT), since: Math.max(since, forbidden, ...found.map(cover => cover.since)), mask,
    ...(!saysNothing(spec) && { spec }),
  }
}

/** Infinity where a prohibition in force meets the request; else the end of the last one that did: what came before stays where it is. */
function forbiddenUntil(request: Request, { prohibitions, recipients, now }: Ground): number {
  let until = 0
  for (const rule of prohibitions) {
    if (now < rule.start || rule.end <= rule.start || !meets(rule, request) || !isForbidden(rule.grant.recipient, request.partyId, recipients)) continue
    if (isRuleInForce(rule, now)) return Infinity
    until = Math.max(until, rule.end)
  }
  return until
}

/** What is not known is taken to be what is forbidden. */
function meets({ grant, mask, purposes, countries }: Rule, request: Request): boolean {
  const isThere = countries === undefined || request.country === undefined || countries.has(request.country.country)
  return isThere && (grant.onward !== true || request.isOnward) && (mask & request.mask) !== 0 && purposes.meets(request.purposes)
}

/** Of all grants of a subject that cover the request, the one that did so first, with what reveals least of any; else why there is none. */
function coverOf(request: Request, subject: string, ground: Ground): Cover | RefusalCode {
  let cover: Cover | undefined, nearest: RefusalCode = 'NO_CONSENT'
  for (const [rule, meantSince] of permissionsTo(request.partyId, subject, ground)) {
    const refusal = refusalOf(rule, request, ground), since = Math.max(meantSince, rule.since, rule.countries ? request.country?.since ?? Infinity : 0)
    if (refusal !== undefined) nearest = furthest(nearest, refusal)
    else {
      const spec = cover ? strictestOf(cover.spec, rule.spec) : rule.spec
      cover = cover && cover.since <= since ? { ...cover, spec } : { consentId: rule.grant.id, since, spec }
    }
  }
  return cover ?? nearest
}

function refusalOf(rule: Rule, request: Request, { isSpecial, now }: Ground): RefusalCode | undefined {
  const { grant, countries, stated, purposes, start, mask } = rule, state = stateOf(grant, now)
  const isElsewhere = countries !== undefined && (request.country === undefined || !countries.has(request.country.country))
  if (isElsewhere || (request.isOnward && grant.onward !== true) || now < start) return 'NO_CONSENT'
  if (!purposes.covers(request.purposes) || (isSpecial && !stated.has(request.purpose))) return state === 'given' ? 'PURPOSE_MISMATCH' : 'NO_CONSENT'
  if (state === 'withdrawn') return 'CONSENT_WITHDRAWN'
  if (state === 'expired') return 'EXPIRED'
  return (mask & request.mask) === request.mask ? undefined : 'SUSPENDED'
}

/** Of two refusals the one that more stages were passed for. */
export function furthest(one: RefusalCode, other: RefusalCode): RefusalCode {
  return REFUSAL_CODES.indexOf(other) > REFUSAL_CODES.indexOf(one) ? other : one
}
