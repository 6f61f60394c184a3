// What is emitted, held against what is published: contexts as RDF, schemas as key-values. The published files lie beside the project, for tests only.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormatsModule, { type FormatsPlugin } from 'ajv-formats'
import fc from 'fast-check'
import jsonld from 'jsonld'
import { NUMBER_QUANTITIES, TEXT_QUANTITIES } from '#adapters/quantity.ts'
import type { Phase } from '#adapters/reading.ts'
import { contextDocument, CORE_TERMS, SUBJECT_TERMS } from '#semantic-models/contexts.ts'
import { keyValues, view } from '#semantic-models/entity.ts'
import { map } from '#semantic-models/mapper.ts'
import { CORE_CONTEXT } from '#semantic-models/model.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'
import { models } from '#semantic-models/registry.ts'
import { RULES } from '#semantic-models/rules.ts'
import exceptions from '#semantic-models/schema-exceptions.json' with { type: 'json' }
import { anyFacts, anyReadings } from '#test/support/any-readings.ts'
import { facts, reading } from '#test/support/readings.ts'

const addFormats = addFormatsModule as unknown as FormatsPlugin
const STANDARDS = join(import.meta.dirname, '..', '..', 'shared', 'standards')
const PUBLISHED = join(STANDARDS, 'smart-data-models')
const ARRIVAL = Date.parse('2026-05-04T10:15:30.250Z')
const read = (...path: string[]) => JSON.parse(readFileSync(join(STANDARDS, ...path), 'utf8'))

/** Devices that between them reach every model and attribute, and for each the entities of all quantities at once. */
function everything(): Record<string, unknown>[] {
  const place = { location: [-4.72, 41.65] as const, category: ['onStreet'], refParkingSite: 'urn:ngsi-ld:OnStreetParking:a1' }
  const devices: DeviceFacts[] = [facts(place), facts({ ...place, placement: 'outdoor', phases: 3 }), ...(['streetlight', 'wasteContainer', 'waterMeter'] as const).map(role => facts({ ...place, role, emptyMm: 1500 }))]
  return devices.flatMap(device => readingSets().flatMap(readings => map(readings, () => device, ARRIVAL).observations.map(({ entity }) => JSON.parse(view(entity, entity.mask)))))
}

/** Every quantity in its canonical unit and every other that it may come in, alone and by phase. */
function readingSets() {
  const canonical = new Map(RULES.units.map(({ id, spellings }) => [id, Object.entries(spellings).find(([, factor]) => factor === 1)?.[0] ?? '']))
  const numbers = (index: number, phase?: Phase) => NUMBER_QUANTITIES.map(quantity => {
    const units = RULES.quantities.units[quantity]!
    return reading(quantity, quantity === 'powerFactor' ? 1 : 12, canonical.get(units[Math.min(index, units.length - 1)]!) ?? '', { phase, periodMs: 60_000 })
  })
  const words = TEXT_QUANTITIES.map(quantity => reading(quantity, RULES.quantities.words[quantity]![0]!))
  return [numbers(0), numbers(1), numbers(0, 'L2'), numbers(0, 'L1'), words, [reading('waterVolume', 12, 'm3', { whole: true })], [reading('temperature', -18, '°C'), reading('soundLevelEq', 60, 'dBA')]]
}

const subjectOf = (type: string) => RULES.models.find(rule => rule.type === type)!.subject
const asRdf = (entity: object, documentLoader: (url: string) => Promise<{ contextUrl?: string, documentUrl: string, document: unknown }>) =>
  jsonld.canonize(entity, { algorithm: 'RDFC-1.0', format: 'application/n-quads', safe: true, documentLoader } as never) as unknown as Promise<string>
const loaderOf = (find: (url: string) => object | undefined) => (url: string) => {
  const document = find(url)
  return document ? Promise.resolve({ documentUrl: url, document }) : Promise.reject(new Error(`${url} is not kept here, and nothing is fetched`))
}
const ours = loaderOf(contextDocument)

