import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { below, isByExponent, laplace, type Randomness } from '#gateway/aggregates/noise.ts'

/** The same bytes each time. */
function seeded(seed: string): Randomness {
  let block = Buffer.alloc(0), count = 0
  return bytes => {
    while (block.length < bytes) block = Buffer.concat([block, createHash('sha256').update(`${seed} ${count++}`).digest()])
    const drawn = block.subarray(0, bytes)
    block = block.subarray(bytes)
    return drawn
  }
}

/** Pearson's statistic over cells in which at least five are expected; what lies outside of them is one cell more. */
function chiSquare(draws: readonly number[], probability: (value: number) => number, values: readonly number[]): { statistic: number, cells: number } {
  const seen = new Map<number, number>()
  for (const value of draws) seen.set(value, (seen.get(value) ?? 0) + 1)
  let statistic = 0, expectedInside = 0, seenInside = 0
  for (const value of values) {
    const expected = draws.length * probability(value), count = seen.get(value) ?? 0
    assert.ok(expected >= 5, `a cell of ${expected} is no cell`)
    statistic += (count - expected) ** 2 / expected
    expectedInside += expected
    seenInside += count
  }
  const outside = draws.length - expectedInside
  if (outside >= 5) statistic += (draws.length - seenInside - outside) ** 2 / outside
  return { statistic, cells: values.length + Number(outside >= 5) }
}

/** Above this a statistic of so many degrees of freedom is found once in 100,000 times (Wilson and Hilferty's approximation). */
const bound = (freedom: number): number => freedom * (1 - 2 / (9 * freedom) + 4.265 * Math.sqrt(2 / (9 * freedom))) ** 3

describe('Noise', () => {
  const DRAWS = 60_000
  for (const [numerator, denominator, reach] of [[1n, 1n, 6], [5n, 2n, 15], [10n, 1n, 50], [1n, 3n, 1], [7_000_000n, 1_000_000n, 40]] as const) {
    it(`is of the discrete Laplace distribution with the scale ${numerator}/${denominator}`, () => {
      const random = seeded(`${numerator}/${denominator}`), draws = Array.from({ length: DRAWS }, () => Number(laplace(numerator, denominator, random)))
      const decay = Math.exp(-Number(denominator) / Number(numerator)), values = Array.from({ length: 2 * reach + 1 }, (_, n) => n - reach)
      const { statistic, cells } = chiSquare(draws, value => (1 - decay) / (1 + decay) * decay ** Math.abs(value), values)
      assert.ok(statistic < bound(cells - 1), `${statistic} with ${cells} cells: more than ${bound(cells - 1)}`)
    }).timeout(60_000)
  }

  it('is held to that: a scale that is off by a tenth, and a distribution that draws zero twice, are found', () => {
    const random = seeded('off'), reach = 30, values = Array.from({ length: 2 * reach + 1 }, (_, n) => n - reach), decay = Math.exp(-1 / 5)
    const probability = (value: number) => (1 - decay) / (1 + decay) * decay ** Math.abs(value)
    const off = chiSquare(Array.from({ length: DRAWS }, () => Number(laplace(55n, 10n, random))), probability, values)
    const twice = chiSquare(Array.from({ length: DRAWS }, () => { const y = Number(laplace(5n, 1n, random)); return y === 0 && random(1)[0]! < 64 ? 1 : y }), probability, values)
    for (const { statistic, cells } of [off, twice]) assert.ok(statistic > bound(cells - 1))
  }).timeout(60_000)

  it('knows exp(−γ) exactly', () => {
    for (const [numerator, denominator] of [[0n, 1n], [1n, 3n], [9n, 10n], [1n, 1n]] as const) {
      const random = seeded(`e ${numerator}`), hits = Array.from({ length: DRAWS }, () => isByExponent(numerator, denominator, random)).filter(Boolean).length
      const expected = Math.exp(-Number(numerator) / Number(denominator)), deviation = Math.sqrt(DRAWS * expected * (1 - expected))
      assert.ok(Math.abs(hits - DRAWS * expected) <= 4.5 * deviation, `${hits} of ${DRAWS}, ${DRAWS * expected} expected`)
    }
  })

  it('draws evenly below any number, also where that is no power of two, or of hundreds of bits', () => {
    const random = seeded('even'), draws = Array.from({ length: DRAWS }, () => Number(below(300n, random)))
    const { statistic, cells } = chiSquare(draws, () => 1 / 300, Array.from({ length: 300 }, (_, n) => n))
    assert.ok(statistic < bound(cells - 1))
    assert.equal(below(1n, random), 0n)
    const end = 10n ** 60n, large = Array.from({ length: 200 }, () => below(end, random))
    assert.ok(large.every(each => each >= 0n && each < end) && large.some(each => each > end / 2n) && large.some(each => each < end / 2n))
  })

  it('comes from the system by itself', () => {
    const draws = new Set(Array.from({ length: 200 }, () => laplace(1_000_000n, 1n)))
    assert.ok(draws.size > 150)
  })
})
