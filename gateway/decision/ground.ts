// What is decided upon: the rules that stand on one stream at an instant, in the order in which they are asked for.
import { stateOf, type Grant } from '#gateway/consent/grant.ts'
import { ruleOf, type Rule } from '#gateway/decision/rule.ts'
import type { SubjectsOf } from '#gateway/devices/subjects.ts'
import { isGroupId, type Groups } from '#gateway/parties/groups.ts'
import type { Parties } from '#gateway/parties/parties.ts'
import type { Model } from '#semantic-models/model.ts'

/** Who is who, as far as a consent can name it. */
export interface Recipients {
  /** Where a party is, and since when; undefined where nobody said so. */
  countryOf(partyId: string): { readonly country: string, readonly since: number } | undefined
  hasGroup(groupId: string): boolean
  /** undefined: it is no member. */
  memberSince(groupId: string, partyId: string): number | undefined
}

/** By the accounts of this gateway. */
export function recipientsOf(parties: Pick<Parties, 'get'>, groups: Pick<Groups, 'get' | 'memberSince'>): Recipients {
  return {
    countryOf: partyId => {
      const { country, countrySince = 0 } = parties.get(partyId) ?? {}
      return country === undefined ? undefined : { country, since: countrySince }
    },
    hasGroup: groupId => groups.get(groupId) !== undefined,
    memberSince: (groupId, partyId) => groups.memberSince(groupId, partyId),
  }
}

export interface Ground {
  readonly model: Model
  readonly now: number
  /** Whoever has to consent, and since when it has been no more than these. */
  readonly subjects: SubjectsOf
  /** It tells what the law protects more than other data. */
  readonly isSpecial: boolean
  readonly recipients: Recipients
  readonly prohibitions: readonly Rule[]
  /** By subject. */
  readonly permissions: ReadonlyMap<string, Permissions>
}

/** Of one subject, by recipient: parties (and `any`) are looked up, of groups each is asked. */
interface Permissions { readonly toParties: Map<string, Rule[]>, readonly toGroups: Map<string, Rule[]> }

export type Scene = Pick<Ground, 'model' | 'now' | 'subjects' | 'isSpecial' | 'recipients'>

/** Of those who have no say (any more) the grants are passed over. */
export function groundOf(grants: readonly Grant[], scene: Scene): Ground {
  const prohibitions: Rule[] = [], permissions = new Map<string, Permissions>(scene.subjects.partyIds.map(id => [id, { toParties: new Map(), toGroups: new Map() }]))
  for (const grant of grants) {
    const own = permissions.get(grant.ownerId), rule = ruleOf(grant, scene.model)
    if (!own) continue
    if (rule.isProhibition) prohibitions.push(rule)
    else append(isGroupId(grant.recipient) ? own.toGroups : own.toParties, grant.recipient, rule)
  }
  return { ...scene, prohibitions, permissions }
}

function append(byRecipient: Map<string, Rule[]>, recipient: string, rule: Rule): void {
  const siblings = byRecipient.get(recipient)
  if (siblings) siblings.push(rule)
  else byRecipient.set(recipient, [rule])
}

/** What a subject permits to those whom a recipient may be, with since when it is meant. For data of a special category it is named by itself: `any` and groups do not do. */
export function* permissionsTo(partyId: string, subject: string, { permissions, isSpecial, recipients }: Ground): Iterable<readonly [Rule, number]> {
  const { toParties, toGroups } = permissions.get(subject)!
  for (const rule of toParties.get(partyId) ?? []) yield [rule, 0]
  if (isSpecial) return
  for (const rule of toParties.get('any') ?? []) yield [rule, 0]
  for (const [groupId, rules] of toGroups) {
    const since = recipients.memberSince(groupId, partyId)
    if (since !== undefined) for (const rule of rules) yield [rule, since]
  }
}

/** All rules of a ground. */
export function* rulesOf({ prohibitions, permissions }: Ground): Iterable<Rule> {
  yield* prohibitions
  for (const own of permissions.values()) yield* permissionsIn(own)
}

export function* permissionsIn({ toParties, toGroups }: Permissions): Iterable<Rule> {
  for (const rules of toParties.values()) yield* rules
  for (const rules of toGroups.values()) yield* rules
}

export const isRuleInForce = ({ grant, start }: Rule, now: number): boolean => stateOf(grant, now) === 'given' && now >= start

/** The next instant at which a rule begins or ends by itself. */
export function nextChange(ground: Ground): number {
  let next = Infinity
  for (const { grant, start, end } of rulesOf(ground)) {
    if (stateOf(grant, ground.now) === 'given') next = Math.min(next, ground.now < start ? start : end)
  }
  return next
}

/** Whether a prohibition means a recipient. Of a group that is not known nobody can say who was not in it. */
export function isForbidden(recipient: string, partyId: string, recipients: Recipients): boolean {
  if (!isGroupId(recipient)) return recipient === 'any' || recipient === partyId
  return recipients.memberSince(recipient, partyId) !== undefined || !recipients.hasGroup(recipient)
}
