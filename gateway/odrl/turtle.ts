// Turtle: read by the package n3, written by us.
import { Parser, type ParsedTerm } from 'n3'
import { OdrlError } from '#gateway/odrl/errors.ts'
import { Graph, isBlank, literal, node, type Term, type Triple } from '#gateway/odrl/graph.ts'
import { DCT, ODRL, REPORT, TYPE, XSD } from '#gateway/odrl/terms.ts'

/** `name` keeps the blank nodes of two documents apart. Throws an OdrlError that names the line. */
export function readTurtle(text: string, name: string): Graph {
  const graph = new Graph(), named = blanksBy(name)
  try {
    for (const { subject, predicate, object } of new Parser({ format: 'text/turtle', blankNodePrefix: 'b-' }).parse(text)) {
      graph.add(named(subject), named(predicate), object.termType === 'Literal' ? literal(object.value, object.datatype!.value, object.language) : node(named(object)))
    }
  } catch (error) {
    throw error instanceof OdrlError ? error : new OdrlError(`That is no Turtle: ${(error as Error).message}`, { cause: error })
  }
  return graph
}

/** The parser numbers nodes without a name through all documents of the process; we number them anew in each. */
function blanksBy(name: string): (term: ParsedTerm) => string {
  const blanks = new Map<string, string>()
  return ({ termType, value }) => {
    if (termType === 'NamedNode') return value
    if (termType !== 'BlankNode') throw new OdrlError(`A ${termType} is nothing that a policy is made of.`)
    if (!blanks.has(value)) blanks.set(value, `_:${name}-${blanks.size}`)
    return blanks.get(value)!
  }
}

const PREFIXES = { odrl: ODRL, report: REPORT, dct: DCT, xsd: XSD }

/** One statement a line behind the prefixes; what has no name keeps its label. */
export function writeTurtle(triples: Iterable<Triple>): string {
  const lines = Object.entries(PREFIXES).map(([prefix, iri]) => `@prefix ${prefix}: <${iri}>.`)
  for (const { subject, predicate, object } of triples) lines.push(`${resource(subject)} ${predicate === TYPE ? 'a' : resource(predicate)} ${written(object)}.`)
  return `${lines.join('\n')}\n`
}

function written(term: Term): string {
  if (term.kind === 'node') return resource(term.id)
  const text = `"${term.value.replace(/[\\"\n\r\t\f\b]/g, escaped)}"`
  return term.language === undefined ? `${text}^^${resource(term.datatype)}` : `${text}@${term.language}`
}

/** What else a text may hold, it may hold as it is. */
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\f': '\\f', '\b': '\\b' }
function escaped(character: string): string { return ESCAPES[character]! }

/** Both readers let no IRI in that could end before its end. */
function resource(id: string): string {
  if (isBlank(id)) return id
  for (const [prefix, iri] of Object.entries(PREFIXES)) {
    const local = id.startsWith(iri) ? id.slice(iri.length) : ''
    if (/^[A-Za-z][A-Za-z0-9]*$/.test(local)) return `${prefix}:${local}`
  }
  return `<${id}>`
}
