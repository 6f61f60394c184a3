// What a stream may let out to anybody at all: what the journal may hold.
import { stateOf } from '#gateway/consent/grant.ts'
import { isRuleInForce, permissionsIn, type Ground } from '#gateway/decision/ground.ts'
import type { Rule } from '#gateway/decision/rule.ts'
import { furthest } from '#gateway/decision/standing.ts'
import type { RefusalCode } from '#gateway/errors.ts'

/** Every attribute that each subject lets out by some grant in force, less those that are forbidden to whomever it means. */
export function lettingOut(ground: Ground): number {
  const forbidden = ground.prohibitions.filter(rule => isRuleInForce(rule, ground.now))
  return ground.subjects.partyIds.reduce((granted, subject) => granted & permitted(subject, forbidden, ground), 0x7fffffff)
}

/** Why it lets nothing out: of the grants of the first subject who permits nothing, what came nearest. */
export function whyNothing({ subjects, permissions, now }: Ground): RefusalCode {
  for (const subject of subjects.partyIds) {
    const rules = [...permissionsIn(permissions.get(subject)!)]
    if (!rules.some(rule => isRuleInForce(rule, now))) return rules.map(rule => ended(rule, now)).reduce(furthest, 'NO_CONSENT')
  }
  return 'NO_CONSENT'
}

function permitted(subject: string, forbidden: readonly Rule[], { permissions, now }: Ground): number {
  let mask = 0
  for (const rule of permissionsIn(permissions.get(subject)!)) if (isRuleInForce(rule, now)) mask |= less(rule, forbidden)
  return mask
}

/** What is left of a permission where somebody forbids what it allows, to all whom it means and for all that it is for. */
function less({ mask, purposes, grant: { recipient } }: Rule, forbidden: readonly Rule[]): number {
  const isWhole = ({ grant, countries, purposes: against }: Rule): boolean =>
    countries === undefined && grant.onward !== true && ['any', recipient].includes(grant.recipient) && against.covers(purposes)
  return forbidden.filter(isWhole).reduce((left, rule) => left & ~rule.mask, mask)
}

function ended({ grant }: Rule, now: number): RefusalCode {
  const state = stateOf(grant, now)
  if (state === 'given') return 'NO_CONSENT' // it is still to begin
  return state === 'withdrawn' ? 'CONSENT_WITHDRAWN' : 'EXPIRED'
}
