// Blueprints: what of a layout has a place in the models, and whose devices may share one.
import assert from 'node:assert/strict'
import type { FieldRoute, Layout, ReadingForm } from '#adapters/layout.ts'
import { compileBlueprint, kindOf, textsOf, type BlueprintRoute } from '#semantic-models/blueprint.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'
import { Prepared } from '#semantic-models/template.ts'

const FACTS: DeviceFacts = { id: 'abcdefghijklmnopqrstuvwxyz', dialect: 'zigbee2mqtt', placement: 'indoor', phases: 1 }

const layoutOf = (...routes: readonly (readonly FieldRoute[])[]): Layout => ({ fields: routes.map((each, n) => ({ path: [`f${n}`], marks: 0, routes: each })), objects: [], times: [] })
const reading = (quantity: ReadingForm['quantity'], unit: string, more: Partial<ReadingForm> = {}): FieldRoute => ({ reading: { quantity, unit, rank: 0, ...more } })
const routesIn = (facts: DeviceFacts, ...routes: readonly FieldRoute[]): readonly BlueprintRoute[] => compileBlueprint(layoutOf(routes), facts).fields[0]!.routes
const targetsIn = (facts: DeviceFacts, ...routes: readonly FieldRoute[]): readonly string[] => routesIn(facts, ...routes).map(({ target }) => target.to)

describe('A blueprint', () => {
  it('has a place for what the models have one for, and leaves the rest to the mapper, in its turn', () => {
    assert.deepEqual(targetsIn(FACTS, reading('temperature', '°C')), ['part'])
    assert.deepEqual(targetsIn(FACTS, reading('battery', '%')), ['state'])
    assert.deepEqual(targetsIn(FACTS, { reading: undefined }), ['nothing'])
    assert.deepEqual(targetsIn(FACTS, reading('temperature', 'furlongs'), reading('temperature', '°C')), ['mapper', 'part'])
    for (const alone of [reading('temperature', 'furlongs'), reading('temperature', '°C', { channel: 'probe' }), reading('lampLevel', '%')]) assert.deepEqual(targetsIn(FACTS, alone), [])
  })

  it('leaves to the mapper what tells news of the device, and takes it when it is known', () => {
    const ofPhase = { ...reading('voltage', 'V', { phase: 'L2' }), tells: { phases: 3 as const } }, ofRole = { ...reading('temperature', '°C'), tells: { role: 'wasteContainer' as const } }
    assert.deepEqual(targetsIn(FACTS, ofPhase), [])
    assert.deepEqual(targetsIn({ ...FACTS, phases: 3 }, ofPhase), ['part'])
    assert.deepEqual(targetsIn(FACTS, ofRole), [])
    assert.deepEqual(targetsIn({ ...FACTS, role: 'wasteContainer' }, ofRole), ['part'])
  })

  it('converts as the mapper does: by powers of ten, by a ratio, with an addend; states too', () => {
    const [percent, wind, fahrenheit, battery] = [reading('humidity', '%'), reading('windSpeed', 'km/h'), reading('temperature', '°F'), reading('batteryVoltage', 'mV')].map(route => routesIn({ ...FACTS, placement: 'outdoor' }, route)[0]!.target)
    assert.ok(percent!.to === 'part' && percent!.places === -2 && percent!.factor === undefined && percent!.min === 0 && percent!.max === 1)
    assert.ok(wind!.to === 'part' && wind!.factor!.numerator * 18n === wind!.factor!.denominator * 5n && wind!.add === undefined)
    assert.ok(fahrenheit!.to === 'part' && fahrenheit!.add!.numerator === -32n)
    assert.ok(battery!.to === 'state' && battery!.places === -3)
  })

  it('is shared by devices that agree in all that it looks at', () => {
    const others: readonly Partial<DeviceFacts>[] = [{ placement: 'outdoor' }, { role: 'wasteContainer' }, { phases: 3 }, { dialect: 'senml' }, { emptyMm: 1_000 }]
    for (const other of others) assert.notEqual(kindOf({ ...FACTS, ...other }), kindOf(FACTS))
    for (const own of [{ id: 'zzzzzzzzzzzzzzzzzzzzzzzzzz' }, { location: [4, 50] as const }]) assert.equal(kindOf({ ...FACTS, ...own }), kindOf(FACTS))
  })

  it('leaves the texts of a device to the device', () => {
    const { entities } = compileBlueprint(layoutOf([reading('temperature', '°C')]), FACTS), here = textsOf(entities[0]!, new Prepared({ ...FACTS, location: [4, 50] })), nowhere = textsOf(entities[0]!, new Prepared(FACTS))
    assert.equal(here.texts.filter(text => text.includes('"location"')).length, 1)
    assert.equal(nowhere.texts.filter(text => text.includes('"location"')).length, 0)
    assert.equal(here.texts.length, nowhere.texts.length)
  })
})
