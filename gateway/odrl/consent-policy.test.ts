import assert from 'node:assert/strict'
import fc from 'fast-check'
import { purposeIri } from '#gateway/consent/purposes/purposes.ts'
import { consentPolicy } from '#gateway/odrl/consent-export.ts'
import { readConsentPolicy } from '#gateway/odrl/consent-import.ts'
import { attributeIri, attributeOf, partyIri, partyOf, type ConsentTerms } from '#gateway/odrl/consent-terms.ts'
import { evaluateDocuments } from '#gateway/odrl/evaluation.ts'
import { CONSENT_PROFILE, EXACTNESS, SAMPLING, TIME_EXACTNESS } from '#gateway/odrl/profile.ts'
import { OP_NAMES, parseOp, SECONDS_MAX } from '#gateway/transforms/op.ts'
import { PREFIXES, worldOf } from '#test/support/odrl.ts'

const INSTANT_MAX = Date.UTC(9999, 11, 31)
const PURPOSES = ['dpv:ScientificResearch', 'dpv:Marketing', 'https://city.example/purpose#Parking', 'urn:purpose:1'], COUNTRIES = ['ES', 'DE', 'FR'], ATTRIBUTES = ['temperature', 'relativeHumidity', 'a/b:c%d é']
const name = fc.oneof(fc.constantFrom('0xab12/environment/kitchen', 'sub_1', 'a:attribute:b', '%3A'), fc.string({ minLength: 1, unit: 'grapheme' })).filter(text => text.isWellFormed() && text !== 'any')
const some = (all: readonly string[]) => fc.subarray([...all], { minLength: 1 })
/** One of each operation on a value that there is, and some more. */
const OPS = ['round:0.5', 'round:100', 'bucket:-1.5|0|20', 'mask', 'pseudonymise', 'grid:0.01', 'h3:0', 'h3:15']
const seconds = (name: string) => fc.option(fc.oneof(fc.constantFrom(1, 60, 900, SECONDS_MAX), fc.integer({ min: 1, max: SECONDS_MAX }))).map(each => each === null ? [] : [`*=${name}:${each}`])
/** As `specTexts` writes them. */
const transforms = fc.tuple(fc.array(fc.option(fc.constantFrom(...OPS)), { minLength: ATTRIBUTES.length, maxLength: ATTRIBUTES.length }), seconds('time'), seconds('sample'))
  .map(([ops, time, sample]) => [...ATTRIBUTES.flatMap((name, n) => ops[n] ? [`${name}=${ops[n]}`] : []).sort(), ...time, ...sample])
