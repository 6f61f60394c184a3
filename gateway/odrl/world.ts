// The state of the world: what time it is, who is part of what, which duties were done, and what is known of operands. Nothing else is asked.
import { OdrlError } from '#gateway/odrl/errors.ts'
import { keyOf, type Graph, type Literal, type Term } from '#gateway/odrl/graph.ts'
import { CURRENT_TIME, DCT, LOGICAL_OPERANDS, ODRL, RDF, RDFS, REPORT, SKOS, TYPE, XSD } from '#gateway/odrl/terms.ts'
import { valueOf } from '#gateway/odrl/value.ts'

/** Members of collections that are members of others, and classes of classes. */
export const STEPS_MAX = 10_000

export type DeonticState = 'Fulfilled' | 'Violated' | 'NonSet'
export type PerformanceState = 'Performed' | 'Unperformed' | 'Unknown'
export interface DutyReport { readonly id: string, readonly deonticState: DeonticState, readonly performanceState: PerformanceState }

const PART_OF = [`${ODRL}partOf`, `${DCT}isPartOf`]
const WIDER = [`${RDFS}subClassOf`, `${SKOS}broader`, `${ODRL}includedIn`]

export class World {
  /** As the document writes it. */
  readonly now: Literal
  readonly #graphs: readonly Graph[]
  readonly #graph: Graph

  /** `policies` may say who is part of what as well; a request may not. Throws an OdrlError where the world has no time, or two. */
  constructor(graph: Graph, policies?: Graph) {
    this.#graph = graph
    this.#graphs = policies === undefined ? [graph] : [graph, policies]
    const times = graph.objects(CURRENT_TIME, `${DCT}issued`), [now] = times
    if (times.length !== 1 || now?.kind !== 'literal' || now.datatype !== `${XSD}dateTime`) {
      throw new OdrlError(`The state of the world says once what time it is: <${CURRENT_TIME}> <${DCT}issued> "2027-01-01T00:00:00Z"^^xsd:dateTime.`)
    }
    try { valueOf(now) } catch (error) { throw new OdrlError(`The current time cannot be read: ${(error as Error).message}.`, { cause: error }) }
    this.now = now
  }

  /** Whether it is the thing, or part of it, at however many removes. */
  isPartOf(part: string, whole: string): boolean { return this.#reaches(part, whole, PART_OF) }

  /** Whether it is of a class, or narrower than it. */
  isA(thing: string, wanted: string): boolean {
    return this.#reaches(thing, wanted, WIDER) || this.#graphs.some(graph => graph.nodes(thing, TYPE).some(type => this.#reaches(type, wanted, WIDER)))
  }

  /** What the world says of an operand. Of the time there is one value; of others as many as there are. */
  values(operand: string): readonly Term[] {
    if (operand === `${ODRL}dateTime`) return [this.now]
    const facts = [...this.#graph.subjects(`${ODRL}leftOperand`, operand)].filter(at => !this.#isLimit(at))
    return distinct(facts.flatMap(at => said(this.#graph, at)))
  }

  /** All that was reported of a duty, in the order of the document. */
  duties(duty: string): readonly DutyReport[] {
    return [...this.#graph.subjects(`${REPORT}rule`, duty)].map(id => ({
      id, deonticState: this.#state(id, 'deonticState', ['Violated', 'Fulfilled', 'NonSet'] as const), performanceState: this.#state(id, 'performanceState', ['Unperformed', 'Performed', 'Unknown'] as const),
    }))
  }

  /** Whether it is the constraint of a policy that lies in the same document, which says what shall be and not what is. */
  #isLimit(at: string): boolean {
    return ['constraint', 'refinement', ...LOGICAL_OPERANDS].some(property => [...this.#graph.subjects(ODRL + property, at)].length > 0)
      || [...this.#graph.subjects(`${RDF}first`, at)].length > 0
  }

  /** The first of these that is said; a state that is not known counts as the first, the worst. */
  #state<State extends string>(report: string, property: string, states: readonly State[]): State {
    const said = this.#graph.objects(report, REPORT + property).map(term => term.kind === 'node' ? term.id : term.value)
    if (said.length === 0) return states.at(-1)!
    if (said.some(state => !states.some(known => state === REPORT + known))) return states[0]!
    return states.find(state => said.includes(REPORT + state))!
  }

  #reaches(from: string, to: string, properties: readonly string[]): boolean {
    const seen = new Set([from])
    for (const at of seen) {
      if (at === to) return true
      if (seen.size > STEPS_MAX) return false
      for (const graph of this.#graphs) for (const property of properties) for (const next of graph.nodes(at, property)) seen.add(next)
    }
    return false
  }
}

/** What a node says that its left operand is: only as an equation, or by saying no more than the value. */
export function said(graph: Graph, at: string): readonly Term[] {
  const operators = graph.nodes(at, `${ODRL}operator`)
  return operators.every(operator => operator === `${ODRL}eq`) ? graph.objects(at, `${ODRL}rightOperand`) : []
}

export function distinct(terms: readonly Term[]): readonly Term[] { return [...new Map(terms.map(term => [keyOf(term), term])).values()] }
