import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Agreement } from '#gateway/market/agreement.ts'
import { UNITS, type Unit } from '#gateway/market/offers.ts'
import { Market, OWNERS, SUBSCRIBERS } from '#test/support/market.ts'

const CURRENCIES = ['EUR', 'CHF'] as const
const SIZES: Record<Unit, bigint> = { message: 1n, second: 1n, period: 1n, kB: 1_000n }

/** What the rules say, kept by the simplest means: sets, sums, and no clever shortcut. */
class Oracle {
  readonly agreement: Agreement
  readonly delivered = new Set<number>()
  /** Of the usage record that is open: what the unit counts. */
  open = 0n
  /** Paid by records that are closed. */
  paid = 0n
  platform = 0n
  isSuspended = false
  isEnded = false
  /** It is in a round of sealing. */
  isDue = false

  constructor(agreement: Agreement) { this.agreement = agreement }

  get openAmount(): bigint { return this.#cost(this.open) }

  /** Whether a message is to go out, and whether it is paid for if so. */
  charge(position: number, bytes: number): boolean {
    if (this.isEnded || this.isSuspended) return false
    if (this.delivered.has(position)) return true
    const more = this.agreement.offer.unit === 'kB' ? BigInt(bytes) : 1n
    if (this.paid + this.#cost(this.open + more) > this.agreement.budget) { this.isSuspended = true; return false }
    this.delivered.add(position)
    this.open += more
    return true
  }

  close(platformPercent: number): void {
    this.platform += this.openAmount * BigInt(platformPercent) / 100n
    this.paid += this.openAmount
    this.open = 0n
    this.isDue = false
  }

  #cost(quantity: bigint): bigint {
    const { price, unit } = this.agreement.offer, exact = price * quantity, size = SIZES[unit]
    return exact % size === 0n ? exact / size : exact / size + 1n
  }
}

type Step =
  | { readonly agree: {
    readonly price: bigint, readonly unit: Unit, readonly currency: string, readonly owner: number, readonly subscriber: number,
    readonly budget: bigint,
  } }
  | { readonly turn: readonly { readonly agreement: number, readonly position: number, readonly count: number, readonly bytes: number }[] }
  | { readonly end: number } | { readonly connect: number } | { readonly disconnect: number } | { readonly pass: number }
  | { readonly seal: true } | { readonly sealOf: number } | { readonly round: 'begin' | 'go on' } | { readonly reopen: 'stop' | 'kill' } | { readonly lose: true }

const price = fc.oneof(fc.constant(0n), fc.bigInt(1n, 50n), fc.bigInt(1n, 10n ** 18n - 1n))
const agree = (units: readonly Unit[]) => fc.record({
  agree: fc.record({
    price, unit: fc.constantFrom(...units), currency: fc.constantFrom(...CURRENCIES), owner: fc.nat(1), subscriber: fc.nat(1),
    budget: fc.oneof(fc.bigInt(0n, 2_000n), fc.bigInt(0n, 10n ** 18n - 1n)),
  }),
})
const turn = fc.record({
  turn: fc.array(fc.record({
    agreement: fc.nat(7), position: fc.integer({ min: 1, max: 60 }), count: fc.integer({ min: 1, max: 8 }), bytes: fc.nat(3_000),
  }), { minLength: 1, maxLength: 4 }),
})
const common = [
  fc.record({ end: fc.nat(7) }), fc.constant({ seal: true as const }), fc.record({ sealOf: fc.nat(1) }),
  fc.record({ round: fc.constantFrom('begin' as const, 'go on' as const) }),
  fc.record({ reopen: fc.constantFrom('stop' as const, 'kill' as const) }), fc.constant({ lose: true as const }),
]
const time = [
  fc.record({ connect: fc.nat(7) }), fc.record({ disconnect: fc.nat(7) }), fc.record({ pass: fc.integer({ min: -10_000, max: 20_000 }) }),
]

/** Runs a random life of a market, and calls `check` after every step. */
class Run {
  readonly market = new Market(10)
  readonly oracles: Oracle[] = []

