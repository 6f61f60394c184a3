// From a rule as it is written to atomic rules, each with one action, one asset and one party in each role (Information Model §2.7).
import { tooMuch } from '#gateway/odrl/errors.ts'
import type { Rule } from '#gateway/odrl/policy.ts'

/** Atomic rules of one rule. */
export const ATOMS_MAX = 10_000

/** A list that is empty stays so: the rule is about any. */
export function atomCount({ actions, targets, assigners, assignees }: Rule): number {
  return [actions, targets, assigners, assignees].reduce((product, { length }) => product * Math.max(1, length), 1)
}

/** Throws an OdrlError where there are too many. What a rule says beside these four, each atomic rule says. */
export function atoms(rule: Rule): readonly Rule[] {
  if (atomCount(rule) > ATOMS_MAX) throw tooMuch(`a rule may stand for ${ATOMS_MAX} atomic rules`)
  const { actions, targets, assigners, assignees } = rule
  return each(actions).flatMap(one => each(targets).flatMap(target => each(assigners).flatMap(assigner => {
    return each(assignees).map(assignee => ({ ...rule, actions: one, targets: target, assigners: assigner, assignees: assignee }))
  })))
}

function each<Part>(parts: readonly Part[]): readonly (readonly Part[])[] { return parts.length === 0 ? [[]] : parts.map(part => [part]) }
