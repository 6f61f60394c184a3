import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import jsonld from 'jsonld'
import type { ConsentEvent } from '#gateway/consent/events.ts'
import { EVENT_TYPES } from '#gateway/consent/life.ts'
import { FIELDS, missingIn, RECEIPT_FIELDS, RECORD_DEPTH_MAX } from '#gateway/consent/records/profile.ts'
import { recordOf } from '#gateway/consent/records/record.ts'
import { PREFIXES, PROCESSING_TERMS, RECEIPT_PROFILE, STATUS_TERMS } from '#gateway/consent/records/vocabulary.ts'
import { OP_NAMES } from '#gateway/transforms/op.ts'
import { modelOf } from '#semantic-models/registry.ts'
import { FACTS } from '#test/support/consents.ts'

const STANDARDS = join(import.meta.dirname, '../../../../shared/standards/dpv')
const AT = Date.UTC(2026, 4, 4, 10, 15, 30), NOTICE = {
  ownerId: '', language: 'en', version: 1, hash: 'ab'.repeat(32), text: 'x', ownText: '', facts: FACTS, isMaterial: false, createdAt: AT,
}
const TERMS = { streamId: '0xab/x/y', recipient: 'sub_1', purposes: ['dpv:PublicBenefit', 'dpv:ServiceProvision'], attributes: ['temperature', 'peopleCount', 'location'], until: AT + 1000, keep: 'P30D' }
const COMMON = { consentId: 'grant_1', ownerId: 'own_1', at: AT }
const EVENTS: readonly ConsentEvent[] = [
  { type: 'requested', by: 'sub_1', ...COMMON, ...TERMS }, { type: 'deferred', ...COMMON }, { type: 'given', ...COMMON, ...TERMS, notice: NOTICE },
  { type: 'renewed', ...COMMON, notice: NOTICE }, { type: 'expired', ...COMMON }, { type: 'withdrawn', ...COMMON },
]
const record = (more: object = {}): Record<string, any> => JSON.parse(JSON.stringify(recordOf({
  id: 'grant_1', ownerId: 'own_1', terms: TERMS, events: EVENTS, notice: NOTICE, facts: FACTS, description: 'x', quantity: undefined, model: modelOf('IndoorEnvironmentObserved'),
  recipient: { id: 'sub_1', role: 'subscriber', name: 'City', createdAt: AT, country: 'BE', facts: { address: 'a', contact: 'c', dataRole: 'controller' } }, ...more,
})))
const receipt = (): Record<string, any> => ({ '@type': 'dpv:ConsentReceipt', 'dct:conformsTo': RECEIPT_PROFILE, 'dct:identifier': 'grant_1/1', 'dpv:hasRecordOfActivity': record() })

