// The decision beside its oracle on a million pairs; ten million on demand (see test/property/consent-engine.test.ts).
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { groundOf } from '#gateway/decision/ground.ts'
import { standing } from '#gateway/decision/standing.ts'
import { compare } from '#test/support/consent-worlds.ts'
import { randomSeed } from '#test/support/mqtt-mutants.ts'

const PAIRS = 1_000_000

describe('The engine of consent, at length', () => {
  it(`decides as the oracle does, on ${PAIRS} pairs`, () => {
    const seed = randomSeed(), { pairs, difference } = compare({ groundOf, standing }, PAIRS, seed)
    assert.equal(difference, undefined, `seed ${seed}: ${inspect(difference, { depth: 6 })}`)
    assert.equal(pairs, PAIRS)
  })
})
