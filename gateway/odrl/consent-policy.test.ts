import assert from 'node:assert/strict'
import fc from 'fast-check'
import { purposeIri } from '#gateway/consent/purposes/purposes.ts'
import { consentPolicy } from '#gateway/odrl/consent-export.ts'
import { readConsentPolicy } from '#gateway/odrl/consent-import.ts'
import { attributeIri, attributeOf, partyIri, partyOf, type ConsentTerms } from '#gateway/odrl/consent-terms.ts'
import { evaluateDocuments } from '#gateway/odrl/evaluation.ts'
import { CONSENT_PROFILE } from '#gateway/odrl/profile.ts'
import { PREFIXES, worldOf } from '#test/support/odrl.ts'

const INSTANT_MAX = Date.UTC(9999, 11, 31)
const PURPOSES = ['dpv:ScientificResearch', 'dpv:Marketing', 'https://city.example/purpose#Parking', 'urn:purpose:1'], COUNTRIES = ['ES', 'DE', 'FR'], ATTRIBUTES = ['temperature', 'relativeHumidity', 'a/b:c%d é']
const name = fc.oneof(fc.constantFrom('0xab12/environment/kitchen', 'sub_1', 'a:attribute:b', '%3A'), fc.string({ minLength: 1, unit: 'grapheme' })).filter(text => text.isWellFormed() && text !== 'any')
const some = (all: readonly string[]) => fc.subarray([...all], { minLength: 1 })
const instant = fc.integer({ min: 0, max: INSTANT_MAX })
const anyTerms: fc.Arbitrary<ConsentTerms> = fc.record({
  streamId: name, recipient: fc.oneof(fc.constant('any'), name), purposes: some(PURPOSES), attributes: some(ATTRIBUTES),
  kind: fc.option(fc.constant('prohibition' as const), { nil: undefined }), countries: fc.option(some(COUNTRIES), { nil: undefined }), onward: fc.option(fc.constant(true as const), { nil: undefined }),
  explicit: fc.option(fc.constant(true as const), { nil: undefined }), notBefore: fc.option(instant, { nil: undefined }), until: fc.option(instant, { nil: undefined }),
  keep: fc.option(fc.constantFrom('P30D', 'P1Y', 'P2M3DT4H', 'PT12H'), { nil: undefined }),
}).map(terms => said({ ...terms, ...(terms.kind && { keep: undefined }) }))

/** Without what is not said. */
function said(terms: ConsentTerms): ConsentTerms { return JSON.parse(JSON.stringify(terms)) as ConsentTerms }
const exported = (terms: ConsentTerms): any => JSON.parse(JSON.stringify(consentPolicy('grant_1', 'own_1', terms)))
const TERMS: ConsentTerms = { streamId: '0xab/environment/kitchen', recipient: 'sub_1', purposes: ['dpv:ScientificResearch'], attributes: ['temperature'], until: Date.UTC(2028, 0, 1) }