describe('What is emitted', () => {
  it('covers every model and every measured attribute', () => {
    const seen = new Set(everything().flatMap(entity => Object.keys(entity).map(name => `${String(entity['type'])}.${name}`)))
    for (const model of models()) for (const attribute of model.attributes) assert.ok(seen.has(`${model.type}.${attribute}`), `${model.type}.${attribute}`)
  })

  it('expands by our own contexts, with no word under default-context', async () => {
    for (const entity of everything()) assert.ok(!(await asRdf(entity, ours)).includes('/default-context/'), JSON.stringify(entity))
  })

  it('would be caught with a word that is in no context', async () => {
    assert.ok((await asRdf({ ...everything()[0], pm2_5: { type: 'Property', value: 1 } }, ours)).includes('/default-context/pm2_5'))
  })
})

describe('What is emitted, beside what is published (../shared/standards)', () => {
  before(function () { if (!existsSync(PUBLISHED)) { console.log('      skipped: ../shared/standards is not here'); this.skip() } })

  it('uses for each term the IRI of the published context of its subject', () => {
    for (const { subject, terms } of SUBJECT_TERMS) {
      const published = read('smart-data-models', subject, 'context.jsonld')['@context']
      const core = read('contexts', 'ngsi-ld-core-context-v1.9.jsonld')['@context']
      for (const [term, iri] of Object.entries(terms)) assert.equal(expanded(published[term] ?? core[term], { ...core, ...published }), iri, `${subject}: ${term}`)
    }
    const core = read('contexts', 'ngsi-ld-core-context-v1.9.jsonld')['@context']
    for (const [term, iri] of Object.entries(CORE_TERMS.terms)) assert.equal(expanded(core[term], core), iri, term)
  })

  it('is the same graph by the published contexts as by ours', async () => {
    const published = publishedLoader()
    for (const entity of everything()) assert.equal(await asRdf(entity, published), await asRdf(entity, ours), JSON.stringify(entity))
  }).timeout(60_000)

  it('passes the published schema in its key-values view, but for the written exceptions', () => {
    const validators = new Map(models().map(({ type }) => [type, validatorOf(type)]))
    for (const entity of everything()) {
      const type = entity['type'] as string, validate = validators.get(type)!
      assert.ok(validate(keyValues(entity)), `${JSON.stringify(entity)}\n${JSON.stringify(validate.errors)}`)
    }
  })

  it('is right in any view of anything that a device may say: the same graph by both contexts, and no less of the schema than was granted', async () => {
    const published = publishedLoader(), validators = new Map(models().map(({ type }) => [type, validatorOf(type, [])]))
    await fc.assert(fc.asyncProperty(anyReadings, anyFacts, fc.integer(), async (readings, device, mask) => {
      for (const { entity } of map(readings, () => facts(device), ARRIVAL).observations) {
        const shown = JSON.parse(view(entity, mask)), graph = await asRdf(shown, ours), validate = validators.get(entity.model.type)!
        assert.ok(!graph.includes('/default-context/'), graph)
        assert.equal(await asRdf(shown, published), graph)
        assert.ok(validate(keyValues(shown)), `${JSON.stringify(shown)}\n${JSON.stringify(validate.errors)}`)
        assert.deepEqual(Object.keys(shown).filter(name => entity.model.bitOf(name) !== undefined), entity.model.attributesIn(mask & entity.mask))
      }
    }), { numRuns: 60 })
  }).timeout(120_000)

  it('has the ranges and words of the published schemas, but for those that are written down', () => {
    const differing = RULES.targets.flatMap(rule => {
      if (!('model' in rule) || rule.fill) return []
      const schema = propertyOf(rule.model, rule.attribute), bounds = rule.shape ? schema['properties'].L1 : schema
      const published = { min: bounds['minimum'], max: bounds['maximum'], integer: bounds['type'] === 'integer' || undefined, words: bounds['enum'] }
      const words = rule.numbers ? Object.values(rule.numbers).sort() : RULES.quantities.words[rule.quantity]
      const own = { min: rule.min, max: rule.max, integer: rule.integer ?? (rule.numbers && true), words }
      return isSame(own, published) ? [] : [`${rule.model}.${rule.attribute}`]
    })
    assert.deepEqual([...new Set(differing)], exceptions.flatMap(({ type, ranges = [] }: { type: string, ranges?: string[] }) => ranges.map(attribute => `${type}.${attribute}`)))
  })

  it('is refused by the published schema when it is wrong', () => {
    const validate = validatorOf('IndoorEnvironmentObserved')
    const entity = everything().find(({ type, temperature }) => type === 'IndoorEnvironmentObserved' && temperature)!
    assert.ok(validate(keyValues(entity)))
    assert.ok(!validate({ ...keyValues(entity), temperature: -1 }))
  })
})

