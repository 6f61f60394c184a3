// Which rules of a policy are active for a request, in a state of the world. Time comes from that world, so the same three say the same for ever.
import { createHash } from 'node:crypto'
import { includes } from '#gateway/odrl/actions.ts'
import { tooMuch } from '#gateway/odrl/errors.ts'
import type { Literal } from '#gateway/odrl/graph.ts'
import type { Constraint, Duty, Fault, Policy, Rule, RuleKind, Scope } from '#gateway/odrl/policy.ts'
import type { Request, RequestedRule } from '#gateway/odrl/request.ts'
import { satisfy, type ConstraintReport, type Situation } from '#gateway/odrl/satisfy.ts'
import type { DutyReport, World } from '#gateway/odrl/world.ts'

/** Rules of all policies, each with each requested rule. */
export const RULE_REPORTS_MAX = 10_000

export interface ComplianceReport {
  readonly id: string
  readonly created: Literal
  readonly policy: string
  readonly request: string
  /** Whether all that is requested may be done, by the policy's own strategy for conflicts. */
  readonly decision: 'permit' | 'deny'
  readonly rules: readonly RuleReport[]
  /** What is not understood of the policy as a whole, or of the request. */
  readonly faults: readonly Fault[]
}

export interface RuleReport {
  readonly id: string
  readonly kind: RuleKind
  readonly rule: string
  readonly requestedRule: string
  readonly isActive: boolean
  readonly premises: readonly PremiseReport[]
  /** What the world reports of its duties; of an obligation: of itself. */
  readonly conditions: readonly DutyReport[]
  /** What is not understood of it: then it is not active. */
  readonly faults: readonly Fault[]
}

export interface PremiseReport {
  readonly id: string
  readonly kind: 'Target' | 'Party' | 'Action' | 'Constraint'
  readonly isSatisfied: boolean
  /** Of a constraint. */
  readonly of?: ConstraintReport
  /** What it rests on: the members of a logical constraint, the refinements of the rest. */
  readonly premises: readonly PremiseReport[]
}

/** One report for each policy and request. Throws an OdrlError where that is more than can be told. */
export function evaluate(policies: readonly Policy[], requests: readonly Request[], world: World): readonly ComplianceReport[] {
  const ruleReports = policies.reduce((sum, { rules }) => sum + rules.length, 0) * requests.reduce((sum, { rules }) => sum + rules.length, 0)
  if (ruleReports > RULE_REPORTS_MAX) throw tooMuch(`an evaluation may have ${RULE_REPORTS_MAX} pairs of a rule and a request`)
  return policies.flatMap(policy => requests.map(request => complianceOf(policy, request, world)))
}

function complianceOf(policy: Policy, request: Request, world: World): ComplianceReport {
  const key = [policy.id, request.id, world.now.value]
  const rules = request.rules.flatMap(requested => policy.rules.map(rule => ruleReport(policy, rule, requested, world, [...key, rule.id, requested.rule.id])))
  return {
    id: idOf(key), created: world.now, policy: policy.id, request: request.id, rules, decision: decide(policy, request, rules),
    faults: [...policy.faults, ...new Set(request.rules.flatMap(({ faults }) => faults))],
  }
}

/** Each requested rule is permitted by an active permission and prohibited by none; where both are, the strategy decides, and by default nobody. */
function decide(policy: Policy, request: Request, rules: readonly RuleReport[]): ComplianceReport['decision'] {
  const isActive = (kind: RuleKind, { rule }: RequestedRule): boolean => rules.some(report => report.isActive && report.kind === kind && report.requestedRule === rule.id)
  const isPermitted = (requested: RequestedRule): boolean => isActive('permission', requested) && (policy.conflict === 'perm' || !isActive('prohibition', requested))
  return request.rules.length > 0 && request.rules.every(isPermitted) ? 'permit' : 'deny'
}