describe('A consent as a policy', () => {
  it('declares its profile, and that a prohibition wins', () => {
    const { '@type': type, profile, conflict, uid, permission: [rule] } = exported(TERMS)
    assert.deepEqual([type, profile, conflict, uid], ['Agreement', CONSENT_PROFILE, 'prohibit', 'urn:sluice:consent:grant_1'])
    assert.deepEqual([rule.assigner, rule.assignee, rule.action, rule.target[0].uid], ['urn:sluice:party:own_1', 'urn:sluice:party:sub_1', ['read'], 'urn:sluice:stream:0xab%2Fenvironment%2Fkitchen:attribute:temperature'])
    assert.deepEqual([exported({ ...TERMS, recipient: 'any' })['@type'], 'assignee' in exported({ ...TERMS, recipient: 'any' }).permission[0]], ['Offer', false])
  })

  it('comes back as it was', () => {
    fc.assert(fc.property(anyTerms, terms => {
      assert.deepEqual(readConsentPolicy(JSON.stringify(exported(terms))), { assigner: 'own_1', terms })
    }), { numRuns: 500 })
  })

  it('comes back with weeks as days', () => {
    for (const [keep, days] of [['P2W', 'P14D'], ['P1Y1W3DT2H', 'P1Y10DT2H']] as const) assert.equal(readConsentPolicy(JSON.stringify(exported({ ...TERMS, keep }))).terms.keep, days)
  })

  it('permits, by the evaluator, what the consent does, and nothing else', () => {
    const asked = fc.record({ party: fc.constantFrom('sub_1', 'sub_2'), attribute: fc.constantFrom(...ATTRIBUTES), purpose: fc.constantFrom(...PURPOSES), country: fc.constantFrom(...COUNTRIES, 'US'), onward: fc.boolean(), isNear: fc.boolean(), now: fc.integer({ min: 0, max: 10 }) })
    const near = fc.option(fc.integer({ min: 0, max: 10 }), { nil: undefined })
    let permitted = 0
    fc.assert(fc.property(anyTerms, fc.constantFrom('sub_1', 'any'), near, near, asked, (any, recipient, notBefore, until, wished) => {
      const terms = said({ ...any, recipient, notBefore, until })
      // Wishes that have a chance as well, or hardly any would be granted.
      const wish = wished.isNear ? { ...wished, attribute: terms.attributes[0]!, purpose: terms.purposes.at(-1)!, country: terms.countries?.[0] ?? wished.country } : wished
      const request = `${PREFIXES}:asked a odrl:Request; odrl:permission :wish. :wish odrl:assignee <${partyIri(wish.party)}>; odrl:target <${attributeIri(terms.streamId, wish.attribute)}>; odrl:action ${wish.onward ? 'odrl:distribute' : 'odrl:read'};
        sotw:context [ odrl:leftOperand odrl:purpose; odrl:rightOperand <${purposeIri(wish.purpose)}> ].`
      const world = worldOf(`[] odrl:leftOperand odrl:spatial; odrl:rightOperand <https://w3id.org/dpv/loc#${wish.country}>.`, new Date(wish.now).toISOString())
      const [{ rules: [rule], faults }] = evaluateDocuments({ policy: JSON.stringify(exported(terms)), request, world }, [CONSENT_PROFILE]) as any
      const isOfAction = terms.kind ? !terms.onward || wish.onward : !wish.onward || terms.onward === true
      const isMeant = (recipient === 'any' || recipient === wish.party) && terms.attributes.includes(wish.attribute) && terms.purposes.includes(wish.purpose) && isOfAction
        && (terms.countries?.includes(wish.country) ?? true) && wish.now >= (notBefore ?? 0) && wish.now < (until ?? Infinity)
      assert.deepEqual([rule.isActive, rule.faults, faults], [isMeant, [], []])
      if (isMeant) permitted++
    }), { numRuns: 500 })
    assert.ok(permitted > 30, String(permitted))
  })

  it('has names that nothing else has', () => {
    fc.assert(fc.property(name, name, (stream, attribute) => {
      assert.deepEqual(attributeOf(attributeIri(stream, attribute)), { streamId: stream, attribute })
      assert.equal(partyOf(partyIri(stream)), stream)
    }))
    for (const iri of ['urn:sluice:stream:a', 'urn:sluice:stream::attribute:b', 'urn:sluice:stream:a:attribute:', 'urn:sluice:stream:a:attribute:b:attribute:c', 'urn:sluice:stream:%61:attribute:b', 'urn:sluice:stream:%:attribute:b']) assert.equal(attributeOf(iri), undefined, iri)
  })
})

