// Whether a permission and a prohibition of one policy are about the same: then the strategy of the policy decides.
import { includes } from '#gateway/odrl/actions.ts'
import type { Policy, Rule, Scope } from '#gateway/odrl/policy.ts'

/** The first permission and prohibition that may be in conflict. */
export function conflictIn({ rules }: Policy): readonly [permission: Rule, prohibition: Rule] | undefined {
  for (const permission of rules) {
    if (permission.kind !== 'permission') continue
    const prohibition = rules.find(rule => rule.kind === 'prohibition' && mayMeet(permission, rule))
    if (prohibition !== undefined) return [permission, prohibition]
  }
  return undefined
}

/** Constraints are not weighed: that they cannot hold at once is more than is known here. */
function mayMeet(one: Rule, other: Rule): boolean {
  const sameActions = anyOf(one.actions, other.actions, (left, right) => includes(left.id, right.id) || includes(right.id, left.id))
  return sameActions && anyOf(one.targets, other.targets, maySame) && anyOf(one.assignees, other.assignees, maySame)
}

/** Two names are two things, but what is in a collection by its source is not known here. */
function maySame(one: Scope, other: Scope): boolean {
  return one.id === other.id || one.sources.length > 0 || other.sources.length > 0
}

/** None named: any. */
function anyOf<Part>(ones: readonly Part[], others: readonly Part[], meet: (one: Part, other: Part) => boolean): boolean {
  return ones.length === 0 || others.length === 0 || ones.some(one => others.some(other => meet(one, other)))
}
