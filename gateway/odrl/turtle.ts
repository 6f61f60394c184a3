// Turtle: read by the package n3, written by us.
import { Parser, type ParsedTerm } from 'n3'
import { OdrlError } from '#gateway/odrl/errors.ts'
import { Graph, isBlank, literal, node, type Term, type Triple } from '#gateway/odrl/graph.ts'
import { DCT, ODRL, REPORT, TYPE, XSD } from '#gateway/odrl/terms.ts'

/** `name` keeps the blank nodes of two documents apart. Throws an OdrlError that names the line. */
export function readTurtle(text: string, name: string): Graph {
  const graph = new Graph()
  try {
    for (const { subject, predicate, object } of new Parser({ format: 'text/turtle', blankNodePrefix: `${name}-` }).parse(text)) {
      graph.add(idOf(subject), idOf(predicate), termOf(object))
    }
  } catch (error) {
    throw error instanceof OdrlError ? error : new OdrlError(`That is no Turtle: ${(error as Error).message}`, { cause: error })
  }
  return graph
}

function idOf({ termType, value }: ParsedTerm): string {
  if (termType === 'NamedNode') return value
  if (termType === 'BlankNode') return `_:${value}`
  throw new OdrlError(`A ${termType} is nothing that a policy is made of.`)
}

function termOf(term: ParsedTerm): Term {
  return term.termType === 'Literal' ? literal(term.value, term.datatype!.value, term.language) : node(idOf(term))
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

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\f': '\\f', '\b': '\\b' }
function escaped(character: string): string { return ESCAPES[character]! }

function resource(id: string): string {
  if (isBlank(id)) return id
  for (const [prefix, iri] of Object.entries(PREFIXES)) {
    const local = id.startsWith(iri) ? id.slice(iri.length) : ''
    if (/^[A-Za-z][A-Za-z0-9]*$/.test(local)) return `${prefix}:${local}`
  }
  // What an IRI may not hold in Turtle is written as its code point.
  return `<${id.replace(/[\u0000-\u0020<>"{}|^`\\]/g, character => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`)}>`
}
