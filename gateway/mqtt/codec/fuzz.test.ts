// Whatever bytes come, the codec takes them or refuses them, and fails at nothing.
import assert from 'node:assert/strict'
import { fuzzCodec } from '#test/support/mqtt-fuzz.ts'
import { randomSeed } from '#test/support/mqtt-mutants.ts'

const PACKETS = 100_000

describe('the codec', () => {
  it(`takes or refuses each of ${PACKETS} mutated packets of all versions`, () => {
    const seed = randomSeed(), { taken, refused } = fuzzCodec(PACKETS, seed)
    assert.ok(taken > PACKETS / 20 && refused > PACKETS / 20, `seed ${seed}: ${taken} taken, ${refused} refused`)
  })
})
