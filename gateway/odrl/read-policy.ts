// Policies and requests of a graph, as the Information Model has them: compact policies (§2.7.1), inheritance (§2.9), conflict strategy (§2.10).
import { OdrlError } from '#gateway/odrl/errors.ts'
import type { Graph } from '#gateway/odrl/graph.ts'
import type { Action, Duty, Policy, Rule, RuleKind, Scope } from '#gateway/odrl/policy.ts'
import { leftOperandsOf } from '#gateway/odrl/profile.ts'
import { readActions, readConstraints, readScopes } from '#gateway/odrl/read-constraint.ts'
import { named, NESTING_MAX, Reading } from '#gateway/odrl/reading.ts'
import { CONFLICT_STRATEGIES, FUNCTIONS, ODRL, oneOf, POLICY_KINDS, shortName, TYPE, type PolicyKind } from '#gateway/odrl/terms.ts'

/** Policies of one document. */
export const POLICIES_MAX = 100

const SHARED = ['action', 'target', 'assigner', 'assignee', 'output', ...FUNCTIONS]
const POLICY_PROPERTIES = named(['permission', 'prohibition', 'obligation', 'profile', 'inheritFrom', 'conflict', ...SHARED])
const RULE = [...SHARED, 'constraint']
const DUTY_OF = { permission: 'duty', prohibition: 'remedy', obligation: 'consequence' } as const
const RULE_PROPERTIES = { permission: named([...RULE, 'duty']), prohibition: named([...RULE, 'remedy']), obligation: named([...RULE, 'consequence']) }
const DUTY_PROPERTIES = named([...RULE, 'consequence'])
const RULE_CLASSES = { permission: ['Rule', 'Permission'], prohibition: ['Rule', 'Prohibition'], obligation: ['Rule', 'Duty'] }

export interface ReadOptions {
  /** IRIs of the profiles that are understood. */
  readonly profiles?: readonly string[]
}

/** The policies of a document, but for requests. Throws an OdrlError where there is none. */
export function readPolicies(graph: Graph, options: ReadOptions = {}): readonly Policy[] {
  return ofKinds(graph, POLICY_KINDS, 'policy: none is an odrl:Policy, odrl:Set, odrl:Offer or odrl:Agreement', options)
}

/** The requests of a document. Throws an OdrlError where there is none. */
export function readRequests(graph: Graph, options: ReadOptions = {}): readonly Policy[] {
  return ofKinds(graph, ['Request'], 'request: none is an odrl:Request', options)
}

function ofKinds(graph: Graph, kinds: readonly PolicyKind[], missing: string, options: ReadOptions): readonly Policy[] {
  const nodes = [...new Set(kinds.flatMap(kind => [...graph.subjects(TYPE, ODRL + kind)]))]
  if (nodes.length === 0) throw new OdrlError(`The document has no ${missing}.`)
  if (nodes.length > POLICIES_MAX) throw new OdrlError(`A document may have ${POLICIES_MAX} policies.`)
  const reading = new Reading(graph)
  return nodes.map(at => readPolicy(reading.fork(), at, options))
}

function readPolicy(reading: Reading, at: string, { profiles: known = [] }: ReadOptions): Policy {
  reading.enter(at, 'a policy', POLICY_PROPERTIES, [...POLICY_KINDS, 'Request'])
  const profiles = reading.nodes(at, `${ODRL}profile`)
  for (const profile of profiles) if (!known.includes(profile)) reading.fault(at, profile, `the profile ${shortName(profile)} is not known`)
  reading.understand(leftOperandsOf(profiles.filter(profile => known.includes(profile))))
  return {
    id: reading.identity(at), kind: kindOf(reading, at), profiles, ...conflictOf(reading, at),
    rules: [at, ...ancestors(reading, at)].flatMap(policy => readRules(reading, policy)), faults: reading.faults,
  }
}

function kindOf(reading: Reading, at: string): PolicyKind {
  const kinds = reading.graph.nodes(at, TYPE).flatMap(type => oneOf([...POLICY_KINDS, 'Request'] as const, type) ?? [])
  // Each subclass is a Policy too, and says so in some documents.
  const [kind = 'Policy', other] = [...new Set(kinds)].filter(name => name !== 'Policy')
  if (other !== undefined) reading.fault(at, ODRL + other, `a policy is of one kind, and this is a ${kind} and a ${other}`)
  return kind
}

