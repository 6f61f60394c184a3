// What a document holds, and what of it is not understood.
import { atomCount } from '#gateway/odrl/atoms.ts'
import { readDocument } from '#gateway/odrl/document.ts'
import type { Fault, RuleKind } from '#gateway/odrl/policy.ts'
import { readPolicies } from '#gateway/odrl/read-policy.ts'
import type { ConflictStrategy, PolicyKind } from '#gateway/odrl/terms.ts'

export interface Checked {
  readonly policy: string
  readonly kind: PolicyKind
  readonly conflict: ConflictStrategy
  readonly permissions: number
  readonly prohibitions: number
  readonly obligations: number
  /** Rules with one action, one asset and one party in each role. */
  readonly atoms: number
  readonly faults: readonly Fault[]
}

/** Throws an OdrlError where there is no policy. */
export function checkPolicies(text: string, profiles: readonly string[] = []): readonly Checked[] {
  return readPolicies(readDocument(text, 'policy'), { profiles }).map(({ id, kind, conflict, rules, faults }) => {
    const of = (kind: RuleKind): number => rules.filter(rule => rule.kind === kind).length
    return {
      policy: id, kind, conflict, permissions: of('permission'), prohibitions: of('prohibition'), obligations: of('obligation'),
      atoms: rules.reduce((sum, rule) => sum + atomCount(rule), 0), faults: [...faults, ...rules.flatMap(rule => rule.faults)],
    }
  })
}
