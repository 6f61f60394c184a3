import assert from 'node:assert/strict'
import type { Agreement } from '#gateway/market/agreement.ts'
import { Market } from '#test/support/market.ts'

const DAY_MS = 86_400_000

describe('The meter of time', () => {
  let market: Market
  beforeEach(() => { market = new Market() })
  afterEach(() => market.close())

  describe('of seconds', () => {
    const connect = (agreement: Agreement) => market.meter.connected(agreement.id)
    const later = (milliseconds: number) => {
      market.clock.turn(milliseconds)
      market.meter.tick()
    }
    const perSecond = (budget = 1_000_000n) => market.agree({ unit: 'second', price: 10n }, budget)

    it('counts each that has begun while there was a connection, by the clock on the wall', () => {
      const agreement = perSecond()
      later(900)
      assert.equal(market.figuresOf(agreement).seconds, 0)
      connect(agreement)
      assert.equal(market.figuresOf(agreement).seconds, 1)
      later(99)
      assert.equal(market.figuresOf(agreement).seconds, 1)
      later(1)
      assert.equal(market.figuresOf(agreement).seconds, 2)
      later(3_000)
      assert.equal(market.figuresOf(agreement).seconds, 5, 'a tick that comes late counts those that it missed')
      market.clock.turn(1_000)
      market.meter.disconnected(agreement.id)
      assert.equal(market.figuresOf(agreement).seconds, 6, 'the second that it ended in had begun')
      later(5_000)
      assert.deepEqual(market.figuresOf(agreement), { messages: 0, bytes: 0, seconds: 6, periods: 0, amount: 60n, left: 999_940n })
    })

    it('counts one for many connections at a time, and none for coming back within it', () => {
      const agreement = perSecond()
      connect(agreement)
      connect(agreement)
      market.meter.disconnected(agreement.id)
      market.meter.disconnected(agreement.id)
      market.meter.disconnected(agreement.id)
      connect(agreement)
      assert.equal(market.figuresOf(agreement).seconds, 1)
      later(1_000)
      assert.equal(market.figuresOf(agreement).seconds, 2)
      market.meter.disconnected(agreement.id)
      market.clock.turn(3_000)
      connect(agreement)
      assert.equal(market.figuresOf(agreement).seconds, 3, 'those between two connections are not counted')
    })

    for (const how of ['stop', 'kill'] as const) {
      it(`counts none for coming back within it after a ${how}`, () => {
        const agreement = perSecond()
        connect(agreement)
        market.meter.seal()
        later(1_000)
        market.meter.commit()
        market.reopen(how)
        connect(agreement)
        assert.equal(market.figuresOf(agreement).seconds, 2)
      })
    }

    it('suspends when the next one is not covered, told once, and connects nobody then', () => {
      const agreement = perSecond(25n)
      connect(agreement)
      later(1_000)
      assert.deepEqual([market.figuresOf(agreement).seconds, market.isSuspended(agreement)], [2, false])
      later(1_000)
      assert.deepEqual(
        [market.figuresOf(agreement).seconds, market.figuresOf(agreement).left, market.isSuspended(agreement), market.changed.length],
        [2, 5n, true, 2])
      later(1_000)
      market.meter.disconnected(agreement.id)
      assert.deepEqual([connect(agreement), market.figuresOf(agreement).seconds, market.changed.length], [false, 2, 2])
    })

    it('counts those that the budget covers when a tick comes late', () => {
      const agreement = perSecond(30n)
      connect(agreement)
      later(4_000)
      assert.deepEqual([market.figuresOf(agreement).seconds, market.isSuspended(agreement)], [3, true])
    })

    it('does not connect when the first is not covered', () => {
      const agreement = perSecond(10n)
      connect(agreement)
      market.meter.disconnected(agreement.id)
      market.clock.turn(1_000)
      assert.deepEqual([connect(agreement), market.isSuspended(agreement)], [false, true])
    })

    it('delivers nothing in a second that is not covered, however late the tick is', () => {
      const agreement = perSecond(20n)
      connect(agreement)
      assert.deepEqual(market.charge(agreement, [1]), [true])
      market.clock.turn(1_000)
      assert.deepEqual(market.charge(agreement, [2, 3]), [true, true])
      market.clock.turn(1_000)
      assert.deepEqual(market.charge(agreement, [4]), [false])
      assert.deepEqual([market.figuresOf(agreement).messages, market.figuresOf(agreement).seconds], [3, 2])
    })

    it('takes one second for a clock that was turned, ahead or back, and goes on by it', () => {
      for (const turn of [3_600_000, -3_600_000, 400 * DAY_MS, -400 * DAY_MS]) {
        const agreement = perSecond()
        connect(agreement)
        later(turn)
        assert.equal(market.figuresOf(agreement).seconds, 2, `turned by ${turn} ms`)
        later(1_000)
        assert.equal(market.figuresOf(agreement).seconds, 3)
        market.meter.disconnected(agreement.id)
      }
    })

    it('counts a second once that a clock set back a little comes by again', () => {
      const agreement = perSecond()
      connect(agreement)
      later(2_000)
      later(-2_000)
      later(1_000)
      later(1_000)
      assert.equal(market.figuresOf(agreement).seconds, 3)
      later(1_000)
      assert.equal(market.figuresOf(agreement).seconds, 4)
    })

    it('has them paid up to the moment when the agreement ends', () => {
      const agreement = perSecond()
      connect(agreement)
      market.clock.turn(2_500)
      market.agreements.end('sub_a', agreement.id)
      assert.deepEqual([market.figuresOf(agreement).seconds, market.balance('external:sub_a')], [3, -30n])
      market.meter.disconnected(agreement.id)
      later(1_000)
      assert.equal(market.figuresOf(agreement).seconds, 3)
    })

    it('knows that the last one was not covered of an agreement that ends in it', () => {
      const agreement = perSecond(10n)
      connect(agreement)
      market.clock.turn(1_000)
      const ended = market.agreements.end('sub_a', agreement.id)
      assert.deepEqual([ended.exhaustedAt, ended.endedAt], [market.clock.now(), market.clock.now()])
      market.reopen('stop')
      assert.deepEqual(market.agreements.get(agreement.id), ended)
    })
  })

  describe('of periods', () => {
    const monthly = (budget = 1_000_000n) => market.agree({ unit: 'period', period: 'P1M', price: 100n }, budget)
    const at = (time: string) => {
      market.clock.turn(Date.parse(time) - market.clock.now())
      market.meter.tick()
    }

    it('takes one at its start, each when the one before ends, on the day of the first', () => {
      at('2027-01-31T10:00:00Z')
      const agreement = monthly()
      market.meter.tick()
      market.meter.tick()
      const taken = [
        '2027-02-28T09:59:59Z', '2027-02-28T10:00:00.900Z', '2027-03-31T09:59:59Z', '2027-03-31T10:00:00.200Z', '2027-04-30T10:00:00Z',
      ].map(time => {
        at(time)
        return market.figuresOf(agreement).periods
      })
      assert.deepEqual(taken, [1, 2, 2, 3, 4])
    })

    it('takes the first when it is in force first, and none while it is not', () => {
      let isActive = false
      market.meter.isActive = ({ id }) => isActive && id === agreement.id
      const agreement = monthly()
      at('2027-01-31T10:00:00Z')
      assert.equal(market.figuresOf(agreement).periods, 0)
      isActive = true
      at('2027-02-15T10:00:00Z')
      assert.equal(market.figuresOf(agreement).periods, 1)
      isActive = false
      at('2027-04-10T00:00:00Z')
      assert.equal(market.figuresOf(agreement).periods, 1)
      isActive = true
      at('2027-04-10T00:00:01Z')
      assert.equal(market.figuresOf(agreement).periods, 2)
      at('2027-05-10T00:00:00Z')
      assert.equal(market.figuresOf(agreement).periods, 2, 'the second one began when it was in force again')
      at('2027-05-10T00:00:01Z')
      assert.equal(market.figuresOf(agreement).periods, 3)
    })

    for (const how of ['stop', 'kill'] as const) {
      it(`takes none twice after a ${how}, and one only for the time that the gateway stood`, () => {
        const agreement = monthly()
        at('2027-01-10T00:00:00Z')
        market.meter.commit()
        market.reopen(how)
        at('2027-01-20T00:00:00Z')
        assert.equal(market.figuresOf(agreement).periods, 1)
        market.meter.commit()
        market.reopen(how)
        at('2027-06-20T00:00:00Z')
        market.meter.commit()
        assert.equal(market.figuresOf(agreement).periods, 2)
        market.reopen(how)
        at('2027-07-19T23:59:59Z')
        assert.equal(market.figuresOf(agreement).periods, 2)
        at('2027-07-20T00:00:00Z')
        assert.equal(market.figuresOf(agreement).periods, 3)
      })
    }

    it('takes one only when the machine slept through many', () => {
      const agreement = monthly()
      at('2027-01-10T00:00:00Z')
      at('2028-01-10T00:00:00Z')
      market.meter.tick()
      assert.equal(market.figuresOf(agreement).periods, 2)
    })

    it('takes none again when the clock was turned back', () => {
      const agreement = monthly()
      for (const time of ['2027-01-10T00:00:00Z', '2027-01-01T00:00:00Z', '2020-01-01T00:00:00Z', '2027-01-10T00:00:01Z']) at(time)
      assert.equal(market.figuresOf(agreement).periods, 1)
    })

    it('takes the one that has begun before the first message of it, not waiting for the tick', () => {
      const agreement = monthly(150n)
      assert.deepEqual([market.charge(agreement, [1, 2]), market.figuresOf(agreement).periods], [[true, true], 1])
      market.clock.turn(31 * DAY_MS)
      assert.deepEqual(
        [market.charge(agreement, [3]), market.charge(agreement, [1]), market.isSuspended(agreement)], [[false], [false], true])
      assert.deepEqual(market.figuresOf(agreement), { messages: 2, bytes: 200, seconds: 0, periods: 1, amount: 100n, left: 50n })
    })

    it('suspends when the next one is not covered, whether somebody listens or not', () => {
      const agreement = monthly(299n)
      for (const time of ['2027-01-10T00:00:00Z', '2027-02-10T00:00:00Z', '2027-03-10T00:00:00Z', '2027-04-10T00:00:00Z']) at(time)
      assert.deepEqual(
        [market.figuresOf(agreement).periods, market.isSuspended(agreement), market.meter.connected(agreement.id)], [2, true, false])
      market.reopen('stop')
      at('2027-09-10T00:00:00Z')
      assert.equal(market.figuresOf(agreement).periods, 2)
    })

    it('takes none for an agreement that has ended', () => {
      const agreement = monthly()
      market.meter.tick()
      market.agreements.end('sub_a', agreement.id)
      at('2027-06-10T00:00:00Z')
      market.reopen('stop')
      at('2027-09-10T00:00:00Z')
      assert.deepEqual([market.figuresOf(agreement).periods, market.balance('external:sub_a')], [1, -100n])
    })
  })
})
