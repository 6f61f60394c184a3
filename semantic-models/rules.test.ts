import assert from 'node:assert/strict'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { NUMBER_QUANTITIES, STATUS_QUANTITIES, TEXT_QUANTITIES } from '#adapters/quantity.ts'
import { ATTRIBUTES_PER_MODEL_MAX, Model } from '#semantic-models/model.ts'
import { models } from '#semantic-models/registry.ts'
import { checkRules, RuleError, RULES, type Rules } from '#semantic-models/rules.ts'
import schema from '#semantic-models/schemas/rules.schema.json' with { type: 'json' }
import { compileTargets } from '#semantic-models/target.ts'
import { compileUnits } from '#semantic-models/units.ts'

describe('The rules', () => {
  it('know a unit for every number quantity and the words of every text quantity', () => {
    const status: ReadonlySet<string> = new Set(STATUS_QUANTITIES)
    assert.deepEqual(Object.keys(RULES.quantities.units).filter(quantity => !status.has(quantity)).sort(), [...NUMBER_QUANTITIES].sort())
    assert.deepEqual(Object.keys(RULES.quantities.words).sort(), [...TEXT_QUANTITIES].sort())
  })

  it('use every unit, and give every attribute of a model a way to be filled', () => {
    const used = new Set(Object.values(RULES.quantities.units).flat())
    assert.deepEqual(RULES.units.filter(({ id }) => !used.has(id)), [])
    for (const { type, attributes } of RULES.models.filter(({ type }) => type !== 'DeviceMeasurement')) {
      const filled = new Set(RULES.targets.flatMap(rule => 'model' in rule && rule.model === type ? [rule.attribute] : []))
      assert.deepEqual(attributes.filter(name => !filled.has(name)), [], type)
    }
  })

  it('name the file and the field of what is wrong', () => {
    const broken = (change: (rules: Rules) => void) => { const rules = structuredClone(RULES); change(rules); return () => checkRules(rules) }
    const fault = (where: string) => (error: unknown) => { assert.ok(error instanceof RuleError); assert.equal(error.where, where); return true }
    assert.throws(broken(rules => { (rules.units[3] as { code: unknown }).code = 7 }), fault('rules/units.json#/3/code'))
    assert.throws(broken(rules => { (rules.targets[0]!.when as { role: string }).role = 'toaster' }), fault('rules/targets.json#/0/when/role'))
    assert.throws(broken(rules => { (rules.models[1] as unknown as Record<string, unknown>)['colour'] = 'red' }), /models\.json#\/1: .*colour/)
  })

  it('name the file and the field of what fits its schema and nothing else', () => {
    const { targets, quantities, models: [model], units } = RULES
    const fault = (where: string, about: RegExp) => (error: unknown) => { assert.ok(error instanceof RuleError); assert.equal(error.where, where); assert.match(error.message, about); return true }
    const target = (change: object) => () => compileTargets([targets[0]!, { ...targets[1]!, ...change }], quantities)
    assert.throws(target({ quantity: 'mood' }), fault('rules/targets.json#/1/quantity', /mood/))
    assert.throws(target({ model: 'Toaster' }), fault('rules/targets.json#/1/model', /Toaster/))
    assert.throws(target({ attribute: 'iluminanceLevel' }), fault('rules/targets.json#/1/attribute', /Streetlight has no attribute iluminanceLevel/))
    assert.throws(target({ scale: [1, 3] }), fault('rules/targets.json#/1/scale', /power of ten/))
    assert.throws(target({ static: { colour: 'red' } }), fault('rules/targets.json#/1/static', /colour/))
    assert.throws(() => compileTargets(targets, { ...quantities, words: {} }), fault('rules/quantities.json#/words', /has no words/))
    assert.throws(() => compileTargets(targets, { ...quantities, units: { ...quantities.units, mood: [] } }), fault('rules/quantities.json', /mood/))
    assert.throws(() => compileUnits(units, { ...quantities, units: { pressure: ['furlong'] } }), fault('rules/quantities.json#/units/pressure', /furlong/))
    const attributes = (count: number) => Array.from({ length: count }, (_, n) => `a${n}`)
    const withAttributes = (names: string[]) => new Model({ ...model!, attributes: names, static: [], links: [], refDevice: 'none' })
    assert.equal(withAttributes(attributes(ATTRIBUTES_PER_MODEL_MAX - 1)).maskOf(['location']), 2 ** (ATTRIBUTES_PER_MODEL_MAX - 1))
    assert.throws(() => withAttributes(attributes(ATTRIBUTES_PER_MODEL_MAX)), RuleError)
    assert.throws(() => withAttributes(['a', 'a']), RuleError)
  })

  it('stand under schemas that are schemas', () => {
    const ajv = new Ajv2020({ strict: false })
    assert.ok(ajv.validateSchema(schema), JSON.stringify(ajv.errors))
  })

  it('give models slugs of their own', () => {
    const slugs = models().map(({ slug }) => slug)
    assert.equal(new Set(slugs).size, slugs.length)
    assert.ok(slugs.includes('three-phase-ac-measurement') && slugs.includes('indoor-environment-observed'))
  })
})
