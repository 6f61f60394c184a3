// What an evaluation says, in two forms: statements in the compliance report model of the ODRL community group, and a JSON document.
import { node, type Term, type Triple } from '#gateway/odrl/graph.ts'
import type { ComplianceReport, PremiseReport, RuleReport } from '#gateway/odrl/evaluate.ts'
import type { Fault } from '#gateway/odrl/policy.ts'
import { DCT, ODRL, REPORT, shortName, TYPE } from '#gateway/odrl/terms.ts'

const CLASSES = { permission: 'PermissionReport', prohibition: 'ProhibitionReport', obligation: 'ObligationReport' }

export function reportTriples({ id, created, policy, request, rules }: ComplianceReport): readonly Triple[] {
  return [
    ...about(id, [[TYPE, report('PolicyReport')], [`${DCT}created`, created], [`${REPORT}policy`, node(policy)], [`${REPORT}policyRequest`, node(request)], ...rules.map(rule => [`${REPORT}ruleReport`, node(rule.id)] as const)]),
    ...rules.flatMap(ruleTriples),
  ]
}

function ruleTriples(rule: RuleReport): readonly Triple[] {
  return [
    ...about(rule.id, [
      [TYPE, report(CLASSES[rule.kind])], [`${REPORT}attemptState`, report(attemptOf(rule))], [`${REPORT}rule`, node(rule.rule)], [`${REPORT}ruleRequest`, node(rule.requestedRule)],
      ...rule.premises.map(({ id }) => [`${REPORT}premiseReport`, node(id)] as const),
      ...rule.kind === 'obligation' ? [[`${REPORT}performanceState`, report(stateOf(rule).performanceState)] as const, [`${REPORT}deonticState`, report(stateOf(rule).deonticState)] as const] : rule.conditions.map(({ id }) => [`${REPORT}conditionReport`, node(id)] as const),
      [`${REPORT}activationState`, report(rule.isActive ? 'Active' : 'Inactive')],
    ]),
    ...rule.premises.flatMap(premiseTriples),
  ]
}

function premiseTriples(premise: PremiseReport): readonly Triple[] {
  return [
    ...about(premise.id, [
      [TYPE, report(`${premise.kind}Report`)], ...constraintStatements(premise), ...premise.premises.map(({ id }) => [`${REPORT}premiseReport`, node(id)] as const),
      [`${REPORT}satisfactionState`, report(satisfaction(premise))],
    ]),
    ...premise.premises.flatMap(premiseTriples),
  ]
}

/** The model's evaluators say the comparison only where it holds. */
function constraintStatements({ of, isSatisfied }: PremiseReport): readonly Statement[] {
  if (of === undefined) return []
  const { constraint, leftOperands } = of, refers = [`${REPORT}constraint`, node(constraint.id)] as const
  if ('operand' in constraint) return [refers, [`${REPORT}constraintLogicalOperand`, node(ODRL + constraint.operand)]]
  const left = leftOperands.map(term => [`${REPORT}constraintLeftOperand`, term] as const)
  if (!isSatisfied) return [refers, ...left]
  return [refers, ...left, [`${REPORT}constraintOperator`, node(ODRL + constraint.operator!)], ...constraint.rightOperands.map(term => [`${REPORT}constraintRightOperand`, term] as const)]
}

type Statement = readonly [property: string, object: Term]
function about(subject: string, statements: readonly Statement[]): readonly Triple[] { return statements.map(([predicate, object]) => ({ subject, predicate, object })) }
function report(name: string): Term { return node(REPORT + name) }
function satisfaction({ isSatisfied }: { readonly isSatisfied: boolean }): 'Satisfied' | 'Unsatisfied' { return isSatisfied ? 'Satisfied' : 'Unsatisfied' }

/** An obligation is attempted when somebody reports that it was done; what is requested is an attempt itself. */
function attemptOf(rule: RuleReport): 'Attempted' | 'NotAttempted' {
  return rule.kind !== 'obligation' || stateOf(rule).performanceState === 'Performed' ? 'Attempted' : 'NotAttempted'
}

/** The worst of what is reported of an obligation. */
function stateOf({ conditions }: RuleReport) {
  const worst = (['Violated', 'NonSet', 'Fulfilled'] as const).map(state => conditions.find(({ deonticState }) => deonticState === state)).find(found => found !== undefined)
  return worst ?? { deonticState: 'NonSet' as const, performanceState: 'Unknown' as const }
}

export interface ReportDocument {
  readonly reportId: string
  readonly created: string
  readonly policy: string
  readonly request: string
  readonly decision: 'permit' | 'deny'
  readonly rules: readonly object[]
  readonly faults: readonly Fault[]
}

/** For programs that know no RDF. */
export function reportDocument({ id, created, policy, request, decision, rules, faults }: ComplianceReport): ReportDocument {
  return { reportId: id, created: created.value, policy, request, decision, rules: rules.map(ruleDocument), faults }
}

function ruleDocument(rule: RuleReport): object {
  const { id, kind, requestedRule, isActive, premises, conditions, faults } = rule
  return {
    reportId: id, type: CLASSES[kind], rule: rule.rule, ruleRequest: requestedRule, attemptState: attemptOf(rule), activationState: isActive ? 'Active' : 'Inactive',
    ...(kind === 'obligation' && { performanceState: stateOf(rule).performanceState, deonticState: stateOf(rule).deonticState }),
    premises: premises.map(premiseDocument),
    conditions: conditions.map(({ id: reportId, performanceState, deonticState }) => ({ reportId, performanceState, deonticState })), faults,
  }
}

function premiseDocument({ id, kind, of, premises, ...premise }: PremiseReport): object {
  return {
    reportId: id, type: `${kind}Report`, satisfactionState: satisfaction(premise), ...(of && constraintDocument(of)),
    ...(premises.length > 0 && { premises: premises.map(premiseDocument) }),
  }
}

function constraintDocument({ constraint, leftOperands }: NonNullable<PremiseReport['of']>): object {
  if ('operand' in constraint) return { constraint: constraint.id, logicalOperand: constraint.operand }
  const { id, leftOperand, operator, rightOperands } = constraint
  return { constraint: id, leftOperand: shortName(leftOperand), operator: operator ?? null, value: leftOperands.map(valueText), rightOperand: rightOperands.map(valueText) }
}

function valueText(term: Term): string { return term.kind === 'node' ? term.id : term.value }

