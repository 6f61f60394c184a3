// The compiled decision beside the plain oracle of its rules, on random policies and messages; and engines with a fault, which must be found.
//   PAIRS=10000000 npx mocha test/property/consent-engine.test.ts
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { groundOf } from '#gateway/decision/ground.ts'
import { standing } from '#gateway/decision/standing.ts'
import { mutated, MUTANTS } from '#test/support/consent-mutants.ts'
import { compare } from '#test/support/consent-worlds.ts'
import { randomSeed } from '#test/support/mqtt-mutants.ts'

const PAIRS = Number(process.env['PAIRS'] ?? 100_000), PAIRS_PER_MUTANT = 500_000
/** Of all pairs so many at least let something out: an oracle that never does proves nothing. */
const LEFT_MIN = 0.04

describe('The engine of consent', () => {
  it(`decides as the oracle does, on ${PAIRS} pairs of a policy and a message`, function () {
    this.timeout(20_000 + PAIRS / 10)
    const seed = randomSeed(), { pairs, left, difference } = compare({ groundOf, standing }, PAIRS, seed)
    assert.equal(difference, undefined, `seed ${seed}: ${inspect(difference, { depth: 6 })}`)
    assert.equal(pairs, PAIRS)
    assert.ok(left > LEFT_MIN * PAIRS, `${left} of ${pairs} let something out`)
  })

  describe('is found out when', () => {
    for (const mutant of MUTANTS) {
      it(mutant.fault, async function () {
        this.timeout(60_000)
        const seed = randomSeed(), { pairs, difference } = compare(await mutated(mutant), PAIRS_PER_MUTANT, seed)
        assert.ok(difference, `not within ${pairs} pairs (seed ${seed})`)
      })
    }
  })

  it('without a fault, loaded in the same way, is right', async () => {
    const whole = await mutated({ fault: 'none', file: 'consent/grant.ts', text: 'now >= until', instead: 'until <= now' })
    assert.equal(compare(whole, 20_000, randomSeed()).difference, undefined)
  })
})