/** Every place in a document where a path of the profile ends: what holds it, and its name there. */
function* placesOf(node: any, [step = '', ...rest]: readonly string[]): Generator<[holder: any, name: string]> {
  const [, name = '', kind] = /^([^[]+)(?:\[(.+)\])?$/.exec(step)!
  if (rest.length === 0) return yield [node, name]
  for (const branch of [node[name]].flat()) if (kind === undefined || [branch['@type']].flat().includes(kind)) yield* placesOf(branch, rest)
}
/** A path to each member of each object, lists gone through. */
function* membersOf(node: any, path: readonly (string | number)[] = []): Generator<readonly (string | number)[]> {
  if (typeof node !== 'object' || node === null) return
  for (const [name, value] of Object.entries(node)) {
    if (name === '@context') continue
    const here = [...path, Array.isArray(node) ? Number(name) : name]
    if (!Array.isArray(node)) yield here
    yield* membersOf(value, here)
  }
}

describe('A consent record', () => {
  it('has all that is mandatory, for whomever it is', () => {
    for (const more of [{}, { recipient: undefined }, { recipient: { id: 'sub_1', role: 'subscriber', name: 'City', createdAt: AT } }, { model: undefined }]) assert.deepEqual(missingIn(record(more)), [])
    assert.deepEqual(missingIn(receipt()), [])
  })

  it('is held against 25 fields of ISO/IEC TS 27560 and 26 of the GDPR', () => {
    const named = (which: 'iso' | 'gdpr') => new Set([...FIELDS, ...RECEIPT_FIELDS].filter(field => field[which] && field.name !== 'receipt schema version').map(({ name }) => name))
    assert.deepEqual([named('iso').size, named('gdpr').size], [25, 26])
  })

  for (const { name, path } of FIELDS) {
    it(`is refused without ${name}: ${path}, wherever that is, or with nothing in it`, () => {
      const count = [...placesOf(record(), path.split('/'))].length
      assert.ok(count > 0)
      for (let n = 0; n < count; n++) {
        for (const nothing of [undefined, null, '', '  ', [], {}, [null], [{}], { '@type': 'dpv:Other' }]) {
          const document = record(), [holder, member] = [...placesOf(document, path.split('/'))][n]!
          if (nothing === undefined) delete holder[member]
          else holder[member] = nothing
          assert.ok(missingIn(document).some(({ field }) => field === name), `${n}: ${JSON.stringify(nothing)}`)
        }
      }
    })
  }

  for (const { name, path } of RECEIPT_FIELDS.slice(1)) {
    it(`in a receipt is refused without ${name}`, () => {
      const document = receipt()
      delete document[path]
      assert.deepEqual(missingIn(document), [{ field: name, path }])
    })
  }

  it('in a receipt is checked as well', () => {
    const document = receipt()
    delete document['dpv:hasRecordOfActivity']['dpv:hasProcess'][0]['dpv:hasPurpose']
    assert.deepEqual(missingIn(document), [{ field: 'purpose', path: 'dpv:hasRecordOfActivity/dpv:hasProcess/dpv:hasPurpose' }])
    delete document['dpv:hasRecordOfActivity']
    assert.ok(missingIn(document).length >= FIELDS.length)
  })

  it('is refused with any of its members gone, but for what only explains', () => {
    const explaining = new Set(['@id', 'dct:description', 'dct:date'])
    let refused = 0
    for (const path of membersOf(record())) {
      const document = record(), holder = path.slice(0, -1).reduce((node: any, step) => node[step], document), name = path.at(-1)! as string
      delete holder[name]
      const isMinor = explaining.has(name) || /((hasDataSubject|hasDataSource|hasRule|hasDuration|hasCountry|hasLocation|hasProcess\/0|hasStorageCondition\/[12])\/@type|(hasPersonalData\/\d+|hasDataSource)\/dct:identifier)$/.test(path.join('/'))
      if (isMinor) continue
      assert.notDeepEqual(missingIn(document), [], path.join('/'))
      refused++
    }
    assert.ok(refused > 80, `${refused}`)
  })

  it('is refused with one role, one kind or one state that there is not, among several that there are', () => {
    for (const [path, wrong] of [['dpv:hasConsentStatus/@type', 'dpv:ConsentSold'], ['dpv:hasProcess/dpv:hasPersonalData/@type', 'dpv:Thing'], ['dpv:hasNotice/schema:sha256', 'ab'], ['dpv:hasConsentStatus/dpv:isIndicatedAtTime', 'yesterday']] as const) {
      const document = record(), places = [...placesOf(document, path.split('/'))], [holder, name] = places.at(-1)!
      holder[name] = wrong
      assert.equal(missingIn(document).length, 1, path)
    }
  })

  it('names joint controllers, those of a household, where the recipient has to be, and why it ended, with nothing missing', () => {
    const joint = { ...FACTS, jointControllers: [{ name: 'Coop', address: 'a', contact: 'c', country: 'BE' }] }, events = [...EVENTS.slice(0, -1), { type: 'withdrawn', by: 'op_1', reason: 'lost key', ...COMMON }]
    const whole = record({ facts: joint, subjects: ['own_1', 'own_2'], terms: { ...TERMS, countries: ['EU', 'CH'] }, events }), [process] = whole['dpv:hasProcess']
    assert.deepEqual(missingIn(whole), [])
    assert.deepEqual(whole['dpv:hasDataController'].map((each: any) => [each['dpv:hasName'], each['@type'].at(-1)]), [[FACTS.controller.name, 'dpv:JointDataControllers'], ['Coop', 'dpv:JointDataControllers']])
    assert.deepEqual(process['dpv:hasDataSubject'].map((each: any) => each['@id']), ['urn:sluice:party:own_1', 'urn:sluice:party:own_2'])
    assert.deepEqual([process['dpv:hasRule']['dpv:hasLocation'], whole['dpv:hasConsentStatus'].at(-1)['dct:description'], whole['dpv:hasConsentStatus'].at(-1)['dpv:isIndicatedBy']], [['loc:EU', 'loc:CH'], 'lost key', 'urn:sluice:party:op_1'])
    const alone = record()
    assert.deepEqual([alone['dpv:hasDataController'][0]['@type'], 'dpv:hasDataSubject' in alone['dpv:hasProcess'][0]], [['dpv:LegalEntity', 'dpv:DataController'], false])
  })

  it('may write its IRIs out', () => {
    const whole = JSON.parse(JSON.stringify(record()), (_key, value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).map(([key, each]) => [expanded(key), typeof each === 'string' ? expanded(each) : each])) : value) as object
    assert.ok('https://w3id.org/dpv#hasProcess' in whole)
    assert.deepEqual(missingIn(whole), [])
  })

  it('is no text, no list, and not deep', () => {
    for (const other of ['x', 1, null, [], undefined]) assert.throws(() => missingIn(other), TypeError)
    let deep: unknown = 'x'
    for (let n = 0; n < RECORD_DEPTH_MAX; n++) deep = { a: deep }
    assert.ok(missingIn(deep).length > 0)
    assert.throws(() => missingIn({ a: deep }), TypeError)
    assert.ok(missingIn(JSON.parse('{"__proto__":{"@type":"dpv:ConsentRecord"},"constructor":1}')).length > 0)
  })

  it('is JSON-LD in which every word is a known IRI', async () => {
    const [expandedRecord] = await jsonld.expand(record() as jsonld.JsonLdDocument)
    const iris = [...irisIn(expandedRecord)]
    assert.ok(iris.length > 60)
    for (const iri of iris) assert.ok(Object.values(PREFIXES).some(namespace => iri.startsWith(namespace)) || /^(urn:sluice:|https:\/\/w3id\.org\/dpv\/schema\/)/.test(iri), iri)
    const [state] = (expandedRecord as any)['https://w3id.org/dpv#hasConsentStatus']
    assert.deepEqual(state['https://w3id.org/dpv#isIndicatedAtTime'], [{ '@type': `${PREFIXES.xsd}dateTime`, '@value': '2026-05-04T10:15:30.000Z' }])
    assert.deepEqual(state['https://w3id.org/dpv#isIndicatedBy'], [{ '@id': 'urn:sluice:party:sub_1' }])
  })

  it('says how exact each datum leaves, and what is done to it for that', () => {
    const { 'dpv:hasProcess': [process] } = record({ terms: { ...TERMS, transforms: ['location=h3:7', 'refDevice=drop', 'temperature=round:0.5', '*=sample:60', 'peopleCount=blur:1'] } })
    assert.deepEqual(process['dpv:hasPersonalData'].map((each: any) => [each['dct:identifier'], each['dct:description']]), [['temperature', 'rounded to 0.5 °C'], ['peopleCount', 'blur:1'], ['location', 'within some 1.6 km']])
    assert.deepEqual(process['dpv:hasProcessing'], ['dpv:Collect', 'dpv:Store', 'dpv:Alter', 'dpv:Screen', 'dpv:Filter', 'dpv:Transform', 'dpv:Transmit'])
    assert.deepEqual(OP_NAMES.filter(name => name !== 'pass' && !(name in PROCESSING_TERMS)), [])
    assert.deepEqual(missingIn(record({ terms: { ...TERMS, transforms: ['temperature=round:0.5'] } })), [])
  })

  it('tells every state by a term of its own', () => assert.equal(new Set(EVENT_TYPES.map(type => STATUS_TERMS[type])).size, EVENT_TYPES.length))

  describe('beside the published vocabulary (skipped where ../shared is absent)', () => {
    before(function () { if (!existsSync(STANDARDS)) this.skip() })
    const terms = (file: string) => new Set([...readFileSync(join(STANDARDS, file), 'utf8').matchAll(/^"[^"]*","class","([^"]+)"/gm)].map(([, iri]) => iri!))

    it('says what happened, what for, by which right and in which law by words of DPV 2.3', () => {
      const has = (file: string, compact: readonly string[]) => { const known = terms(file); for (const term of compact) assert.ok(known.has(expanded(term)), `${term} in ${file}`) }
      const { 'dpv:hasProcess': [process], 'dpv:hasRight': rights } = record()
      has('dpv-consent_status.csv', Object.values(STATUS_TERMS))
      has('dpv-purposes.csv', process['dpv:hasPurpose'])
      has('dpv-processing.csv', [...process['dpv:hasProcessing'], ...Object.values(PROCESSING_TERMS), 'dpv:Transform'])
      has('legal-eu-gdpr-legal_basis.csv', [process['dpv:hasLegalBasis']])
      has('legal-eu-gdpr-rights.csv', rights)
    })
  })
})

function expanded(text: string): string {
  const [prefix = '', ...rest] = text.split(':'), namespace = (PREFIXES as Record<string, string>)[prefix]
  return namespace === undefined ? text : namespace + rest.join(':')
}

function* irisIn(node: unknown): Generator<string> {
  if (Array.isArray(node)) for (const each of node) yield* irisIn(each)
  else if (typeof node === 'object' && node !== null) {
    for (const [key, value] of Object.entries(node)) {
      if (key === '@id') yield value as string
      else if (key === '@type') yield* [value].flat() as string[]
      else if (key !== '@value') { yield key; yield* irisIn(value) }
    }
  }
}