  step(step: Step): void {
    if ('agree' in step) this.#agree(step.agree)
    else if ('turn' in step) this.#turn(step.turn)
    else if ('end' in step) this.#end(this.#chosen(step.end))
    else if ('connect' in step) this.#withAgreement(step.connect, ({ id }) => this.market.meter.connected(id))
    else if ('disconnect' in step) this.#withAgreement(step.disconnect, ({ id }) => this.market.meter.disconnected(id))
    else if ('pass' in step) this.#pass(step.pass)
    else if ('seal' in step) this.#sealed(() => this.market.meter.seal())
    else if ('sealOf' in step) this.#sealOf(SUBSCRIBERS[step.sealOf]!)
    else if ('round' in step) this.#round(step.round)
    else if ('reopen' in step) this.#reopen(step.reopen)
    else this.#lose()
  }

  #agree({ owner, subscriber, budget, unit, ...terms }: Extract<Step, { agree: unknown }>['agree']): void {
    const { market } = this, offer = market.offer({ ...terms, unit, ...(unit === 'period' && { period: 'PT5S' }) }, OWNERS[owner])
    const make = () => market.agreements.agree(SUBSCRIBERS[subscriber]!, { offerId: offer.id, purpose: 'dpv:Marketing', budget })
    if (budget < offer.price) assert.throws(make, { code: 'BAD_REQUEST' })
    else this.oracles.push(new Oracle(make()))
  }

