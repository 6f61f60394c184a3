// What is asked for: each permission of an odrl:Request, with what the requester says of the context.
import type { Graph, Term } from '#gateway/odrl/graph.ts'
import type { Constraint, Fault, Policy, Rule } from '#gateway/odrl/policy.ts'
import { readRequests, type ReadOptions } from '#gateway/odrl/read-policy.ts'
import { ODRL, SOTW } from '#gateway/odrl/terms.ts'
import { distinct, said } from '#gateway/odrl/world.ts'

export interface Request {
  readonly id: string
  readonly rules: readonly RequestedRule[]
}

export interface RequestedRule {
  readonly rule: Rule
  /** By left operand: what the requester says that it is, such as the purpose. */
  readonly claims: ReadonlyMap<string, readonly Term[]>
  /** What is not understood: then nothing is permitted. */
  readonly faults: readonly Fault[]
}

/** Throws an OdrlError where there is no request. */
export function readRequestsOf(graph: Graph, options?: ReadOptions): readonly Request[] {
  // `sotw:context` is no property of ODRL: what it says is read here, and taken away before the rest is.
  const context = new Map(graph.having(`${SOTW}context`).map(rule => [rule, graph.nodes(rule, `${SOTW}context`)]))
  return readRequests(graph, options).map(request => ({ id: request.id, rules: requestedRules(graph, request, context) }))
}

function requestedRules(graph: Graph, { rules, faults }: Policy, context: ReadonlyMap<string, readonly string[]>): readonly RequestedRule[] {
  return rules.filter(({ kind }) => kind === 'permission').map(rule => ({
    rule, claims: claimsOf(graph, rule, context.get(rule.id) ?? []),
    faults: [...faults, ...rule.faults.filter(({ term }) => term !== `${SOTW}context`)],
  }))
}

function claimsOf(graph: Graph, rule: Rule, context: readonly string[]): ReadonlyMap<string, readonly Term[]> {
  const claims = new Map<string, readonly Term[]>()
  const claim = (operand: string, values: readonly Term[]): void => { claims.set(operand, distinct([...claims.get(operand) ?? [], ...values])) }
  for (const at of context) for (const operand of graph.nodes(at, `${ODRL}leftOperand`)) claim(operand, said(graph, at))
  const refined = [...rule.actions, ...rule.targets, ...rule.assignees].flatMap(({ refinements }) => refinements)
  for (const constraint of [...rule.constraints, ...refined]) for (const [operand, values] of equations(constraint)) claim(operand, values)
  return claims
}

/** What a constraint of a request says for certain: its equations, and those that an `and` joins. */
function equations(constraint: Constraint): readonly (readonly [string, readonly Term[]])[] {
  if ('operand' in constraint) return constraint.operand === 'and' || constraint.operand === 'andSequence' ? constraint.constraints.flatMap(equations) : []
  return constraint.operator === 'eq' ? [[constraint.leftOperand, constraint.rightOperands]] : []
}
