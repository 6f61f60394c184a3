// What a document says, as a set of triples: the form that both syntaxes are read into. A node is its IRI, or `_:x` where it has no name.
import { RDF } from '#gateway/odrl/terms.ts'
import { tooMuch } from '#gateway/odrl/errors.ts'

export const TRIPLES_MAX = 20_000
/** Members of one RDF list. */
export const LIST_MAX = 1_000

export type Term = Resource | Literal
export interface Resource { readonly kind: 'node', readonly id: string }
export interface Literal { readonly kind: 'literal', readonly value: string, readonly datatype: string, readonly language?: string }
export interface Triple { readonly subject: string, readonly predicate: string, readonly object: Term }

export function node(id: string): Resource { return { kind: 'node', id } }
export function literal(value: string, datatype: string, language?: string): Literal { return { kind: 'literal', value, datatype, ...(language && { language }) } }
export function isBlank(id: string): boolean { return id.startsWith('_:') }

/** Equal terms have equal texts. */
export function keyOf(term: Term): string {
  return term.kind === 'node' ? `<${term.id}>` : JSON.stringify([term.value, term.datatype, term.language?.toLowerCase() ?? ''])
}

export class Graph {
  readonly #bySubject = new Map<string, Map<string, Term[]>>()
  readonly #subjectsOf = new Map<string, Set<string>>()
  readonly #known = new Set<string>()

  get size(): number { return this.#known.size }

  /** Throws where it holds all that a document may say. */
  add(subject: string, predicate: string, object: Term): void {
    const key = `${subject} ${predicate} ${keyOf(object)}`
    if (this.#known.has(key)) return
    if (this.#known.size >= TRIPLES_MAX) throw tooMuch(`a document may make ${TRIPLES_MAX} statements`)
    this.#known.add(key)
    const properties = entry(this.#bySubject, subject, () => new Map<string, Term[]>())
    entry(properties, predicate, (): Term[] => []).push(object)
    if (object.kind === 'node') entry(this.#subjectsOf, `${predicate} ${object.id}`, () => new Set<string>()).add(subject)
  }

  /** In the order in which the document has them. */
  objects(subject: string, predicate: string): readonly Term[] { return this.#bySubject.get(subject)?.get(predicate) ?? [] }

  /** The objects that are nodes. */
  nodes(subject: string, predicate: string): readonly string[] {
    return this.objects(subject, predicate).flatMap(object => object.kind === 'node' ? [object.id] : [])
  }

  /** Who has this node as the object of this property. */
  subjects(predicate: string, object: string): Iterable<string> { return this.#subjectsOf.get(`${predicate} ${object}`) ?? [] }

  /** Who has this property at all. */
  having(predicate: string): readonly string[] {
    return [...this.#bySubject].flatMap(([subject, properties]) => properties.has(predicate) ? [subject] : [])
  }

  properties(subject: string): Iterable<string> { return this.#bySubject.get(subject)?.keys() ?? [] }

  /** The members of a list, or undefined where the node is none. */
  list(head: string): readonly Term[] | undefined {
    const members: Term[] = []
    for (let at = head; at !== `${RDF}nil`;) {
      const [first] = this.objects(at, `${RDF}first`), [rest] = this.nodes(at, `${RDF}rest`)
      if (first === undefined || rest === undefined) return undefined
      if (members.push(first) > LIST_MAX) throw tooMuch(`a list may have ${LIST_MAX} members, and no end that is its beginning`)
      at = rest
    }
    return members
  }

  *triples(): Iterable<Triple> {
    for (const [subject, properties] of this.#bySubject) {
      for (const [predicate, objects] of properties) for (const object of objects) yield { subject, predicate, object }
    }
  }
}

function entry<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