  /** What the network does in one turn of the loop: charge, commit, hand over. */
  #turn(runs: Extract<Step, { turn: unknown }>['turn']): void {
    for (const { agreement, position, count, bytes } of runs) {
      const oracle = this.#chosen(agreement)
      for (let n = 0; oracle && n < count; n++) {
        const isDelivered = this.market.meter.charge(this.market.meter.accountOf(oracle.agreement.id), position + n, bytes)
        if (isTimed(oracle)) { if (isDelivered) oracle.delivered.add(position + n) }
        else assert.equal(isDelivered, oracle.charge(position + n, bytes))
      }
    }
    this.market.meter.commit()
  }

  #end(oracle: Oracle | undefined): void {
    if (oracle === undefined) return
    const end = () => this.market.agreements.end(oracle.agreement.subscriberId, oracle.agreement.id)
    if (oracle.isEnded) end()
    else this.#sealed(end, one => one === oracle)
    oracle.isEnded = true
  }

  #pass(milliseconds: number): void {
    this.market.clock.turn(milliseconds)
    this.market.meter.tick()
  }

  #reopen(how: 'stop' | 'kill'): void {
    this.market.meter.commit()
    const before = SUBSCRIBERS.map(id => this.market.meter.usage(id))
    this.#sealed(() => this.market.reopen(how))
    assert.deepEqual(SUBSCRIBERS.map(id => this.market.meter.usage(id)), before)
  }

  /** Charged, and killed before it could be committed or handed over: it never was. */
  #lose(): void {
    this.market.meter.commit()
    const before = SUBSCRIBERS.map(id => this.market.meter.usage(id))
    for (const { agreement } of this.oracles) this.market.charge(agreement, [1, 3, 4, 50, 51, 52, 70], 10)
    this.#sealed(() => this.market.reopen('kill'))
    assert.deepEqual(SUBSCRIBERS.map(id => this.market.meter.usage(id)), before)
  }

  #sealOf(partyId: string): void {
    this.#sealed(() => this.market.meter.sealOf(partyId), ({ agreement }) => agreement.subscriberId === partyId)
  }

  /** What had something to be sealed when it began is sealed when it goes on, with what came since. */
  #round(how: 'begin' | 'go on'): void {
    if (how === 'go on') return this.#sealed(() => this.market.meter.sealSome(), ({ isDue }) => isDue)
    const isOn = this.oracles.some(({ isDue }) => isDue)
    this.market.meter.beginSealing()
    if (!isOn) for (const oracle of this.oracles) oracle.isDue = oracle.open > 0n
  }

  #sealed(work: () => unknown, fits: (oracle: Oracle) => boolean = () => true): void {
    work()
    for (const oracle of this.oracles) if (fits(oracle)) oracle.close(this.market.platformPercent)
  }

  #chosen(n: number): Oracle | undefined { return this.oracles[n % (this.oracles.length || 1)] }
  #withAgreement(n: number, work: (agreement: Agreement) => void): void {
    const oracle = this.#chosen(n)
    if (oracle) work(oracle.agreement)
  }

  /** What holds at every moment, whatever the unit. */
  checkAlways(): void {
    const { ledger } = this.market
    for (const [currency, sum] of Object.entries(ledger.sums())) assert.equal(sum, 0n, currency)
    for (const { account, amount } of ledger.balances()) assert.ok(amount >= 0n || account.startsWith('external:'), account)
    for (const { agreement, delivered, isEnded } of this.oracles) {
      const usage = this.market.usageOf(agreement)
      assert.equal(usage.messages, delivered.size, 'billed is what was delivered, each once')
      assert.ok(usage.amount <= agreement.budget, 'never more than the budget')
      assert.equal(usage.left, isEnded ? 0n : agreement.budget - usage.amount)
      assert.ok(this.market.meter.highestPosition('s1') >= Math.max(0, ...delivered))
    }
  }

  /** What the oracle says of messages and kilobytes, to the micro-unit. */
  checkAmounts(): void {
    const expected = new Map<string, bigint>()
    const add = (account: string, currency: string, amount: bigint) => expected.set(
      `${account} ${currency}`, (expected.get(`${account} ${currency}`) ?? 0n) + amount)
    for (const {
      agreement: { id, budget, subscriberId, offer: { ownerId, currency } }, paid, platform, openAmount, isEnded, agreement, isSuspended,
    } of this.oracles) {
      assert.equal(this.market.usageOf(agreement).amount, paid + openAmount)
      assert.equal(this.market.isSuspended(agreement), isSuspended)
      add('platform', currency, platform)
      add(`owner:${ownerId}`, currency, paid - platform)
      add(`reserved:${id}`, currency, isEnded ? 0n : budget - paid)
      add(`external:${subscriberId}`, currency, isEnded ? -paid : -budget)
    }
    for (const [key, amount] of expected) assert.equal(this.market.balance(...key.split(' ') as [string, string]), amount, key)
    assert.ok(this.market.ledger.balances().every(({ account, currency }) => expected.has(`${account} ${currency}`)))
  }

  /** Every delivered position is on disk in a range once all is sealed, and nothing else. */
  checkRanges(): void {
    this.#sealed(() => this.market.meter.seal())
    for (const { agreement, delivered } of this.oracles) {
      const positions = this.market.rangesOf(agreement).flatMap(([first, last]) => Array.from(
        { length: Number(last) - Number(first) + 1 }, (_, n) => Number(first) + n))
      assert.deepEqual(positions, [...delivered].sort((a, b) => a - b))
    }
  }
}

const isTimed = ({ agreement: { offer: { unit } } }: Oracle) => unit === 'second' || unit === 'period'

function live(steps: readonly Step[], check: (run: Run) => void): void {
  const run = new Run()
  try {
    for (const step of steps) {
      run.step(step)
      run.checkAlways()
      check(run)
    }
    run.checkRanges()
    check(run)
  } finally {
    run.market.close()
  }
}

