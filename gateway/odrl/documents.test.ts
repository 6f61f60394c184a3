import assert from 'node:assert/strict'
import jsonld from 'jsonld'
import { DOCUMENT_CHARS_MAX, readDocument } from '#gateway/odrl/document.ts'
import { keyOf, LIST_MAX, TRIPLES_MAX, type Graph } from '#gateway/odrl/graph.ts'
import { DEPTH_MAX } from '#gateway/odrl/json-ld.ts'
import { WORDS_MAX } from '#gateway/odrl/json-ld-context.ts'
import { readPolicies, POLICIES_MAX } from '#gateway/odrl/read-policy.ts'
import { NESTING_MAX, PARTS_MAX } from '#gateway/odrl/reading.ts'
import { readTurtle, writeTurtle } from '#gateway/odrl/turtle.ts'
import { activeRules, policyOf, PREFIXES, requestOf, worldOf } from '#test/support/odrl.ts'

const CONTEXT = 'http://www.w3.org/ns/odrl.jsonld', XSD = 'http://www.w3.org/2001/XMLSchema#'
const offer = (more: object = {}) => ({
  '@context': [CONTEXT, { dpv: 'https://w3id.org/dpv#' }], '@type': 'Offer', uid: 'https://city.example/policy', conflict: 'prohibit',
  permission: [{
    '@type': 'Permission', target: 'https://city.example/meter', assignee: { '@type': 'Party', uid: 'https://city.example/mayor' }, action: 'read',
    constraint: [
      { leftOperand: 'dateTime', operator: 'lt', rightOperand: { '@value': '2028-01-01T00:00:00Z', '@type': 'xsd:dateTime' } },
      { and: { '@list': [{ leftOperand: 'purpose', operator: 'isA', rightOperand: { '@id': 'dpv:ScientificResearch' } }] } },
    ],
    duty: { action: [{ 'rdf:value': { '@id': 'odrl:compensate' }, refinement: [{ leftOperand: 'payAmount', operator: 'eq', rightOperand: 5 }] }] }, ...more,
  }],
})
const read = (document: unknown) => readDocument(JSON.stringify(document), 'd')
/** Statements with blank nodes as they come, numbered anew. */
const statements = (graph: Graph) => {
  const names = new Map<string, string>(), name = (text: string) => text.replace(/_:[A-Za-z0-9-]+/g, blank => { if (!names.has(blank)) names.set(blank, `_:${names.size}`); return names.get(blank)! })
  return [...graph.triples()].map(({ subject, predicate, object }) => name(`${subject} ${predicate} ${keyOf(object)}`))
}

