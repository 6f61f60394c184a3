// The comparison of the two roads is sharp: a fault planted into the kernel's tables, by one wrong figure of a plan or one wrong word of memory,
// is found by it.
import assert from 'node:assert/strict'
import { AssertionError } from 'node:assert'
import { ADAPTERS } from '#adapters/registry.ts'
import { Kernel } from '#gateway/kernel/kernel.ts'
import type { Blueprint, BlueprintEntity, BlueprintField, BlueprintRoute, ToPart } from '#semantic-models/blueprint.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'
import { SHAPES } from '#benchmarks/corpus/corpus-shapes.ts'
import { makeCorpus } from '#benchmarks/corpus/hostile-corpus.ts'
import { Beside, type Planted } from '#benchmarks/kernel/kernel-truth.ts'

const AT = Date.UTC(2026, 10, 25, 8), ROUNDS = 30

type Mutant = readonly [fault: string, shapes: RegExp, planted: Planted]

const ofBlueprint = (change: (blueprint: Blueprint) => Blueprint): Planted => ({ blueprint: change })
const ofFields = (change: (field: BlueprintField, n: number) => BlueprintField): Planted => ofBlueprint(blueprint => ({ ...blueprint, fields: blueprint.fields.map(change) }))
const ofRoutes = (change: (route: BlueprintRoute) => BlueprintRoute): Planted => ofFields(field => ({ ...field, routes: field.routes.map(change) }))
const ofParts = (change: (part: ToPart) => Partial<ToPart>): Planted => ofRoutes(route => route.target.to === 'part' ? { ...route, target: { ...route.target, ...change(route.target) } } : route)
const ofEntities = (change: (entity: BlueprintEntity) => BlueprintEntity): Planted => ofBlueprint(blueprint => ({ ...blueprint, entities: blueprint.entities.map(change) }))
/** The words of a record that a board's word points to. */
const ofMemory = (change: (view: DataView) => void): Planted => ({ memory: change })

const BOARD = 1_024, SLOTS_AT = 8, NOW_TEXT = 40, OWN_TIME = BOARD + 128

const MUTANTS: readonly Mutant[] = [
  ['a power of ten too much', /climate/, ofParts(({ places }) => ({ places: places === 0 ? 0 : places + 1 }))],
  ['a conversion left out', /climate/, ofParts(({ places }) => ({ places: places && 0 }))],
  ['Fahrenheit by a wrong factor', /fahrenheit/, ofParts(({ factor }) => ({ factor: factor && { ...factor, numerator: factor.numerator + 4n } }))],
  ['Fahrenheit without what is added', /fahrenheit/, ofParts(({ add }) => ({ add: add && { ...add, numerator: 0n } }))],
  ['another phase', /three-phase/, ofParts(({ cell }) => ({ cell: cell === 1 ? 2 : cell }))],
  ['another unit', /plug/, ofParts(({ close }) => ({ close: close.replace('"VLT"', '"AMP"') }))],
  ['a mark that is not asked for', /zigbee-plug|zigbee-climate/, ofRoutes(route => ({ ...route, needs: 0, lacks: 0 }))],
  ['a range without its end', /zigbee-climate/, ofParts(() => ({ min: -Infinity, max: Infinity }))],
  ['a range that begins too late', /climate/, ofRoutes(route => ({ ...route, from: route.from + 300, to: Infinity }))],
  ['words the other way round', /motion/, ofParts(({ words }) => ({ words: words && [...words].reverse() }))],
  ['a wrong bit in the mask', /climate/, ofEntities(entity => ({ ...entity, parts: entity.parts.map(part => part.kind === 'value' ? { ...part, bit: part.bit * 2 } : part) }))],
  ['parts in another order', /climate/, ofEntities(entity => ({ ...entity, parts: [...entity.parts].reverse() }))],
  ['two fields swapped', /climate/, ofBlueprint(blueprint => {
    const fields = [...blueprint.fields], at = (name: string) => fields.findIndex(({ form }) => form.path[0] === name), a = at('temperature'), b = at('humidity')
    const [one, other] = [fields[a]!, fields[b]!]
    fields[a] = { ...one, routes: other.routes }
    fields[b] = { ...other, routes: one.routes }
    return { ...blueprint, fields }
  })],
  ['a time that is not read', /zigbee-air|senml-room/, ofBlueprint(blueprint => ({ ...blueprint, layout: { ...blueprint.layout, times: [] } }))],
  ['seconds for milliseconds', /senml-room/, ofBlueprint(blueprint => ({ ...blueprint, layout: { ...blueprint.layout, times: blueprint.layout.times.map(time => ({ ...time, number: 'milliseconds' as const })) } }))],
  ['a required word that is not asked for', /shelly-delta/, ofFields(field => field.form.isRequired ? { ...field, form: { ...field.form, isRequired: undefined, words: undefined, isMark: true } } : field)],
  ['null for nothing where it is a fault', /senml/, ofFields(field => ({ ...field, form: { ...field.form, isNeverNull: undefined } }))],
  ['the better of two by the wrong rank', /shelly-room/, ofParts(({ rank }) => ({ rank: 9 - rank }))],
  ['the state of another', /zigbee-climate/, ofRoutes(route => route.target.to === 'state' ? { ...route, target: { ...route.target, state: 0 } } : route)],
  ['a state not converted', /zigbee-climate/, ofRoutes(route => route.target.to === 'state' ? { ...route, target: { ...route.target, places: 0 } } : route)],
  ['endpoints passed over', /zigbee-climate/, ofBlueprint(blueprint => ({ ...blueprint, layout: { ...blueprint.layout, objects: [] } }))],
  ['a model that is not looked at', /things-room/, ofFields(field => field.form.alien ? { ...field, form: { ...field.form, alien: ['zzzzzzzz'] } } : field)],
  ['what is left of another message', /zigbee/, ofMemory(view => {
    // Slots that say that they are of the next message, whichever that is.
    const slots = view.getUint32(BOARD + SLOTS_AT, true)
    for (let slot = 0; slot < 64; slot++) view.setInt32(slots + slot * 48, view.getInt32(slots, true) + 1, true)
  })],
  ['an instant of another second', /zigbee-air/, ofMemory(view => { view.setUint8(OWN_TIME + 18, 0x37) })],
  ['the arrival as another text', /zigbee-climate/, ofMemory(view => { view.setUint8(view.getUint32(BOARD + NOW_TEXT, true) + 3, 0x39) })],
]