describe('A policy as a consent', () => {
  const RULE = exported(TERMS).permission[0]
  const policy = (change: object, more: object = {}) => JSON.stringify({ ...exported(TERMS), permission: [{ ...RULE, ...change }], ...more })
  const constraint = (leftOperand: string, operator: string, rightOperand: unknown) => ({ leftOperand, operator, rightOperand })
  const also = (...more: object[]) => policy({ constraint: [...RULE.constraint, ...more] })
  const prohibition = (change: object = {}) => ({ prohibition: [{ ...RULE, '@type': 'Prohibition', uid: 'urn:no', action: 'use', ...change }] })

  it('may come in other words for the same', () => {
    const time = { '@value': '2028-01-01T01:00:00+01:00', '@type': 'xsd:dateTime' }
    const other = policy({ constraint: { and: [constraint('purpose', 'isA', { '@id': 'https://w3id.org/dpv/owl#ScientificResearch' }), constraint('dateTime', 'lt', time)] } }, { '@type': 'Set', profile: [], conflict: [] })
    assert.deepEqual(readConsentPolicy(other).terms, TERMS)
  })

  const refused: Record<string, [text: string, message: RegExp]> = {
    'permission before prohibition': [policy({}, { conflict: 'perm' }), /odrl:perm lets a permission win/],
    'a conflict that nobody decides': [policy({}, { conflict: [], ...prohibition() }), /are in conflict, and without odrl:conflict odrl:prohibit such a policy is void/],
    'two rules that are not in conflict': [policy({}, { conflict: [], ...prohibition({ target: 'urn:other' }) }), /A consent is one rule, and the policy has 2/],
    'two rules, the conflict decided': [policy({}, prohibition()), /A consent is one rule/],
    'a profile': [policy({}, { profile: 'https://other.example/profile' }), /the profile https:\/\/other.example\/profile is not known/],
    'a left operand': [also(constraint('mood', 'eq', 1)), /the left operand odrl:mood is not known/],
    'an operator': [also(constraint('purpose', 'about', { '@id': 'dpv:X' })), /the operator odrl:about is not known/],
    'an action': [policy({ action: 'fly' }), /the action odrl:fly is not known/],
    'a property': [policy({ 'odrl:limit': 3 }), /odrl:limit is no property/],
    'a word': [policy({ limit: 3 }), /"limit" is no word/],
    'a known operand that no consent has': [also(constraint('count', 'lt', 3)), /odrl:count odrl:lt is nothing that a consent says/],
    'exactly one purpose': [policy({ constraint: [constraint('purpose', 'eq', { '@id': 'dpv:ScientificResearch' })] }), /odrl:purpose odrl:eq is nothing/],
    'no purpose': [policy({ constraint: [] }), /is for a purpose/],
    'purposes twice': [also(constraint('purpose', 'isA', { '@id': 'dpv:Marketing' })), /limits odrl:purpose odrl:isA twice/],
    'a purpose as a text': [policy({ constraint: [constraint('purpose', 'isA', 'dpv:ScientificResearch')] }), /each as odrl:purpose odrl:isA and its IRI/],
    'purposes joined otherwise': [policy({ constraint: [{ xone: [constraint('purpose', 'isA', { '@id': 'dpv:ScientificResearch' })] }] }), /odrl:xone is nothing/],
    'a time without a zone': [policy({ constraint: [RULE.constraint[0], constraint('dateTime', 'lt', { '@value': '2028-01-01T00:00:00', '@type': 'xsd:dateTime' })] }), /is no instant/],
    'a country that is none': [also(constraint('spatial', 'isAnyOf', [{ '@id': 'https://w3id.org/dpv/loc#Spain' }])), /is no country/],
    'a unit': [also({ ...constraint('spatial', 'isAnyOf', { '@id': 'https://w3id.org/dpv/loc#ES' }), unit: 'urn:x' }), /with a unit is nothing/],
    'all actions': [policy({ action: 'use' }), /is of odrl:read or odrl:distribute, and not of odrl:use/],
    'handing on without reading': [policy({ action: 'distribute' }), /say both/],
    'a refined action': [policy({ action: { 'rdf:value': { '@id': 'odrl:read' }, refinement: constraint('count', 'lt', 3) } }), /refinement of the action odrl:read/],
    'a refined target': [policy({ target: { ...RULE.target[0], refinement: constraint('count', 'lt', 3) } }), /is no attribute of a stream/],
    'a whole stream': [policy({ target: 'urn:sluice:stream:a' }), /is no attribute of a stream/],
    'no target': [policy({ target: [] }), /attributes of one stream/],
    'two streams': [policy({ target: [attributeIri('a', 'x'), attributeIri('b', 'x')] }), /attributes of one stream/],
    'two recipients': [policy({ assignee: [partyIri('a'), partyIri('b')] }), /one assignee/],
    'a stranger': [policy({ assignee: 'https://city.example/mayor' }), /is nobody here/],
    'a party of the name any': [policy({ assignee: partyIri('any') }), /is nobody here/],
    'two assigners': [policy({ assigner: [partyIri('a'), partyIri('b')] }), /one assigner/],
    'a duty to pay': [policy({ duty: { action: 'compensate' } }), /The one duty that a consent has/],
    'a duty with more to it': [policy({ duty: { action: 'delete', constraint: [constraint('delayPeriod', 'lteq', { '@value': 'P1D', '@type': 'xsd:duration' }), constraint('count', 'lt', 1)] } }), /The one duty/],
    'an obligation': [JSON.stringify({ ...exported(TERMS), permission: [], obligation: [{ action: 'delete' }] }), /odrl:obligation is nothing/],
    'two policies': [JSON.stringify([exported(TERMS), { ...exported(TERMS), uid: 'urn:other' }]), /has 2 policies/],
    'a request': [JSON.stringify({ ...exported(TERMS), '@type': 'Request' }), /has no policy/],
    'a ticket': [policy({}, { '@type': 'Ticket' }), /odrl:Ticket is no policy that gives a consent/],
  }
  for (const [what, [text, message]] of Object.entries(refused)) it(`with ${what} is refused, and told why`, () => assert.throws(() => readConsentPolicy(text), message))

  it('never permits for longer than it says, by parts of a millisecond', () => {
    const terms = (operator: string, value: string) => readConsentPolicy(policy({ constraint: [RULE.constraint[0], constraint('dateTime', operator, { '@value': value, '@type': 'xsd:dateTime' })] })).terms
    assert.equal(terms('lt', '2028-01-01T00:00:00.000999999Z').until, Date.UTC(2028, 0, 1))
    assert.equal(terms('gteq', '2028-01-01T00:00:00.000000001Z').notBefore, Date.UTC(2028, 0, 1) + 1)
  })
})
