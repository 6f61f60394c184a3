// What the words of a JSON-LD document mean. The context of ODRL is this table and never dereferenced (ADR 7); a document may add prefixes and
// words of its own, and may not give a word of ODRL another meaning.
import { OdrlError } from '#gateway/odrl/errors.ts'
import { CC, DCT, FUNCTIONS, ODRL, RDF, RDFS, SKOS, XSD } from '#gateway/odrl/terms.ts'

/** What a text under this word is: the IRI of a thing, a word of ODRL, or a literal of a datatype. */
export type Coercion = '@id' | '@vocab' | { readonly datatype: string }
export interface Word { readonly iri: string, readonly coercion?: Coercion, readonly isList?: true }
export interface Context { readonly words: ReadonlyMap<string, Word>, readonly prefixes: ReadonlyMap<string, string>, readonly aliases: ReadonlyMap<string, string>, readonly hasOdrl: boolean }

const ODRL_CONTEXTS = new Set(['http', 'https'].flatMap(scheme => ['ns/odrl.jsonld', 'ns/odrl/2/ODRL22.jsonld'].map(path => `${scheme}://www.w3.org/${path}`)))
/** Entries of a context that a document brings. */
export const WORDS_MAX = 200

const THINGS = [
  'permission', 'prohibition', 'obligation', 'duty', 'remedy', 'consequence', 'target', 'relation', 'output', 'assigner', 'assignee', 'function', ...FUNCTIONS,
  'constraint', 'refinement', 'and', 'or', 'xone', 'andSequence', 'inheritFrom', 'profile', 'partOf', 'source', 'hasPolicy', 'rightOperandReference', 'unit', 'dataType',
]
const WORDS_OF_ODRL = ['conflict', 'action', 'includedIn', 'leftOperand', 'operator']
const PLAIN = ['rightOperand', 'status']

const ODRL_WORDS: ReadonlyMap<string, Word> = new Map<string, Word>([
  ...THINGS.map(name => [name, { iri: ODRL + name, coercion: '@id' }] as const),
  ...WORDS_OF_ODRL.map(name => [name, { iri: ODRL + name, coercion: '@vocab' }] as const),
  ...PLAIN.map(name => [name, { iri: ODRL + name }] as const),
])
const ODRL_PREFIXES: ReadonlyMap<string, string> = new Map([
  ['odrl', ODRL], ['rdf', RDF], ['rdfs', RDFS], ['skos', SKOS], ['xsd', XSD], ['dct', DCT], ['dcterms', DCT], ['cc', CC], ['owl', 'http://www.w3.org/2002/07/owl#'],
  ['vcard', 'http://www.w3.org/2006/vcard/ns#'], ['foaf', 'http://xmlns.com/foaf/0.1/'], ['schema', 'http://schema.org/'],
])
const ODRL_ALIASES: ReadonlyMap<string, string> = new Map([['uid', '@id'], ['type', '@type']])
const EMPTY: Context = { words: new Map(), prefixes: new Map(), aliases: new Map(), hasOdrl: false }

/** Throws an OdrlError for a context that is not known, or that says what we do not follow. */
export function readContext(given: unknown): Context {
  return (Array.isArray(given) ? given : given === undefined ? [] : [given]).reduce<Context>(extended, EMPTY)
}

function extended(context: Context, part: unknown): Context {
  if (typeof part === 'string') {
    if (!ODRL_CONTEXTS.has(part)) throw new OdrlError(`The context ${JSON.stringify(part)} is not known, and contexts are never loaded: use http://www.w3.org/ns/odrl.jsonld, and write prefixes out.`)
    return { words: merged(ODRL_WORDS, context.words), prefixes: merged(ODRL_PREFIXES, context.prefixes), aliases: merged(ODRL_ALIASES, context.aliases), hasOdrl: true }
  }
  if (typeof part !== 'object' || part === null) throw new OdrlError('A context is an address, or an object of prefixes and words.')
  const entries = Object.entries(part)
  if (entries.length > WORDS_MAX) throw new OdrlError(`A context may have ${WORDS_MAX} entries.`)
  return entries.reduce(withEntry, context)
}

function withEntry(context: Context, [name, given]: [string, unknown]): Context {
  if (name.startsWith('@')) throw new OdrlError(`${name} in a context is not followed: write prefixes and full IRIs.`)
  const definition = definitionOf(context, name, given)
  if ('alias' in definition) return { ...context, aliases: merged(context.aliases, [[name, definition.alias]]) }
  const known = context.words.get(name), prefix = context.prefixes.get(name)
  if ((known !== undefined && known.iri !== definition.iri) || (prefix !== undefined && prefix !== definition.iri) || context.aliases.has(name)) {
    throw new OdrlError(`The context gives ${JSON.stringify(name)} another meaning than it has.`)
  }
  if (known !== undefined) return context
  const prefixes = typeof given === 'string' ? merged(context.prefixes, [[name, definition.iri]]) : context.prefixes
  return { ...context, prefixes, words: merged(context.words, [[name, definition]]) }
}

function definitionOf(context: Context, name: string, given: unknown): Word | { readonly alias: string } {
  if (given === '@id' || given === '@type') return { alias: given }
  if (typeof given === 'string') return { iri: absolute(context, given) }
  const { '@id': id, '@type': type, '@container': container, ...rest } = (given ?? {}) as Readonly<Record<string, unknown>>
  const isFollowed = typeof id === 'string' && (type === undefined || typeof type === 'string') && (container === undefined || container === '@list' || container === '@set')
  if (!isFollowed || Object.keys(rest).length > 0) throw new OdrlError(`What the context says of ${JSON.stringify(name)} is not followed: @id, @type and @container are.`)
  const coercion = type === '@id' || type === '@vocab' ? type : type === undefined ? undefined : { datatype: absolute(context, type) }
  return { iri: absolute(context, id), ...(coercion && { coercion }), ...(container === '@list' && { isList: true }) }
}

/** The schemes by which things are named. Anything else before a colon would be a prefix that nobody has written out. */
const NAMED = /^(?:https?:\/\/|urn:|did:|tag:|ni:|mailto:|ipfs:|wss?:\/\/|mqtts?:\/\/)[^\p{Cc}\p{Z}\p{Cs}<>"{}|\\^`]+$/iu

/** An IRI that is written in full or by a prefix. Throws an OdrlError for what is neither. */
export function absolute({ prefixes }: Context, text: string): string {
  const colon = text.indexOf(':'), start = colon < 0 ? undefined : prefixes.get(text.slice(0, colon))
  const iri = start === undefined || text.startsWith('//', colon + 1) ? text : start + text.slice(colon + 1)
  if (NAMED.test(iri)) return iri
  throw new OdrlError(`${JSON.stringify(text.slice(0, 200))} names nothing: write a full IRI, or one by a prefix that the context has.`)
}

function merged<Value>(first: ReadonlyMap<string, Value>, second: Iterable<readonly [string, Value]>): ReadonlyMap<string, Value> {
  return new Map([...first, ...second])
}