const instant = fc.integer({ min: 0, max: INSTANT_MAX })
const anyTerms: fc.Arbitrary<ConsentTerms> = fc.record({
  streamId: name, recipient: fc.oneof(fc.constant('any'), name), purposes: some(PURPOSES), attributes: some(ATTRIBUTES),
  kind: fc.option(fc.constant('prohibition' as const), { nil: undefined }), countries: fc.option(some(COUNTRIES), { nil: undefined }), onward: fc.option(fc.constant(true as const), { nil: undefined }),
  explicit: fc.option(fc.constant(true as const), { nil: undefined }), notBefore: fc.option(instant, { nil: undefined }), until: fc.option(instant, { nil: undefined }),
  keep: fc.option(fc.constantFrom('P30D', 'P1Y', 'P2M3DT4H', 'PT12H'), { nil: undefined }), transforms,
}).map(({ transforms: all, ...terms }) => {
  const fitting = all.filter(text => text.startsWith('*') || terms.attributes.includes(text.split('=')[0]!))
  return said({ ...terms, ...(terms.kind ? { keep: undefined } : fitting.length > 0 && { transforms: fitting }) })
})

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

  it('says how exact each attribute leaves, and has no word for what is dropped', () => {
    const { permission: [{ target, constraint }] } = exported({ ...TERMS, attributes: ['temperature', 'unit'], transforms: ['location=drop', 'temperature=round:0.5', '*=time:900', '*=sample:60'] })
    assert.deepEqual(target, [
      { '@type': 'AssetCollection', source: { '@type': 'Asset', uid: attributeIri(TERMS.streamId, 'temperature'), partOf: target[1].partOf }, refinement: [{ '@type': 'Constraint', leftOperand: EXACTNESS, operator: 'eq', rightOperand: { '@value': 'round:0.5', '@type': 'xsd:string' } }] },
      { '@type': 'Asset', uid: attributeIri(TERMS.streamId, 'unit'), partOf: target[1].partOf },
    ])
    assert.deepEqual(constraint.slice(-2).map(({ leftOperand, rightOperand }: any) => [leftOperand, rightOperand['@value']]), [[TIME_EXACTNESS, 'PT900S'], [SAMPLING, 'PT60S']])
    const named = new Set([...OPS, 'time:1', 'sample:1', 'pass', 'drop'].map(text => (parseOp(text) as { name: string }).name))
    assert.deepEqual(OP_NAMES.filter(name => !named.has(name)), [], 'operations that the round trip has not tried')
  })

  it('is refused where it says what a policy cannot', () => {
    for (const text of ['temperature=blur:1', 'location=h3:7', '*=round:1', 'temperature', '*=aggregate:60,mean,5']) assert.throws(() => exported({ ...TERMS, transforms: [text] }), { name: 'OdrlError', message: /A policy cannot say .* it would let out more/ })
  })

  it('comes back with weeks as days', () => {
    for (const [keep, days] of [['P2W', 'P14D'], ['P1Y1W3DT2H', 'P1Y10DT2H']] as const) assert.equal(readConsentPolicy(JSON.stringify(exported({ ...TERMS, keep }))).terms.keep, days)
  })

  it('permits, by the evaluator, what the consent does, and nothing else', () => {
    const asked = fc.record({ party: fc.constantFrom('sub_1', 'sub_2'), attribute: fc.constantFrom(...ATTRIBUTES), purpose: fc.constantFrom(...PURPOSES), country: fc.constantFrom(...COUNTRIES, 'US'), onward: fc.boolean(), isNear: fc.boolean(), isExact: fc.boolean(), now: fc.integer({ min: 0, max: 10 }) })
    const near = fc.option(fc.integer({ min: 0, max: 10 }), { nil: undefined })
    let permitted = 0, permittedExactly = 0
    fc.assert(fc.property(anyTerms, fc.constantFrom('sub_1', 'any'), near, near, asked, (any, recipient, notBefore, until, wished) => {
      const terms = said({ ...any, recipient, notBefore, until })
      // Wishes that have a chance as well, or hardly any would be granted.
      const wish = wished.isNear ? { ...wished, attribute: terms.attributes[0]!, purpose: terms.purposes.at(-1)!, country: terms.countries?.[0] ?? wished.country } : wished
      const ops = new Map(terms.transforms?.map(text => text.split('=') as [string, string])), op = ops.get(wish.attribute), ofMessage = terms.transforms?.filter(text => text.startsWith('*')) ?? []
      const length = (text: string) => `"PT${text.split(':')[1]}S"^^xsd:duration`, claim = (operand: string, value: string) => `sotw:context [ odrl:leftOperand <${operand}>; odrl:rightOperand ${value} ];`
      const exact = [...op === undefined ? [] : [claim(EXACTNESS, `"${wish.isExact ? op : `${op}0`}"`)], ...ofMessage.map(text => claim(text.startsWith('*=time') ? TIME_EXACTNESS : SAMPLING, wish.isExact ? length(text) : '"PT7S"^^xsd:duration'))]
      const isToldExactly = wish.isExact || exact.length === 0 || (op === undefined && ofMessage.every(text => text.endsWith(':7')))
      const request = `${PREFIXES}:asked a odrl:Request; odrl:permission :wish. :wish odrl:assignee <${partyIri(wish.party)}>; odrl:target <${attributeIri(terms.streamId, wish.attribute)}>; odrl:action ${wish.onward ? 'odrl:distribute' : 'odrl:read'};
        ${exact.join(' ')} sotw:context [ odrl:leftOperand odrl:purpose; odrl:rightOperand <${purposeIri(wish.purpose)}> ].`
      const world = worldOf(`[] odrl:leftOperand odrl:spatial; odrl:rightOperand <https://w3id.org/dpv/loc#${wish.country}>.`, new Date(wish.now).toISOString())
      const [{ rules: [rule], faults }] = evaluateDocuments({ policy: JSON.stringify(exported(terms)), request, world }, [CONSENT_PROFILE]) as any
      const isOfAction = terms.kind ? !terms.onward || wish.onward : !wish.onward || terms.onward === true
      const isMeant = (recipient === 'any' || recipient === wish.party) && terms.attributes.includes(wish.attribute) && terms.purposes.includes(wish.purpose) && isOfAction
        && (terms.countries?.includes(wish.country) ?? true) && wish.now >= (notBefore ?? 0) && wish.now < (until ?? Infinity) && isToldExactly
      assert.deepEqual([rule.isActive, rule.faults, faults], [isMeant, [], []])
      if (isMeant) permitted++
      if (isMeant && exact.length > 0) permittedExactly++
      // Whoever does not know the profile, or does not say how exact, gets nothing.
      const stranger = evaluateDocuments({ policy: JSON.stringify(exported(terms)), request, world }, []) as any
      assert.ok(!stranger[0].rules[0].isActive)
      if (exact.length > 0) assert.ok(!(evaluateDocuments({ policy: JSON.stringify(exported(terms)), request: request.replace(exact.join(' '), ''), world }, [CONSENT_PROFILE]) as any)[0].rules[0].isActive)
    }), { numRuns: 2_000 })
    assert.ok(permitted > 100 && permittedExactly > 5, `${permitted} ${permittedExactly}`)
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
  const form = (op: string) => ({ '@type': 'AssetCollection', source: attributeIri(TERMS.streamId, 'temperature'), refinement: constraint(EXACTNESS, 'eq', op) })
  const also = (...more: object[]) => policy({ constraint: [...RULE.constraint, ...more] })
  const prohibition = (change: object = {}) => ({ prohibition: [{ ...RULE, '@type': 'Prohibition', uid: 'urn:no', action: 'use', ...change }] })

  it('may come in other words for the same', () => {
    const time = { '@value': '2028-01-01T01:00:00+01:00', '@type': 'xsd:dateTime' }
    const other = policy({ constraint: { and: [constraint('purpose', 'isA', { '@id': 'https://w3id.org/dpv/owl#ScientificResearch' }), constraint('dateTime', 'lt', time)] } }, { '@type': 'Set', profile: [], conflict: [] })
    assert.deepEqual(readConsentPolicy(other).terms, TERMS)
    const quarter = also(constraint(TIME_EXACTNESS, 'eq', { '@value': 'PT15M', '@type': 'xsd:duration' })), exact = policy({ target: [form('round:1'), form('round:1')] })
    assert.deepEqual([readConsentPolicy(quarter).terms.transforms, readConsentPolicy(exact).terms.transforms], [['*=time:900'], ['temperature=round:1']])
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
    'a form of a target that is not known': [policy({ target: form('blur:1') }), /"blur:1" says not how exact a target is: there is no operation "blur"/],
    'a form of the message as one of a target': [policy({ target: form('time:60') }), /is no form of a target: say .*timeExactness/],
    'a target that is dropped': [policy({ target: form('drop') }), /leave out the target/],
    'a form as a number': [policy({ target: form(5 as unknown as string) }), /say .*exactness odrl:eq and the operation as a text/],
    'another relation to a form': [policy({ target: { ...form('round:1'), refinement: constraint(EXACTNESS, 'neq', 'round:1') } }), /exactness odrl:neq is no refinement/],
    'two forms of a target': [policy({ target: { ...form('round:1'), refinement: [constraint(EXACTNESS, 'eq', 'round:1'), constraint(EXACTNESS, 'eq', 'round:3')] } }), /is no attribute of a stream/],
    'a target in two forms': [policy({ target: [form('round:1'), form('round:3')] }), /temperature is said twice, and not equally exact/],
    'a target as it is and in a form': [policy({ target: [form('round:1'), RULE.target[0]] }), /said twice/],
    'a form without the profile': [policy({ target: form('round:1') }, { profile: [] }), /the left operand urn:sluice:odrl:consent:1:exactness is not known/],
    'a form of a forbidden target': [JSON.stringify({ ...exported(TERMS), permission: [], ...prohibition({ target: form('round:1') }) }), /forbidden however exact it is/],
    'a time that is exact to a month': [also(constraint(TIME_EXACTNESS, 'eq', { '@value': 'P1M', '@type': 'xsd:duration' })), /is no number of seconds/],
    'a time that is exact to a part of a second': [also(constraint(TIME_EXACTNESS, 'eq', { '@value': 'PT0.5S', '@type': 'xsd:duration' })), /is no number of seconds/],
    'samples at least so often': [also(constraint(SAMPLING, 'lteq', { '@value': 'PT60S', '@type': 'xsd:duration' })), /sampling odrl:lteq is nothing/],
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
