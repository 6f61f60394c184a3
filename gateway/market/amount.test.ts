import assert from 'node:assert/strict'
import fc from 'fast-check'
import { AMOUNT_MAX, formatAmount, parseAmount } from '#gateway/market/amount.ts'

describe('An amount', () => {
  for (const [text, micro] of [
    ['0', 0n], ['0.000001', 1n], ['0.001', 1_000n], ['10', 10_000_000n], ['10.5', 10_500_000n], ['007.000000', 7_000_000n],
    ['999999999999.999999', AMOUNT_MAX],
  ] as const) {
    it(`written ${text} is ${micro} micro-units`, () => assert.equal(parseAmount(text), micro))
  }

  for (const text of [
    '', '.', '.5', '5.', '-1', '+1', '1e3', '1,5', '0x10', ' 1', '1 ', '1\n', '0.0000001', '1000000000000', '1'.repeat(1_000_000), '١',
    'NaN', 'Infinity', '1.2.3',
  ]) {
    it(
      `is not ${JSON.stringify(text.slice(0, 20))}`,
      () => assert.throws(() => parseAmount(text), { code: 'BAD_REQUEST', message: /^.{1,140}$/ }))
  }

  it('is written with six places, whatever its sign', () => {
    assert.deepEqual(
      [0n, 1n, -1n, 10_000n, -1_234_567n, AMOUNT_MAX].map(formatAmount),
      ['0.000000', '0.000001', '-0.000001', '0.010000', '-1.234567', '999999999999.999999'])
  })

  it('is read as it was written', () => {
    fc.assert(fc.property(fc.bigInt(0n, AMOUNT_MAX), micro => assert.equal(parseAmount(formatAmount(micro)), micro)))
  })
})
