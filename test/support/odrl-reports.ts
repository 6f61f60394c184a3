// Compliance reports as the public suite compares them: by activation, by satisfaction as well, and by the shape of the whole graph.
import { keyOf, type Graph, type Term } from '#gateway/odrl/graph.ts'
import { REPORT, TYPE } from '#gateway/odrl/terms.ts'

const PREMISES = ['TargetReport', 'PartyReport', 'ActionReport', 'ConstraintReport']

/** The one policy report of a graph. */
export function reportIn(graph: Graph): string {
  const reports = [...graph.subjects(TYPE, `${REPORT}PolicyReport`)]
  if (reports.length !== 1) throw new Error(`${reports.length} policy reports`)
  return reports[0]!
}

/** Of each rule report: the rule, what was requested, whether it was attempted and is active. */
export function activation(graph: Graph): readonly string[] {
  return graph.nodes(reportIn(graph), `${REPORT}ruleReport`).map(rule => {
    return ['rule', 'ruleRequest', 'attemptState', 'activationState'].map(name => graph.nodes(rule, REPORT + name).join('+')).join(' ')
  }).sort()
}

/** Of each premise: its class, the constraint, and whether it is satisfied; wherever in the document it stands. */
export function satisfaction(graph: Graph): readonly string[] {
  return PREMISES.flatMap(name => [...graph.subjects(TYPE, REPORT + name)].map(premise => {
    return [name, ...graph.nodes(premise, `${REPORT}constraint`), ...graph.nodes(premise, `${REPORT}satisfactionState`)].join(' ')
  })).sort()
}

/** A text that is the same for isomorphic graphs and for no others: names of what the graph tells of do not count. Reports are trees. */
export function shape(graph: Graph, at = reportIn(graph)): string {
  const describe = (term: Term): string => term.kind === 'node' && [...graph.properties(term.id)].length > 0 ? shape(graph, term.id) : keyOf(term)
  return `[${[...graph.properties(at)].flatMap(property => graph.objects(at, property).map(object => `${property} ${describe(object)}`)).sort().join('; ')}]`
}

/** Premises that are named and not described, as in reports that were put together by hand. */
export function dangling(graph: Graph): readonly string[] {
  return graph.having(`${REPORT}premiseReport`).flatMap(at => graph.nodes(at, `${REPORT}premiseReport`)).filter(premise => [...graph.properties(premise)].length === 0)
}
