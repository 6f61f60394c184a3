import assert from 'node:assert/strict'
import { ANY, OWN, type Layout } from '#adapters/layout.ts'
import { zigbee2mqtt } from '#adapters/zigbee2mqtt/adapter.ts'
import { contentOf } from '#gateway/kernel/content.ts'
import { Kernel } from '#gateway/kernel/kernel.ts'
import { compileBlueprint, type Blueprint } from '#semantic-models/blueprint.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'
import { Prepared } from '#semantic-models/template.ts'

const FACTS: DeviceFacts = { id: 'abcdefghijklmnopqrstuvwxyz', dialect: 'zigbee2mqtt', placement: 'indoor', phases: 1 }
const usual = () => compileBlueprint(zigbee2mqtt.layout!('zigbee2mqtt/a', undefined)!.layout, FACTS)
const bare = (layout: Partial<Layout>): Blueprint => ({ layout: { fields: [], objects: [], times: [], ...layout }, fields: [], entities: [], states: [] })

describe('What a plan is written of', () => {
  it('is the same for rules that are spelled otherwise and mean the same, and they share its memory', () => {
    const spelled = (unit: string) => compileBlueprint({ fields: [{ path: ['t'], marks: 0, routes: [{ reading: { quantity: 'temperature', unit, rank: 0 } }] }], objects: [], times: [] }, FACTS)
    assert.equal(contentOf(spelled('°C')), contentOf(spelled('C')))
    assert.notEqual(contentOf(spelled('°C')), contentOf(spelled('°F')))
    const kernel = new Kernel(), sizes = ['°C', 'C', '°F'].map((unit, n) => {
      const before = kernel.used
      assert.ok(kernel.enter(1, `topic/${n}`, spelled(unit), new Prepared(FACTS), [{ index: 0, id: n, granted: 1 }]))
      return kernel.used - before
    })
    assert.ok(sizes[1]! < sizes[0]! / 2, sizes.join())
    assert.ok(sizes[2]! > sizes[1]!, sizes.join())
  })

  it('is another when any leaf of it is', () => {
    const all = contentOf(usual()), leaves = leavesOf(usual())
    assert.ok(leaves.length > 300, `${leaves.length}`)
    for (const path of leaves) {
      const changed = usual()
      change(changed, path)
      assert.notEqual(contentOf(changed), all, path.join('.'))
    }
  })

  it('tells apart what JSON does not', () => {
    const numbers = [Infinity, -Infinity, NaN, 0, null as unknown as number].map(from => contentOf(bare({ times: [{ path: ['t'], from }] })))
    const steps = [ANY, String(ANY), OWN].map(step => contentOf(bare({ times: [{ path: [step as string] }] })))
    assert.deepEqual([new Set(numbers).size, new Set(steps).size], [5, 3])
  })
})

/** Where the numbers, texts and truths are that the kernel is told of: not the spelling of a reading, nor the model. */
function leavesOf({ layout: { fields: _, ...layout }, fields, entities, states, signal }: Blueprint): readonly (readonly string[])[] {
  const found: string[][] = [], look = (value: unknown, path: readonly string[]): void => {
    if (typeof value === 'object' && value !== null) for (const [key, each] of Object.entries(value)) look(each, [...path, key])
    else if (value !== undefined && typeof value !== 'bigint') found.push([...path])
  }
  look(layout, ['layout'])
  fields.forEach(({ form: { routes: __, ...form }, routes }, n) => { look(form, ['fields', String(n), 'form']); look(routes, ['fields', String(n), 'routes']) })
  entities.forEach(({ parts }, n) => { look(parts, ['entities', String(n), 'parts']) })
  look(states, ['states'])
  look(signal, ['signal'])
  return found
}

function change(of: object, path: readonly string[]): void {
  const last = path.at(-1)!, holder = path.slice(0, -1).reduce((value, key) => {
    const copy = Array.isArray(value[key]) ? [...value[key]] : { ...value[key] }
    return value[key] = copy
  }, of as any)
  const value = holder[last]
  holder[last] = typeof value === 'number' ? (Number.isFinite(value) ? value + 1 : 5) : typeof value === 'boolean' ? !value : `${String(value)}x`
}
