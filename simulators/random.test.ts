import assert from 'node:assert/strict'
import fc from 'fast-check'
import { hashed, noise, Random, seedOf } from '#simulators/random.ts'

const draws = (random: Random, count: number) => Array.from({ length: count }, () => random.next())
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length

describe('random', () => {
  it('repeats itself for the same seed and for no other', () => {
    assert.deepEqual(draws(new Random(7), 100), draws(new Random(7), 100))
    assert.notDeepEqual(draws(new Random(7), 100), draws(new Random(8), 100))
  })

  it('keeps giving the numbers that fleets were recorded with', () => {
    assert.equal(seedOf(1, 'home', 'kitchen'), 443836175)
    assert.deepEqual(draws(new Random(1), 3).map(draw => draw.toFixed(9)), ['0.740120165', '0.756993453', '0.789438983'])
  })

  it('makes another seed of every part, also where the parts read the same when joined', () => {
    assert.notEqual(seedOf('ab', 'c'), seedOf('a', 'bc'))
    assert.notEqual(seedOf(1, 2), seedOf(2, 1))
    const seeds = new Set(Array.from({ length: 10_000 }, (_, k) => seedOf('home', k)))
    assert.ok(seeds.size > 9_995, `${seeds.size} of 10000 seeds differ`)
  })

  it('is uniform, and normal where asked to be', () => {
    const random = new Random(3)
    const uniform = draws(random, 20_000)
    assert.ok(Math.abs(mean(uniform) - 0.5) < 0.01)
    assert.ok(Math.abs(mean(uniform.map(u => (u - 0.5) ** 2)) - 1 / 12) < 0.003)
    const normal = Array.from({ length: 20_000 }, () => random.gaussian())
    assert.ok(Math.abs(mean(normal)) < 0.03)
    assert.ok(Math.abs(mean(normal.map(n => n * n)) - 1) < 0.05)
  })

  it('stays within the bounds it is given, and reaches both ends of a whole range', () => {
    const random = new Random(5)
    const dice = new Set(Array.from({ length: 500 }, () => random.integer(1, 6)))
    assert.deepEqual([...dice].sort(), [1, 2, 3, 4, 5, 6])
    assert.match(random.hex(64), /^[0-9A-F]{64}$/)
    fc.assert(fc.property(fc.integer(), fc.double({ min: -1e6, max: 1e6, noNaN: true }), (seed, min) => {
      const drawn = new Random(seed).between(min, min + 10)
      return drawn >= min && drawn <= min + 10
    }))
  })

  it('answers the n-th question of a seed the same in any order', () => {
    const forwards = Array.from({ length: 50 }, (_, n) => hashed(9, n))
    const backwards = Array.from({ length: 50 }, (_, n) => hashed(9, 49 - n)).reverse()
    assert.deepEqual(forwards, backwards)
    assert.ok(forwards.every(value => value >= 0 && value < 1))
    assert.ok(Math.abs(mean(Array.from({ length: 20_000 }, (_, n) => hashed(9, n))) - 0.5) < 0.01)
  })

  it('wanders smoothly between -1 and 1', () => {
    fc.assert(fc.property(fc.integer(), fc.double({ min: -1e6, max: 1e6, noNaN: true }), (seed, x) => {
      const here = noise(seed, x)
      return here >= -1 && here <= 1 && Math.abs(noise(seed, x + 0.001) - here) < 0.005
    }))
  })
})