describe('A fault in the tables', function () {
  this.timeout(60_000)

  for (const [fault, shapes, planted] of MUTANTS) {
    it(`is found: ${fault}`, () => { assert.ok(isFound(shapes, planted)) })
  }

  it('is found where there is one only: none is found in what is as it should be', () => {
    for (const [, shapes] of MUTANTS) assert.ok(!isFound(shapes, {}))
  })
})

/** Whether messages of these shapes, and what befalls them, show a difference. */
function isFound(shapes: RegExp, planted: Planted): boolean {
  const kernel = new Kernel(), corpus = makeCorpus({ seed: 21, shapes: SHAPES.filter(({ name }) => shapes.test(name)), devicesPerShape: 3, messagesPerDevice: ROUNDS, isHostile: true, at: AT })
  const besides = corpus.devices.map(({ shape: { dialect }, topic }) => {
    const facts: DeviceFacts = { id: 'abcdefghijklmnopqrstuvwxyz', dialect, placement: 'indoor', phases: 1 }
    return new Beside(kernel, { adapter: ADAPTERS.find(({ name }) => name === dialect)!, topic, facts, planted })
  })
  try {
    for (const { device, payload } of corpus.messages) for (const each of [payload, ...besetBy(payload)]) besides[device]!.send(each, AT + 500)
    return false
  } catch (error) {
    if (error instanceof AssertionError) return true
    throw error
  }
}

/** The same, with what the corpus brings seldom: an endpoint, another model, null, another method, a number out of range, pressure in kPa. */
function besetBy(payload: Buffer): readonly Buffer[] {
  const text = payload.toString(), changes: readonly (readonly [RegExp, string])[] = [
    [/\{/, '{"temperature_l2":5,'], [/"room-one"/, '"ws523"'], [/:\s*\d+\.\d+/, ':null'], [/NotifyStatus/, 'NotifyEvent'], [/"humidity":\s*[\d.]+/, '"humidity":250'],
    [/"temperature":/, '"local_temperature":11.5,"temperature":'], [/"tC":/, '"tF":50.5,"tC":'], [/"pressure":\s*[\d.]+/, '"pressure":101.5'], [/"occupancy":\s*true/, '"occupancy":false'], [/"battery":\s*\d+,?/, ''],
  ]
  return changes.flatMap(([from, to]) => from.test(text) ? [Buffer.from(text.replace(from, to))] : [])
}
