import assert from 'node:assert/strict'
import fc from 'fast-check'
import { accounts, Ledger, type Posting } from '#gateway/market/ledger.ts'
import { Market } from '#test/support/market.ts'

const EUR = 'EUR'
const pay = (from: string, to: string, amount: bigint, currency = EUR): Posting[] => [
  { account: from, currency, amount: -amount }, { account: to, currency, amount },
]

describe('The ledger', () => {
  let market: Market
  beforeEach(() => { market = new Market() })
  afterEach(() => market.close())
  const again = () => new Ledger(market.database, market.clock)

  it('moves what is transferred from one account to another, also for the next start', () => {
    const { ledger } = market
    assert.equal(ledger.transfer('t1', 'test', pay('external:a', 'reserved:x', 100n)), true)
    ledger.transfer('t2', 'test', [...pay('reserved:x', 'platform', 30n), ...pay('external:a', 'owner:o', 5n, 'CHF')])
    for (const books of [ledger, again()]) {
      assert.deepEqual(books.balances(), [
        { account: 'external:a', currency: 'CHF', amount: -5n }, { account: 'external:a', currency: EUR, amount: -100n },
        { account: 'owner:o', currency: 'CHF', amount: 5n },
        { account: 'platform', currency: EUR, amount: 30n }, { account: 'reserved:x', currency: EUR, amount: 70n },
      ])
      assert.deepEqual([books.sums(), books.entries(), books.balance('platform', 'CHF')], [{ CHF: 0n, EUR: 0n }, 6, 0n])
    }
  })

  it('counts a transfer once, however often it is posted', () => {
    const { ledger } = market, transfer = () => ledger.transfer('t1', 'test', pay('external:a', 'platform', 100n))
    assert.deepEqual([transfer(), transfer(), again().transfer('t1', 'test', pay('external:a', 'platform', 1n))], [true, false, false])
    assert.deepEqual([ledger.balance('platform', EUR), ledger.entries()], [100n, 2])
  })

  it('takes no transfer that does not sum to zero in each currency', () => {
    const bad: Posting[][] = [
      [{ account: 'external:a', currency: EUR, amount: 1n }],
      [...pay('external:a', 'platform', 1n), { account: 'platform', currency: EUR, amount: 1n }],
      [{ account: 'external:a', currency: EUR, amount: -1n }, { account: 'platform', currency: 'CHF', amount: 1n }],
    ]
    for (const postings of bad) assert.throws(() => market.ledger.transfer('t1', 'test', postings), /must to zero/)
    assert.deepEqual(
      [market.ledger.entries(), again().entries(), market.ledger.transfer('t1', 'test', pay('external:a', 'platform', 1n))], [0, 0, true])
  })

  it('lets no account fall below zero but those outside', () => {
    const { ledger } = market
    ledger.transfer('t1', 'test', pay('external:a', 'reserved:x', 10n))
    for (const account of ['reserved:x', 'platform', 'owner:o', 'externality']) assert.throws(
      () => ledger.transfer('t2', 'test', pay(account, 'external:a', 11n)), { code: 'CONFLICT' })
    ledger.transfer('t2', 'test', pay('reserved:x', 'external:a', 10n))
    assert.equal(ledger.balance('reserved:x', EUR), 0n)
  })

  it('sees what one transaction has moved already', () => {
    market.ledger.transact(post => {
      post({ id: 't1', reason: 'test', postings: pay('external:a', 'reserved:x', 10n) })
      post({ id: 't2', reason: 'test', postings: pay('reserved:x', 'platform', 10n) })
      assert.throws(() => post({ id: 't3', reason: 'test', postings: pay('reserved:x', 'platform', 1n) }), { code: 'CONFLICT' })
    })
    assert.equal(again().balance('platform', EUR), 10n)
  })

  it('knows nothing of a transaction that failed', () => {
    const { ledger } = market
    assert.throws(() => ledger.transact(post => {
      post({ id: 't1', reason: 'test', postings: pay('external:a', 'platform', 10n) })
      throw new Error('disk full')
    }), /disk full/)
    assert.deepEqual([ledger.balances(), ledger.entries(), again().balances()], [[], 0, []])
    assert.equal(ledger.transfer('t1', 'test', pay('external:a', 'platform', 10n)), true)
  })

  it('writes one posting for each account, and none of nothing', () => {
    market.ledger.transfer('t1', 'test', [
      ...pay('external:a', 'platform', 1n), ...pay('external:a', 'platform', 2n), ...pay('external:a', 'owner:o', 0n),
      ...pay('owner:p', 'owner:p', 5n),
    ])
    assert.deepEqual(
      market.database.prepare('SELECT account, amount FROM postings').all().map(row => ({ ...row })),
      [{ account: 'external:a', amount: -3 }, { account: 'platform', amount: 3 }])
  })

  it('holds sums that no 64 bits hold', () => {
    const most = 10n ** 18n - 1n
    for (let n = 0; n < 20; n++) market.ledger.transfer(`t${n}`, 'test', pay('external:a', 'platform', most))
    for (const books of [market.ledger, again()]) assert.equal(books.balance('platform', EUR), 20n * most)
  })

  it('has balances that are the sums of its postings, whatever was transferred and refused', () => {
    const account = fc.constantFrom(
      accounts.external('a'), accounts.external('b'), accounts.reserved('x'), accounts.owner('o'), accounts.platform)
    const transfer = fc.record({
      id: fc.nat(30), currency: fc.constantFrom(EUR, 'CHF'), from: account, to: account, amount: fc.bigInt(0n, 10n ** 18n - 1n),
    })
    fc.assert(fc.property(fc.array(transfer, { maxLength: 20 }), transfers => {
      for (const { id, from, to, amount, currency } of transfers) {
        try {
          market.ledger.transfer(`t${id}`, 'test', pay(from, to, amount, currency))
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'CONFLICT')
        }
      }
      const sums = new Map<string, bigint>(), postings = market.database.prepare('SELECT account, currency, amount FROM postings')
      postings.setReadBigInts(true)
      for (const { account, currency, amount } of postings.all() as unknown as Posting[]) sums.set(
        `${account} ${currency}`, (sums.get(`${account} ${currency}`) ?? 0n) + amount)
      for (const books of [market.ledger, again()]) {
        assert.deepEqual(
          new Map(books.balances().map(({ account, currency, amount }) => [`${account} ${currency}`, amount])),
          new Map([...sums].sort(([a], [b]) => a < b ? -1 : 1)))
        for (const { account, amount } of books.balances()) assert.ok(amount >= 0n || account.startsWith('external:'))
        for (const sum of Object.values(books.sums())) assert.equal(sum, 0n)
      }
    }), { numRuns: 50 })
  })
})
