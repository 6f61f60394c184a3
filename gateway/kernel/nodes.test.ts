// Keys in the kernel's memory: each is found, and no other is.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ANSWER, Kernel } from '#gateway/kernel/kernel.ts'
import type { Layout } from '#adapters/layout.ts'
import { compileBlueprint } from '#semantic-models/blueprint.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'
import { Prepared } from '#semantic-models/template.ts'
import { timeText } from '#semantic-models/text.ts'

const NOW = Date.UTC(2026, 10, 25, 8), FACTS: DeviceFacts = { id: 'abcdefghijklmnopqrstuvwxyz', dialect: 'zigbee2mqtt', placement: 'outdoor', phases: 1 }

/** Whether a message with one of the keys is taken: each is a temperature. */
function taking(keys: readonly string[]): (message: string) => boolean {
  const layout: Layout = { fields: keys.map(key => ({ path: [key], marks: 0, routes: [{ reading: { quantity: 'temperature', unit: '°C', rank: 0 } }] })), objects: [], times: [] }
  const kernel = new Kernel(), blueprint = compileBlueprint(layout, FACTS)
  assert.ok(kernel.enter(1, 't', blueprint, new Prepared(FACTS), blueprint.entities.map((_, index) => ({ index, id: index, granted: 1 }))))
  return message => {
    const bytes = Buffer.from(`t${message}`)
    kernel.load(1, bytes, [0, 1, 1, bytes.length - 1], 0, 1, NOW, timeText(NOW))
    return kernel.run(0).answers[5] === ANSWER.DONE
  }
}

const someKey = fc.string({ unit: fc.constantFrom(...'abAB01_-é'), minLength: 1, maxLength: 30 })

describe('The keys of a plan', () => {
  for (const [name, count] of [['one', 1], ['a few', 12], ['as many as have a table without a collision', 128], ['many', 700]] as const) {
    it(`are found, and no others: ${name}`, () => {
      const keys = [...new Set(fc.sample(someKey, { numRuns: count * 3, seed: 5 }))].slice(0, count), takes = taking(keys)
      for (const key of keys) {
        assert.ok(takes(JSON.stringify({ [key]: 1 })), key)
        const others = [`${key}x`, `x${key}`, key.slice(1), key.slice(0, -1), `${key.slice(0, key.length >> 1)}x${key.slice((key.length >> 1) + 1)}`]
        for (const other of others) if (!keys.includes(other)) assert.ok(!takes(JSON.stringify({ [other]: 1 })), other)
      }
    })
  }

  it('are found where they are written with escapes, and two halves of a character are no key', () => {
    const takes = taking(['temperature', 'größe', '温度'])
    for (const text of ['{"temp\\u0065rature":1}', '{"\\u0067r\\u00f6\\u00dfe":1}', '{"\\u6e29\\u5ea6":1}']) assert.ok(takes(text), text)
    for (const text of ['{"temp\\u0066rature":1}', '{"\\ud83c\\udf21":1}', '{"temperature\\u0000":1}']) assert.ok(!takes(text), text)
  })
})
