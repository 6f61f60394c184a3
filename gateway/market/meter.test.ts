import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { Market } from '#test/support/market.ts'

describe('The meter', () => {
  let market: Market
  beforeEach(() => { market = new Market() })
  afterEach(() => market.close())

  describe('of messages', () => {
    it('lets a budget for three deliver three, and suspends at the fourth', () => {
      const agreement = market.agree({ price: 1_000n }, 3_999n)
      assert.deepEqual(market.charge(agreement, [1, 2, 3]), [true, true, true])
      assert.deepEqual([market.isSuspended(agreement), market.changed], [false, ['s1']])
      assert.deepEqual(market.charge(agreement, [4, 5]), [false, false])
      assert.deepEqual([market.agreements.get(agreement.id)!.exhaustedAt, market.changed], [market.clock.now(), ['s1', 's1']], 'told once')
      assert.deepEqual(market.figuresOf(agreement), { messages: 3, bytes: 300, seconds: 0, periods: 0, amount: 3_000n, left: 999n })
      market.meter.seal()
      assert.deepEqual(
        ['external:sub_a', `reserved:${agreement.id}`, 'owner:own_a', 'platform'].map(account => market.balance(account)),
        [-3_999n, 999n, 2_700n, 300n])
    })

    for (const how of ['stop', 'kill'] as const) {
      it(`has it suspended after a ${how} as well`, () => {
        const agreement = market.agree({}, 1_000n)
        market.charge(agreement, [1, 2])
        market.meter.commit()
        const before = market.figuresOf(agreement)
        market.reopen(how)
        assert.deepEqual(
          [market.isSuspended(agreement), market.figuresOf(agreement), market.meter.connected(agreement.id)], [true, before, false])
        assert.deepEqual(market.charge(agreement, [1, 2]), [false, false])
        market.reopen(how)
        assert.equal(market.isSuspended(agreement), true)
      })
    }

    it('has it suspended after a stop when others were sealed since', () => {
      const agreement = market.agree({}, 1_000n), other = market.agree()
      market.charge(agreement, [1])
      market.meter.seal()
      market.charge(agreement, [2])
      market.charge(other, [1])
      market.reopen('stop')
      assert.deepEqual([market.isSuspended(agreement), market.isSuspended(other)], [true, false])
    })

    it('has what comes once more for free, in whatever order it came first', () => {
      const agreement = market.agree({}, 5_000n)
      market.charge(agreement, [5, 1, 3, 2, 9])
      assert.deepEqual(market.charge(agreement, [1, 2, 3, 5, 9]), [true, true, true, true, true])
      market.reopen('stop')
      assert.deepEqual(market.charge(agreement, [9, 5, 3, 2, 1]), [true, true, true, true, true])
      assert.deepEqual(
        [market.figuresOf(agreement).messages, market.figuresOf(agreement).left, market.rangesOf(agreement)],
        [5, 0n, [[1, 3], [5, 5], [9, 9]]])
    })

    it('has under each agreement its own', () => {
      const one = market.agree({}, 1_000n), other = market.agree({}, 1_000n, 'sub_b')
      assert.deepEqual([market.charge(one, [1]), market.charge(other, [1])], [[true], [true]])
      assert.deepEqual(
        [market.figuresOf(one).messages, market.figuresOf(other).messages, market.meter.usage('sub_b').length, market.meter.usage('own_a')],
        [1, 1, 1, []])
    })

    it('has those that are free counted, and no posting for them', () => {
      const agreement = market.agree({ price: 0n })
      assert.ok(market.charge(agreement, Array.from({ length: 100 }, (_, n) => n + 1)).every(isTrue => isTrue))
      market.reopen('stop')
      assert.deepEqual(
        [market.figuresOf(agreement), market.ledger.entries()],
        [{ messages: 100, bytes: 10_000, seconds: 0, periods: 0, amount: 0n, left: 0n }, 0])
    })

    it('has nothing to do with an agreement that never was', () => {
      assert.deepEqual([market.meter.charge(market.meter.accountOf('agr_x'), 1, 1), market.meter.connected('agr_x')], [false, false])
      market.meter.disconnected('agr_x')
      assert.deepEqual([market.records(), market.meter.highestPosition('s1')], [[], 0])
    })
  })

  describe('of kilobytes', () => {
    it('rounds up once over a usage record, not over messages', () => {
      const agreement = market.agree({ unit: 'kB', price: 7n }, 1_000n)
      market.charge(agreement, [1, 2, 3], 1)
      assert.equal(market.figuresOf(agreement).amount, 1n)
      market.meter.seal()
      market.charge(agreement, [4], 1)
      assert.equal(market.figuresOf(agreement).amount, 2n, 'the next record is rounded up for itself')
      market.meter.seal()
      market.charge(agreement, [5], 1_999)
      market.meter.seal()
      assert.deepEqual([market.records(), market.figuresOf(agreement).left], [[[1, 0], [1, 0], [14, 1]], 984n])
    })

    it('covers what comes up to the byte, the rounding included', () => {
      const agreement = market.agree({ unit: 'kB', price: 1_000n }, 1_000n)
      assert.deepEqual(
        [market.charge(agreement, [1], 999), market.charge(agreement, [2], 1), market.charge(agreement, [3], 1)], [[true], [true], [false]])
      const rounded = market.agree({ unit: 'kB', price: 3n }, 3n)
      market.charge(rounded, [1], 1)
      market.meter.seal()
      assert.equal(market.figuresOf(rounded).left, 2n)
      assert.deepEqual(
        [market.charge(rounded, [2], 667), market.charge(rounded, [3], 666)], [[false], [false]], '667 bytes cost 2.001, rounded up 3')
    })
  })

  describe('of whatever unit', () => {
    it('has the platform’s share rounded down in each record, the rest is the owner’s', () => {
      const agreement = market.agree({ price: 19n })
      market.charge(agreement, [1])
      market.meter.seal()
      market.charge(agreement, [2, 3])
      market.meter.seal()
      assert.deepEqual([market.records(), market.balance('platform'), market.balance('owner:own_a')], [[[19, 1], [38, 3]], 4n, 53n])
    })

    it('seals once, and nothing when nothing came', () => {
      const agreement = market.agree()
      market.charge(agreement, [1])
      for (let n = 0; n < 3; n++) market.meter.seal()
      assert.deepEqual([market.records().length, statSync(market.logPath).size], [1, 0])
      market.reopen('stop')
      assert.equal(market.records().length, 1)
    })

    it('writes delivered ranges together where gaps are closed, over many seals', () => {
      const agreement = market.agree()
      for (const positions of [[1, 2, 5], [6, 9, 10], [3], [4, 11], [20, 8], [7, 21]]) {
        market.charge(agreement, positions)
        market.meter.seal()
      }
      assert.deepEqual(market.rangesOf(agreement), [[1, 11], [20, 21]])
      market.reopen('stop')
      market.charge(agreement, [12])
      market.meter.seal()
      assert.deepEqual(market.rangesOf(agreement), [[1, 12], [20, 21]])
    })

    it('knows the highest position of each stream for ever', () => {
      const ended = market.agree(), other = market.agree({ streamId: 's2' })
      market.charge(ended, [7, 3])
      assert.equal(market.meter.highestPosition('s1'), 7)
      market.agreements.end('sub_a', ended.id)
      market.charge(other, [4])
      market.meter.commit()
      market.reopen('kill')
      assert.deepEqual(['s1', 's2', 's3'].map(stream => market.meter.highestPosition(stream)), [7, 4, 0])
      market.charge(market.agree(), [2, 9])
      assert.equal(market.meter.highestPosition('s1'), 9)
    })
  })
})