function ruleReport(policy: Policy, rule: Rule, requested: RequestedRule, world: World, key: readonly string[]): RuleReport {
  const premises = premisesOf(rule, requested, { world, claims: requested.claims }).map((premise, index) => identified(premise, [...key, String(index)]))
  const conditions = rule.kind === 'obligation' ? world.duties(rule.id) : rule.duties.flatMap(duty => reportsOf(duty, world))
  const faults = [...rule.faults, ...policy.faults, ...rule.kind === 'permission' ? [...requested.faults, ...unknownProhibitions(policy)] : []]
  // A duty may still be done. Only one that was violated takes the permission away.
  const isActive = faults.length === 0 && premises.every(({ isSatisfied }) => isSatisfied) && (rule.kind !== 'permission' || conditions.every(({ deonticState }) => deonticState !== 'Violated'))
  return { id: idOf([...key, 'rule']), kind: rule.kind, rule: rule.id, requestedRule: requested.rule.id, isActive, premises, conditions, faults }
}

/** A prohibition that is not understood may prohibit anything: beside it nothing is permitted. */
function unknownProhibitions({ rules }: Policy): readonly Fault[] {
  return rules.filter(({ kind }) => kind === 'prohibition').flatMap(({ faults }) => faults)
}

function reportsOf({ id, consequences }: Duty, world: World): readonly DutyReport[] {
  return [...world.duties(id), ...consequences.flatMap(duty => reportsOf(duty, world))]
}

type Premise = Omit<PremiseReport, 'id' | 'premises'> & { readonly premises: readonly Premise[] }

/** What a rule says nothing of is no premise. What an obligation is about is no matter of what is requested. */
function premisesOf({ kind, targets, assignees, actions, constraints }: Rule, { rule: requested }: RequestedRule, situation: Situation): readonly Premise[] {
  const premises: Premise[] = []
  if (targets.length > 0 && kind !== 'obligation') premises.push(premise('Target', kind, requested.targets.map(asked => best(targets, asked, isIn(situation.world), situation))))
  if (assignees.length > 0) premises.push(premise('Party', kind, requested.assignees.map(asked => best(assignees, asked, isIn(situation.world), situation))))
  if (actions.length > 0 && kind !== 'obligation') premises.push(premise('Action', kind, requested.actions.map(asked => best(actions, asked, (rule, { id }) => includes(rule.id, id), situation))))
  return [...premises, ...constraints.map(constraint => constraintPremise(satisfy(constraint, situation)))]
}

function isIn(world: World): (scope: Scope, asked: Scope) => boolean {
  return ({ id, sources }, asked) => [id, ...sources].some(whole => world.isPartOf(asked.id, whole))
}

interface Match { readonly isSatisfied: boolean, readonly refinements: readonly ConstraintReport[] }

/** How the part of a rule that fits best fits what is asked for: the rule stands for one atomic rule for each. */
function best<Part extends { readonly refinements: readonly Constraint[] }>(parts: readonly Part[], asked: Part, fits: (part: Part, asked: Part) => boolean, situation: Situation): Match {
  const fitting = parts.filter(part => fits(part, asked)).map((part): Match => {
    const refinements = part.refinements.map(refinement => satisfy(refinement, situation))
    return { isSatisfied: refinements.every(({ isSatisfied }) => isSatisfied), refinements }
  })
  return fitting.find(({ isSatisfied }) => isSatisfied) ?? fitting[0] ?? { isSatisfied: false, refinements: [] }
}

/** A permission covers all that is asked for; a prohibition is about any of it. */
function premise(kind: 'Target' | 'Party' | 'Action', rule: RuleKind, matches: readonly Match[]): Premise {
  const isSatisfied = rule === 'prohibition' ? matches.some(match => match.isSatisfied) : matches.length > 0 && matches.every(match => match.isSatisfied)
  return { kind, isSatisfied, premises: matches.flatMap(({ refinements }) => refinements).map(constraintPremise) }
}

function constraintPremise(of: ConstraintReport): Premise {
  return { kind: 'Constraint', isSatisfied: of.isSatisfied, of, premises: of.premises.map(constraintPremise) }
}

function identified(premise: Premise, key: readonly string[]): PremiseReport {
  return { ...premise, id: idOf(key), premises: premise.premises.map((member, index) => identified(member, [...key, String(index)])) }
}

/** The same name for the same part of the same evaluation (RFC 9562, version 8). */
function idOf(key: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(key)).digest()
  hash[6] = (hash[6]! & 0x0f) | 0x80
  hash[8] = (hash[8]! & 0x3f) | 0x80
  return `urn:uuid:${hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')}`
}
