// Reads nodes of a graph by the properties that they may have, and notes what is not understood.
import { tooMuch } from '#gateway/odrl/errors.ts'
import { isBlank, type Graph, type Term } from '#gateway/odrl/graph.ts'
import type { Fault } from '#gateway/odrl/policy.ts'
import { isDescriptive, LEFT_OPERANDS, ODRL, shortName, TYPE } from '#gateway/odrl/terms.ts'

/** Rules, constraints, duties and so on of one document, each as often as it is referred to. */
export const PARTS_MAX = 20_000
/** Constraints and duties in each other. */
export const NESTING_MAX = 16

export class Reading {
  readonly graph: Graph
  readonly faults: Fault[] = []
  readonly #parts: { count: number }
  /** Those of ODRL, and of the profiles that the policy declares. */
  #leftOperands: ReadonlySet<string>

  constructor(graph: Graph, parts = { count: 0 }, leftOperands: ReadonlySet<string> = LEFT_OPERANDS) {
    this.graph = graph
    this.#parts = parts
    this.#leftOperands = leftOperands
  }

  /** For a part that has its own faults. */
  fork(): Reading { return new Reading(this.graph, this.#parts, this.#leftOperands) }

  /** From now on, and in what is forked. */
  understand(leftOperands: readonly string[]): void { this.#leftOperands = new Set([...this.#leftOperands, ...leftOperands]) }

  isLeftOperand(iri: string): boolean { return this.#leftOperands.has(iri) }

  fault(at: string, term: string, message: string): void { this.faults.push({ at, term: shortName(term), message }) }

  /** Enters a node: notes properties that it may not have, and classes of ODRL that it is not. Throws where there are too many. */
  enter(at: string, what: string, properties: ReadonlySet<string>, classes: readonly string[]): void {
    if (++this.#parts.count > PARTS_MAX) throw tooMuch(`a document may have ${PARTS_MAX} rules, constraints and duties`)
    for (const property of this.graph.properties(at)) {
      if (properties.has(property) || property === TYPE || property === `${ODRL}uid` || isDescriptive(property)) continue
      this.fault(at, property, `${shortName(property)} is no property of ${what} that is known`)
    }
    for (const type of this.graph.nodes(at, TYPE)) {
      if (type.startsWith(ODRL) && !classes.includes(type.slice(ODRL.length))) this.fault(at, type, `${what} is no ${shortName(type)}`)
    }
  }

  /** The name of a node: its IRI, or where it has none what it says is its uid. */
  identity(at: string): string {
    const uids = [...new Set(this.graph.objects(at, `${ODRL}uid`).map(term => term.kind === 'node' ? term.id : term.value))]
    const others = uids.filter(uid => uid !== at)
    if (uids.length > 1 || (!isBlank(at) && others.length > 0)) this.fault(at, `${ODRL}uid`, `it has two names: ${[at, ...others].join(', ')}`)
    return isBlank(at) ? uids[0] ?? at : at
  }

  /** The nodes of a property; what is a text instead is noted. */
  nodes(at: string, property: string): readonly string[] {
    return this.graph.objects(at, property).flatMap(term => {
      if (term.kind === 'node') return [term.id]
      this.fault(at, property, `${shortName(property)} is ${JSON.stringify(term.value.slice(0, 100))}, a text where an IRI is to stand`)
      return []
    })
  }

  /** The node of a property that has one at most. */
  node(at: string, property: string): string | undefined {
    const nodes = this.nodes(at, property)
    if (nodes.length > 1) this.fault(at, property, `${shortName(property)} is said ${nodes.length} times`)
    return nodes[0]
  }

  /** The members of all lists that a property has, and whatever else it has. */
  members(at: string, property: string): readonly Term[] {
    return this.graph.objects(at, property).flatMap(term => term.kind === 'node' ? this.graph.list(term.id) ?? [term] : [term])
  }
}

export function named(names: readonly string[]): ReadonlySet<string> { return new Set(names.map(name => ODRL + name)) }