function publishedLoader() {
  const documents = new Map<string, object>([
    [CORE_CONTEXT, read('contexts', 'ngsi-ld-core-context-v1.9.jsonld')], ['https://w3id.org/security/data-integrity/v1', read('contexts', 'data-integrity-v1.jsonld')],
    ['https://w3id.org/security/data-integrity/v2', read('contexts', 'data-integrity-v2.jsonld')],
    ...models().map(({ type, context }) => [context[0], read('smart-data-models', subjectOf(type), 'context.jsonld')] as const),
  ])
  return loaderOf(url => documents.get(url))
}

/** What a schema says of a property, wherever it says it. */
function propertyOf(type: string, name: string): Record<string, any> {
  const find = (schema: Record<string, any>): Record<string, any> | undefined => {
    if (schema['$ref']) return find(definitionOf(schema['$ref']))
    return schema['properties']?.[name] ?? (schema['allOf'] as Record<string, any>[] | undefined)?.map(find).find(found => found !== undefined)
  }
  const found = find(read('smart-data-models', subjectOf(type), type, 'schema.json'))
  assert.ok(found, `${type}.${name} is in the published schema`)
  return found['$ref'] ? definitionOf(found['$ref']) : found
}

function definitionOf(reference: string): Record<string, any> {
  const [url = '', pointer = ''] = reference.split('#'), subject = /dataModel\.(\w+)/.exec(url)?.[1]
  const document = subject ? read('smart-data-models', subject, url.split('/').at(-1)!) : read('smart-data-models', 'common-schema.json')
  return pointer.split('/').slice(1).reduce((node, key) => node[key], document)
}

function isSame(own: object, published: object): boolean {
  try {
    assert.deepEqual(own, published)
    return true
  } catch {
    return false
  }
}

function validatorOf(type: string, required?: readonly string[]) {
  const ajv = new Ajv2020({ strict: false, logger: false })
  addFormats(ajv)
  for (const file of [['common-schema.json'], ['Device', 'device-schema.json'], ['Weather', 'weather-schema.json'], ['Environment', 'Environment-schema.json']]) ajv.addSchema(read('smart-data-models', ...file))
  ajv.addSchema({ ...read('smart-data-models', 'Environment', 'Environment-schema.json'), $id: 'https://raw.githubusercontent.com/smart-data-models/dataModel.Environment/master/Environment-schema.json' })
  const schema = read('smart-data-models', subjectOf(type), type, 'schema.json')
  const lifted: readonly string[] = exceptions.find(exception => exception.type === type)?.notRequired ?? []
  schema.required = required ?? (schema.required as string[] | undefined)?.filter(name => !lifted.includes(name))
  return ajv.compile(schema)
}

/** The IRI that a term of a published context stands for. */
function expanded(term: unknown, context: Record<string, unknown>): string {
  const iri = typeof term === 'string' ? term : (term as { '@id': string })['@id']
  const [prefix = '', rest] = iri.split(/:(.*)/s)
  const base = context[prefix]
  return rest !== undefined && !rest.startsWith('//') && typeof base === 'string' ? base + rest : iri
}
