import assert from 'node:assert/strict'
import fc from 'fast-check'
import { AMOUNT_MAX } from '#gateway/market/amount.ts'
import { UNITS } from '#gateway/market/offers.ts'
import { affordable, priceOf, split } from '#gateway/market/price.ts'

const usage = { messages: 3, bytes: 1_501, seconds: 7, periods: 2 }

describe('A price', () => {
  it('is for each message, second and period, and for each 1,000 bytes', () => {
    assert.deepEqual(UNITS.map(unit => priceOf({ price: 1_000n, unit }, usage)), [3_000n, 7_000n, 1_501n, 2_000n])
  })

  it('of kilobytes is rounded up once, over the sum of bytes', () => {
    assert.deepEqual([0, 1, 999, 1_000, 1_001].map(bytes => priceOf({ price: 3n, unit: 'kB' }, { ...usage, bytes })), [0n, 1n, 3n, 3n, 4n])
  })

  it('is affordable up to a quantity, and not for one more', () => {
    fc.assert(fc.property(fc.constantFrom(...UNITS), fc.bigInt(1n, AMOUNT_MAX), fc.bigInt(0n, AMOUNT_MAX), (unit, price, amount) => {
      const offer = { price, unit }, most = affordable(offer, amount)
      const cost = (quantity: number) => priceOf(offer, { messages: quantity, bytes: quantity, seconds: quantity, periods: quantity })
      assert.ok(cost(most) <= amount)
      if (most < Number.MAX_SAFE_INTEGER) assert.ok(cost(most + 1) > amount)
    }))
  })

  it('of nothing is always affordable', () => assert.equal(affordable({ price: 0n, unit: 'kB' }, 0n), Number.MAX_SAFE_INTEGER))

  it('is split so that nothing is lost, and what is rounded is the owner’s', () => {
    assert.deepEqual(split(999n, 10), { platform: 99n, owner: 900n })
    fc.assert(fc.property(fc.bigInt(0n, AMOUNT_MAX), fc.nat(100), (amount, percent) => {
      const { platform, owner } = split(amount, percent)
      assert.equal(platform + owner, amount)
      assert.ok(
        platform >= 0n && owner >= 0n && platform * 100n <= amount * BigInt(percent) && (platform + 1n) * 100n > amount * BigInt(percent))
    }))
  })
})