describe('Money, whatever is agreed, delivered, sealed, ended, stopped and killed', function () {
  this.timeout(120_000)

  it('is to the micro-unit what the rules say, for messages and kilobytes', () => {
    const steps = fc.array(fc.oneof(
      { weight: 2, arbitrary: agree(['message', 'kB']) }, { weight: 6, arbitrary: turn },
      ...common.map(arbitrary => ({ weight: 1, arbitrary }))), { minLength: 3, maxLength: 30 })
    fc.assert(fc.property(steps, life => live(life, run => run.checkAmounts())), { numRuns: 100 })
  })

  it('is never lost, overdrawn or charged twice, for all units and a clock that is turned', () => {
    const steps = fc.array(fc.oneof(
      { weight: 2, arbitrary: agree(UNITS) }, { weight: 4, arbitrary: turn },
      ...[...common, ...time].map(arbitrary => ({ weight: 1, arbitrary }))), { minLength: 3, maxLength: 30 })
    fc.assert(fc.property(steps, life => live(life, () => {})), { numRuns: 100 })
  })

  it('buys with a budget for n messages exactly n, each once, through any stops and kills', () => {
    const pause = fc.constantFrom('stop' as const, 'kill' as const, 'seal' as const, 'none' as const)
    const pauses = fc.array(pause, { minLength: 30, maxLength: 30 })
    fc.assert(fc.property(fc.nat(25), fc.bigInt(1n, 10n ** 12n), pauses, (n, each, breaks) => {
      const market = new Market(), agreement = market.agree({ price: each }, each * BigInt(n + 1) - 1n + (n === 0 ? 1n : 0n))
      const most = n === 0 ? 1 : n, delivered: number[] = []
      for (const [turn, how] of breaks.entries()) {
        if (market.meter.charge(market.meter.accountOf(agreement.id), turn + 1, 50)) delivered.push(turn + 1)
        market.meter.commit()
        if (how === 'seal') market.meter.seal()
        else if (how !== 'none') market.reopen(how)
      }
      assert.deepEqual(delivered, Array.from({ length: most }, (_, at) => at + 1))
      market.meter.seal()
      assert.deepEqual(
        [market.usageOf(agreement).messages, market.rangesOf(agreement), market.balance('owner:own_a') + market.balance('platform')],
        [most, [[1, most]], each * BigInt(most)])
      market.close()
    }), { numRuns: 20 })
  })

  it('for seconds is the price of each in which somebody was connected, as far as the budget goes', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ pass: fc.integer({ min: 0, max: 3_000 }) }) },
      fc.record({ connect: fc.boolean() }), fc.constant({ seal: true }), fc.constant({ reopen: true }))
    fc.assert(fc.property(fc.integer({ min: 1, max: 12 }), fc.array(step, { maxLength: 40 }), (covered, steps) => {
      const market = new Market(), agreement = market.agree({ unit: 'second', price: 7n }, 7n * BigInt(covered) + 6n)
      const seconds = new Set<number>(), now = () => Math.floor(market.clock.now() / 1_000)
      let connections = 0
      const isCovered = () => seconds.size <= covered
      for (const one of steps) {
        if ('pass' in one) {
          const before = now()
          market.clock.turn(one.pass)
          for (let second = before + 1; connections > 0 && second <= now(); second++) seconds.add(second)
          market.meter.tick()
          if (!isCovered()) connections = 0
        } else if ('connect' in one && one.connect) {
          if (isCovered()) seconds.add(now())
          const isConnected = market.meter.connected(agreement.id)
          assert.equal(isConnected, isCovered())
          if (isConnected) connections++
        } else if ('connect' in one) {
          if (connections > 0) { market.meter.disconnected(agreement.id); connections-- }
        } else if ('seal' in one) market.meter.seal()
        else {
          market.meter.commit()
          market.reopen('kill')
          connections = 0
        }
        assert.equal(market.usageOf(agreement).seconds, Math.min(seconds.size, covered))
        assert.equal(market.isSuspended(agreement), !isCovered())
      }
      market.close()
    }), { numRuns: 60 })
  })
})