describe('A policy in JSON-LD', () => {
  it('is evaluated as the same policy in Turtle', () => {
    const policy = JSON.stringify(offer()), request = requestOf('odrl:assignee :mayor; odrl:action odrl:read; odrl:target :meter; sotw:context [ odrl:leftOperand odrl:purpose; odrl:rightOperand dpv:ScientificResearch ]')
    assert.deepEqual(activeRules({ policy, request }), [true])
    assert.deepEqual(activeRules({ policy, request, world: worldOf('', '2028-01-01T00:00:00Z') }), [false])
    assert.deepEqual(activeRules({ policy, request: requestOf() }), [false])
  })

  it('says what the standard says that it says, by the package jsonld', async () => {
    // The words that the policy uses, in the way of a context; the reader has them by the address of ODRL's own.
    const context = {
      odrl: 'http://www.w3.org/ns/odrl/2/', xsd: XSD, rdf: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#', dpv: 'https://w3id.org/dpv#', uid: '@id', Offer: 'odrl:Offer', Permission: 'odrl:Permission', Party: 'odrl:Party',
      ...Object.fromEntries(['permission', 'target', 'assignee', 'constraint', 'duty', 'refinement', 'and'].map(name => [name, { '@id': `odrl:${name}`, '@type': '@id' }])),
      ...Object.fromEntries(['conflict', 'action', 'leftOperand', 'operator'].map(name => [name, { '@id': `odrl:${name}`, '@type': '@vocab' }])), rightOperand: 'odrl:rightOperand',
      ...Object.fromEntries(['prohibit', 'read', 'dateTime', 'lt', 'purpose', 'isA', 'payAmount', 'eq'].map(name => [name, `odrl:${name}`])),
    }
    const quads = await jsonld.toRDF({ ...offer(), '@context': context }, { format: 'application/n-quads' }) as unknown as string
    const count = (graph: Graph) => statements(graph).map(line => line.replace(/_:\d+/g, '_')).sort()
    assert.deepEqual(count(read(offer())), count(readTurtle(quads, 'q')))
    assert.equal(readDocument(JSON.stringify(offer()), 'd').size, 26)
  })

  it('may have prefixes and words of its own, a graph, and full IRIs without any context', () => {
    const plain = { '@id': 'https://city.example/policy', '@type': 'http://www.w3.org/ns/odrl/2/Set', 'http://www.w3.org/ns/odrl/2/permission': { '@id': 'urn:p' } }
    assert.deepEqual(statements(read(plain)), statements(read({ '@context': { odrl: 'http://www.w3.org/ns/odrl/2/', may: { '@id': 'odrl:permission', '@type': '@id' } }, '@graph': [{ '@id': 'https://city.example/policy', '@type': 'odrl:Set', may: 'urn:p' }] })))
    assert.deepEqual(statements(read([plain])), statements(read(plain)))
  })

  const refused: Record<string, [document: unknown, message: RegExp]> = {
    'a context of somebody else': [{ ...offer(), '@context': 'https://evil.example/c.jsonld' }, /"https:\/\/evil.example\/c.jsonld" is not known, and contexts are never loaded/],
    'a word with another meaning': [{ ...offer(), '@context': [CONTEXT, { permission: 'odrl:prohibition' }] }, /another meaning/],
    'a prefix with another meaning': [{ ...offer(), '@context': [CONTEXT, { odrl: 'https://evil.example/' }] }, /another meaning/],
    'a keyword in the context': [{ ...offer(), '@context': [CONTEXT, { '@vocab': 'https://evil.example/' }] }, /@vocab in a context is not followed/],
    'what a context may say and we do not follow': [{ ...offer(), '@context': [CONTEXT, { x: { '@reverse': 'odrl:target' } }] }, /"x" is not followed/],
    'a word': [offer({ constrain: [] }), /"constrain" is no word/],
    'a keyword': [offer({ '@reverse': {} }), /"@reverse" is no word/],
    'a prefix': [offer({ 'my:limit': 1 }), /"my:limit" names nothing/],
    'a name that is none': [offer({ assigner: 'Alice' }), /"Alice" names nothing/],
    'two names': [offer({ '@id': 'urn:a', 'uid': 'urn:b' }), /has two names: urn:a, urn:b/],
    'nothing at all': [offer({ constraint: null }), /null is no value/],
    'a value with more to it': [offer({ 'rdf:value': { '@value': 1, '@index': 'x' } }), /and nothing else/],
    'a named graph': [{ '@graph': [], '@id': 'urn:g' }, /Beside @graph stands "@id"/],
    'an IRI that would end before its end': [{ '@id': 'urn:a> <urn:b', '@type': 'urn:c' }, /names nothing/],
  }
  for (const [name, [document, message]] of Object.entries(refused)) it(`with ${name} is refused, by its name`, () => assert.throws(() => read(document), message))

  it('that is broken is refused with the reason', () => {
    assert.throws(() => readDocument('{"@context":', 'd'), /^OdrlError: That is no JSON: /)
    assert.throws(() => readDocument(':a :b', 'd'), /^OdrlError: That is no Turtle: .*line 1/)
  })
})

describe('Turtle that is written', () => {
  it('is read as it was, whatever is in it', () => {
    const graph = readTurtle(`${PREFIXES}:a :b "x\\"\\\\\\n\\t\\u0001é", "x"@en-GB, "1"^^xsd:integer, <https://city.example/é>; odrl:action [ :c _:d ]. `, 'd')
    assert.equal(graph.size, 6)
    assert.deepEqual(statements(readTurtle(writeTurtle(graph.triples()), 'd')), statements(graph))
  })
})

