// From three documents to reports: the whole road.
import { readDocument } from '#gateway/odrl/document.ts'
import { evaluate, type ComplianceReport } from '#gateway/odrl/evaluate.ts'
import { readPolicies } from '#gateway/odrl/read-policy.ts'
import { readRequestsOf } from '#gateway/odrl/request.ts'
import { World } from '#gateway/odrl/world.ts'

export interface Documents { readonly policy: string, readonly request: string, readonly world: string }

/** Turtle or JSON-LD, each. Throws an OdrlError that says what cannot be read. */
export function evaluateDocuments({ policy, request, world }: Documents, profiles: readonly string[] = []): readonly ComplianceReport[] {
  const policyGraph = readDocument(policy, 'policy'), requestGraph = readDocument(request, 'request'), worldGraph = readDocument(world, 'world')
  return evaluate(readPolicies(policyGraph, { profiles }), readRequestsOf(requestGraph, { profiles }), new World(worldGraph, policyGraph))
}
