import assert from 'node:assert/strict'
import { existsSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { SEAL_STEPS, SEAL_TABS_MIN, tabsAtATime } from '#gateway/market/sealing.ts'
import { OLDER_USAGE_LOG_FILE } from '#gateway/market/usage-log.ts'
import { Market } from '#test/support/market.ts'

describe('A round of sealing', () => {
  let market: Market
  beforeEach(() => { market = new Market() })
  afterEach(() => market.close())
  const hasOlder = () => existsSync(join(market.directory, OLDER_USAGE_LOG_FILE))
  /** So many agreements of a subscriber, each with a message at this position. */
  function busy(count: number, subscriber = 'sub_a') {
    const agreements = Array.from({ length: count }, () => market.agree({ price: 2n }, 1_000n, subscriber))
    const deliver = (position: number) => {
      for (const agreement of agreements) market.charge(agreement, [position])
      market.meter.commit()
    }
    return { agreements, deliver }
  }
  const isSealed = (count: number) => market.records().length === count

  it('takes some at a time, with what came meanwhile, and lets the older log go behind the last', () => {
    const { agreements, deliver } = busy(2 * SEAL_TABS_MIN + 1)
    deliver(1)
    market.meter.beginSealing()
    deliver(2)
    assert.deepEqual([market.records().length, hasOlder()], [0, true])
    for (const sealed of [SEAL_TABS_MIN, 2 * SEAL_TABS_MIN]) {
      market.meter.sealSome()
      assert.ok(isSealed(sealed) && hasOlder())
    }
    market.meter.sealSome()
    assert.ok(isSealed(2 * SEAL_TABS_MIN + 1) && !hasOlder())
    assert.deepEqual(market.balance('owner:own_a') + market.balance('platform'), BigInt(2 * 2 * agreements.length))
    market.meter.sealSome()
    assert.ok(isSealed(2 * SEAL_TABS_MIN + 1), 'there is no more in the round')
  })

  it('is over after so many steps, however many agreements there are', () => {
    assert.deepEqual([1, SEAL_STEPS * SEAL_TABS_MIN, SEAL_STEPS * SEAL_TABS_MIN + 1, 100_000].map(tabsAtATime), [SEAL_TABS_MIN, SEAL_TABS_MIN, SEAL_TABS_MIN + 1, 334])
  })

  for (const steps of [0, 1, 2, 3]) {
    it(`forgets nothing and books nothing twice when it is killed behind ${steps} steps`, () => {
      const { agreements, deliver } = busy(2 * SEAL_TABS_MIN + 1)
      deliver(1)
      market.meter.beginSealing()
      for (let n = 0; n < steps; n++) {
        deliver(2 + n)
        market.meter.sealSome()
      }
      deliver(9)
      market.reopen('kill')
      assert.ok(agreements.every(agreement => market.usageOf(agreement).messages === steps + 2))
      assert.deepEqual([market.balance('owner:own_a') + market.balance('platform'), hasOlder()], [BigInt(agreements.length * (steps + 2) * 2), false])
    })
  }

  it('keeps the older log while somebody in it is not sealed, though others are by themselves', () => {
    const one = busy(1), other = busy(1, 'sub_b')
    one.deliver(1)
    other.deliver(1)
    market.meter.beginSealing()
    market.meter.sealOf('sub_a')
    assert.ok(isSealed(1) && hasOlder())
    market.reopen('kill')
    assert.equal(market.usageOf(other.agreements[0]!).messages, 1)
    one.deliver(2)
    market.meter.beginSealing()
    market.meter.sealOf('sub_a')
    assert.ok(!hasOlder(), 'nobody was left')
  })

  it('uses no number again, though the power took what was written behind it', () => {
    const { agreements: [agreement], deliver } = busy(1)
    deliver(1)
    market.meter.beginSealing()
    for (let position = 2; position < 6; position++) deliver(position)
    market.meter.sealSome()
    truncateSync(market.logPath, 0)
    market.reopen('kill')
    deliver(6)
    market.reopen('kill')
    assert.equal(market.usageOf(agreement!).messages, 6)
  })

  it('that could not be written down goes on when the next one would begin, and loses nothing', () => {
    const { agreements, deliver } = busy(3)
    deliver(1)
    market.meter.beginSealing()
    market.database.exec("CREATE TRIGGER full BEFORE INSERT ON usage_records BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    assert.throws(() => market.meter.sealSome(), /disk full/)
    market.meter.sealSome()
    market.database.exec('DROP TRIGGER full')
    market.meter.sealSome()
    assert.ok(isSealed(0) && hasOlder())
    deliver(2)
    market.meter.beginSealing()
    market.meter.sealSome()
    assert.ok(isSealed(3) && !hasOlder())
    assert.ok(agreements.every(agreement => market.usageOf(agreement).messages === 2))
  })
})
