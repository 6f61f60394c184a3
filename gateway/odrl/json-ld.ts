// The part of JSON-LD that policies are written in, read strictly: a key or a value that means nothing here is refused by its name, where the
// standard would pass over it in silence, and with it perhaps over a limit.
import { OdrlError } from '#gateway/odrl/errors.ts'
import { Graph, literal, node, type Term } from '#gateway/odrl/graph.ts'
import { absolute, readContext, type Coercion, type Context, type Word } from '#gateway/odrl/json-ld-context.ts'
import { ODRL, RDF, TYPE, XSD } from '#gateway/odrl/terms.ts'

/** Of objects and lists in each other. */
export const DEPTH_MAX = 32

type Json = Readonly<Record<string, unknown>>

/** `name` keeps the blank nodes of two documents apart. Throws an OdrlError that names what is wrong. */
export function readJsonLd(text: string, name: string): Graph {
  const document = parsed(text)
  const roots = Array.isArray(document) ? document as readonly unknown[] : [document]
  const reader = new Reader(name)
  for (const root of roots) reader.root(root)
  return reader.graph
}

function parsed(text: string): unknown {
  try { return JSON.parse(text) } catch (error) { throw new OdrlError(`That is no JSON: ${(error as Error).message}`, { cause: error }) }
}

class Reader {
  readonly graph = new Graph()
  readonly #name: string
  #blanks = 0
  #context!: Context

  constructor(name: string) { this.#name = name }

  root(value: unknown): void {
    if (!isObject(value)) throw new OdrlError('A document is an object, or a list of objects.')
    const { '@context': context, '@graph': graph, ...rest } = value
    this.#context = readContext(context)
    if (graph === undefined) { this.#node(rest, 0); return }
    const [key] = Object.keys(rest)
    if (key !== undefined || !Array.isArray(graph)) throw new OdrlError(key === undefined ? '@graph is a list of objects.' : `Beside @graph stands ${JSON.stringify(key)}: a named graph is not read.`)
    for (const member of graph as readonly unknown[]) this.#node(member, 0)
  }

  #node(value: unknown, depth: number): string {
    if (!isObject(value)) throw new OdrlError(`${shown(value)} stands where an object is to stand.`)
    if (depth > DEPTH_MAX) throw new OdrlError(`Objects may stand in each other ${DEPTH_MAX} deep.`)
    const entries = Object.entries(value).map(([key, member]) => [this.#context.aliases.get(key) ?? key, member] as const)
    const id = this.#identity(entries)
    for (const [key, member] of entries) {
      if (key === '@id') continue
      if (key === '@type') for (const type of listed(member)) this.graph.add(id, TYPE, node(this.#vocabulary(type)))
      else this.#property(id, key, member, depth)
    }
    return id
  }

  #identity(entries: readonly (readonly [string, unknown])[]): string {
    const ids = new Set(entries.flatMap(([key, member]) => key === '@id' ? [this.#thing(member)] : []))
    if (ids.size > 1) throw new OdrlError(`One thing has two names: ${[...ids].join(', ')}.`)
    const [id = this.#blank()] = ids
    return id
  }

  #property(subject: string, key: string, value: unknown, depth: number): void {
    const word = this.#word(key)
    if (word.isList) { this.graph.add(subject, word.iri, this.#list(listed(value), word, depth)); return }
    for (const member of listed(value)) this.graph.add(subject, word.iri, this.#term(member, word, depth))
  }

  #word(key: string): Word {
    const word = this.#context.words.get(key)
    if (word !== undefined) return word
    if (key.startsWith('@') || !key.includes(':')) throw new OdrlError(`${JSON.stringify(key)} is no word that is known here.`)
    return { iri: absolute(this.#context, key) }
  }

  #term(value: unknown, word: Word, depth: number): Term {
    if (typeof value === 'string') return this.#text(value, word.coercion)
    if (typeof value === 'boolean') return literal(String(value), `${XSD}boolean`)
    if (typeof value === 'number') return literal(String(value), Number.isSafeInteger(value) ? `${XSD}integer` : `${XSD}double`)
    if (!isObject(value)) throw new OdrlError(`${shown(value)} is no value.`)
    if ('@value' in value) return this.#typed(value)
    if ('@list' in value && Object.keys(value).length === 1) return this.#list(listed(value['@list']), word, depth)
    return node(this.#node(value, depth + 1))
  }

  #text(text: string, coercion: Coercion | undefined): Term {
    if (coercion === '@id') return node(this.#thing(text))
    if (coercion === '@vocab') return node(this.#vocabulary(text))
    return literal(text, coercion?.datatype ?? `${XSD}string`)
  }

  #typed({ '@value': value, '@type': type, '@language': language, ...rest }: Json): Term {
    const isScalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    if (!isScalar || Object.keys(rest).length > 0) throw new OdrlError('A value is {"@value": …} with "@type" or "@language", and nothing else.')
    if (type === undefined && language === undefined) return this.#term(value, { iri: '' }, 0)
    if (type !== undefined && language !== undefined) throw new OdrlError('A value has a "@type" or a "@language".')
    if (typeof language === 'string' && /^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,8}$/.test(language)) return literal(String(value), `${RDF}langString`, language)
    if (typeof type !== 'string') throw new OdrlError(`${shown(type ?? language)} is no type or language of a value.`)
    return literal(String(value), absolute(this.#context, type))
  }

  #list(members: readonly unknown[], word: Word, depth: number): Term {
    const nodes = members.map(() => this.#blank()), end = `${RDF}nil`
    members.forEach((member, index) => {
      this.graph.add(nodes[index]!, `${RDF}first`, this.#term(member, { ...word, isList: undefined }, depth + 1))
      this.graph.add(nodes[index]!, `${RDF}rest`, node(nodes[index + 1] ?? end))
    })
    return node(nodes[0] ?? end)
  }

  /** The name of a thing: an IRI, or of a blank node in this document. */
  #thing(value: unknown): string {
    if (typeof value !== 'string') throw new OdrlError(`${shown(value)} is no name of a thing.`)
    return /^_:[A-Za-z0-9_-]{1,100}$/.test(value) ? `_:${this.#name}-n-${value.slice(2)}` : absolute(this.#context, value)
  }

  /** A word of ODRL, or an IRI. */
  #vocabulary(value: unknown): string {
    if (typeof value !== 'string') throw new OdrlError(`${shown(value)} is no word.`)
    const word = this.#context.words.get(value)
    if (word !== undefined) return word.iri
    return this.#context.hasOdrl && /^[A-Za-z][A-Za-z0-9]*$/.test(value) ? ODRL + value : absolute(this.#context, value)
  }

  #blank(): string { return `_:${this.#name}-${this.#blanks++}` }
}

function isObject(value: unknown): value is Json { return typeof value === 'object' && value !== null && !Array.isArray(value) }
function listed(value: unknown): readonly unknown[] {
  if (isObject(value) && '@set' in value && Object.keys(value).length === 1) return listed(value['@set'])
  return Array.isArray(value) ? value : [value]
}
function shown(value: unknown): string { return JSON.stringify(value)?.slice(0, 200) ?? 'nothing' }