function conflictOf(reading: Reading, at: string): Pick<Policy, 'conflict' | 'saysConflict'> {
  const said = reading.node(at, `${ODRL}conflict`)
  if (said === undefined) return { conflict: 'invalid', saysConflict: false }
  const conflict = oneOf(CONFLICT_STRATEGIES, said)
  if (conflict === undefined) reading.fault(at, said, `the conflict strategy ${shortName(said)} is not known`)
  return { conflict: conflict ?? 'invalid', saysConflict: true }
}

/** The policies from which one inherits its rules, near ones first. They are in the same document, for nothing is dereferenced. */
function ancestors(reading: Reading, at: string): readonly string[] {
  const seen = new Set([at]), found: string[] = []
  addParents(at)
  return found

  function addParents(from: string): void {
    for (const parent of reading.nodes(from, `${ODRL}inheritFrom`)) {
      if (seen.has(parent)) { reading.fault(from, parent, 'a policy inherits from itself, or twice from another'); continue }
      seen.add(parent)
      found.push(parent)
      if (reading.graph.nodes(parent, TYPE).length === 0) reading.fault(from, parent, `the policy ${shortName(parent)}, from which it inherits, is not in the document`)
      else reading.enter(parent, 'a policy', POLICY_PROPERTIES, [...POLICY_KINDS])
      addParents(parent)
    }
  }
}

/** What a policy says for all its rules. */
interface Shared { readonly actions: readonly Action[], readonly targets: readonly Scope[], readonly assigners: readonly Scope[], readonly assignees: readonly Scope[] }

function readShared(reading: Reading, at: string): Shared {
  for (const name of [...FUNCTIONS, 'output']) readScopes(reading, at, name === 'output' ? 'target' : name)
  return { actions: readActions(reading, at), targets: readScopes(reading, at, 'target'), assigners: readScopes(reading, at, 'assigner'), assignees: readScopes(reading, at, 'assignee') }
}

function readRules(reading: Reading, policy: string): readonly Rule[] {
  const shared = readShared(reading, policy)
  return (['permission', 'prohibition', 'obligation'] as const).flatMap(kind => {
    return reading.nodes(policy, ODRL + kind).map(at => readRule(reading.fork(), at, kind, shared))
  })
}

function readRule(reading: Reading, at: string, kind: RuleKind, shared: Shared): Rule {
  reading.enter(at, `a ${kind}`, RULE_PROPERTIES[kind], RULE_CLASSES[kind])
  // A rule of which nothing is said would limit nothing.
  if ([...reading.graph.properties(at)].length === 0) reading.fault(at, at, `the ${kind} ${shortName(at)} is not in the document`)
  const own = readShared(reading, at)
  return {
    id: reading.identity(at), kind,
    actions: [...own.actions, ...shared.actions], targets: [...own.targets, ...shared.targets],
    assigners: [...own.assigners, ...shared.assigners], assignees: [...own.assignees, ...shared.assignees],
    constraints: readConstraints(reading, at, 'constraint'), duties: readDuties(reading, at, DUTY_OF[kind]), faults: reading.faults,
  }
}

function readDuties(reading: Reading, at: string, property: 'duty' | 'remedy' | 'consequence', depth = 0): readonly Duty[] {
  return reading.nodes(at, ODRL + property).map(duty => {
    reading.enter(duty, 'a duty', DUTY_PROPERTIES, ['Rule', 'Duty'])
    if (depth >= NESTING_MAX) reading.fault(duty, ODRL + property, `duties may stand in each other ${NESTING_MAX} deep`)
    const { actions, targets } = readShared(reading, duty)
    return {
      id: reading.identity(duty), actions, targets, constraints: readConstraints(reading, duty, 'constraint'),
      consequences: depth >= NESTING_MAX ? [] : readDuties(reading, duty, 'consequence', depth + 1),
    }
  })
}