describe('A document', () => {
  const turtle = (count: number) => `${PREFIXES}${Array.from({ length: count }, (_, n) => `:s${n} :p ${n}.`).join('\n')}`

  it(`has ${DOCUMENT_CHARS_MAX} characters at most`, () => {
    assert.equal(readDocument(' '.repeat(DOCUMENT_CHARS_MAX), 'd').size, 0)
    assert.throws(() => readDocument(' '.repeat(DOCUMENT_CHARS_MAX + 1), 'd'), /4194304 characters/)
  })

  it(`makes ${TRIPLES_MAX} statements at most`, () => {
    assert.equal(readDocument(turtle(TRIPLES_MAX), 'd').size, TRIPLES_MAX)
    assert.throws(() => readDocument(turtle(TRIPLES_MAX + 1), 'd'), /20000 statements/)
  })

  it(`has ${POLICIES_MAX} policies at most`, () => {
    const policies = (count: number) => readPolicies(readTurtle(`${PREFIXES}${Array.from({ length: count }, (_, n) => `:p${n} a odrl:Set.`).join(' ')}`, 'd'))
    assert.equal(policies(POLICIES_MAX).length, POLICIES_MAX)
    assert.throws(() => policies(POLICIES_MAX + 1), /100 policies/)
    assert.throws(() => policies(0), /has no policy/)
  })

  it(`has lists of ${LIST_MAX} members at most, and none without an end`, () => {
    const constraint = '[ odrl:leftOperand odrl:count; odrl:operator odrl:gt; odrl:rightOperand 1 ]'
    const rules = (list: string) => readPolicies(readTurtle(policyOf(`odrl:permission [ odrl:constraint [ odrl:or ${list} ] ]`, ':loop rdf:first 1; rdf:rest :loop.'), 'd'))[0]!.rules
    assert.deepEqual(rules(`( ${constraint.repeat(LIST_MAX)} )`)[0]!.faults, [])
    assert.throws(() => rules(`( ${constraint.repeat(LIST_MAX + 1)} )`), /1000 members/)
    assert.throws(() => rules(':loop'), /1000 members/)
  })

  it(`has constraints ${NESTING_MAX} deep in each other at most, and none in itself`, () => {
    const deep = (depth: number): string => depth === 0 ? '[ odrl:leftOperand odrl:count; odrl:operator odrl:gt; odrl:rightOperand 1 ]' : `[ odrl:or ${deep(depth - 1)} ]`
    const faults = (constraint: string, more = '') => readPolicies(readTurtle(policyOf(`odrl:permission [ odrl:constraint ${constraint} ]`, more), 'd'))[0]!.rules[0]!.faults
    assert.deepEqual(faults(deep(NESTING_MAX)), [])
    assert.match(faults(deep(NESTING_MAX + 1))[0]!.message, /16 deep/)
    assert.match(faults(':self', ':self odrl:and :self.')[0]!.message, /16 deep/)
  })

  it(`has ${PARTS_MAX} parts at most, counted as often as they are referred to`, () => {
    const doubled = Array.from({ length: NESTING_MAX }, (_, n) => `:c${n} odrl:or ( :c${n + 1} :c${n + 1} :c${n + 1} ).`).join(' ')
    assert.throws(() => readPolicies(readTurtle(policyOf('odrl:permission [ odrl:constraint :c0 ]', doubled), 'd')), /20000 rules, constraints and duties/)
  })

  it(`in JSON-LD is ${DEPTH_MAX} deep at most, and its context has ${WORDS_MAX} entries`, () => {
    const deep = (depth: number): object => depth === 0 ? {} : { 'urn:p': deep(depth - 1) }
    assert.equal(read(deep(DEPTH_MAX)).size, DEPTH_MAX)
    assert.throws(() => read(deep(DEPTH_MAX + 1)), /32 deep/)
    const context = (count: number) => ({ '@context': Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, `urn:x:${n}`])) })
    assert.equal(read(context(WORDS_MAX)).size, 0)
    assert.throws(() => read(context(WORDS_MAX + 1)), /200 entries/)
  })
})
