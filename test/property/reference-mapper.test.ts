// The compiled mapper against the slow one, on anything that adapters may decode: the same entities to the byte, the same refusals.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { NUMBER_QUANTITIES, STATUS_QUANTITIES } from '#adapters/quantity.ts'
import { view } from '#semantic-models/entity.ts'
import { map } from '#semantic-models/mapper.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'
import { RULES } from '#semantic-models/rules.ts'
import { anyFacts, anyReadings, ARRIVAL } from '#test/support/any-readings.ts'
import { reference, unitsOf } from '#benchmarks/corpus/reference-mapper.ts'

const RUNS = 1000

describe('The compiled mapper and the slow one', () => {
  it('make the same entities, to the byte, and refuse the same fields', () => {
    fc.assert(fc.property(anyReadings, anyFacts, anyFacts, (readings, one, other) => {
      const devices: Record<string, DeviceFacts> = { kitchen: { ...one, id: 'k3v7qm2xw5tz4rpa6hjn2ye4ds' }, 'kitchen.probe': { ...one, id: 't2zq6fhw4xk7mdy3cvb5rj2nsa' }, cellar: { ...other, id: 'b6ynd3q5ujw2c7mzf4ktx6vhpa' } }
      const mapped = map(readings, device => devices[device]!, ARRIVAL), expected = reference(readings, device => devices[device]!, ARRIVAL)
      assert.deepEqual(mapped.observations.map(({ entity }) => view(entity, entity.mask)).sort(), [...expected.entities].sort())
      assert.deepEqual(mapped.refused.map(({ code, field }) => `${code} ${field}`), expected.refused)
      assert.equal(mapped.status.length, readings.filter(({ quantity }) => (STATUS_QUANTITIES as readonly string[]).includes(quantity)).length)
      assert.deepEqual(mapped.observations.map(({ observedAt }) => observedAt), mapped.observations.map(({ observedAt }) => observedAt).sort((a, b) => a - b), 'oldest first')
    }), { numRuns: RUNS })
  }).timeout(60_000)

  it('know the same units', () => {
    for (const quantity of NUMBER_QUANTITIES) {
      const ours = RULES.quantities.units[quantity]!.flatMap(id => RULES.units.find(unit => unit.id === id)!).flatMap(({ code, spellings }) => Object.keys(spellings).filter(text => text !== '/' || code !== 'P1').map(text => `${code} ${text}`))
      const theirs = unitsOf(quantity).flatMap(([code, spellings]) => Object.keys(spellings).filter(text => text !== 'Lx').map(text => `${code} ${text}`))
      assert.deepEqual(ours.sort(), theirs.sort(), quantity)
    }
  })
})
