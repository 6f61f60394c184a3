import assert from 'node:assert/strict'
import { AMOUNT_MAX } from '#gateway/market/amount.ts'
import { Agreements, AGREEMENTS_PER_STREAM_MAX } from '#gateway/market/agreements.ts'
import { Market } from '#test/support/market.ts'

describe('Agreements', () => {
  let market: Market
  beforeEach(() => { market = new Market() })
  afterEach(() => market.close())
  const again = () => new Agreements({
    database: market.database, clock: market.clock, offers: market.offers, ledger: market.ledger, onChange: () => {},
  })

  it('reserve their budget, and are told before they are answered', () => {
    const offer = market.offer(), purpose = 'https://w3id.org/dpv#ServiceProvision'
    const agreement = market.agreements.agree('sub_a', { offerId: offer.id, purpose, budget: 5_000n })
    assert.deepEqual(
      agreement,
      { id: agreement.id, offer, subscriberId: 'sub_a', purpose: 'dpv:ServiceProvision', budget: 5_000n, startedAt: market.clock.now() })
    assert.match(agreement.id, /^agr_[a-z2-7]{26}$/)
    assert.deepEqual(
      [market.balance('external:sub_a'), market.balance(`reserved:${agreement.id}`), market.changed], [-5_000n, 5_000n, ['s1']])
    for (const agreements of [market.agreements, again()]) {
      assert.deepEqual(
        [agreements.get(agreement.id), agreements.list('sub_a'), agreements.list('sub_b'), agreements.on('s1'), agreements.on('s2')],
        [agreement, [agreement], [], [agreement], []])
    }
  })

  it('are to what the offer says of exactness, in memory, after a restart and in the transparency log', () => {
    const transforms = ['a=round:0.5', '*=sample:900'], [exact, coarse] = [{}, { transforms }].map(more => market.agreements.agree('sub_a', { offerId: market.offer({ price: 0n, ...more }).id, purpose: 'dpv:Marketing' }))
    assert.deepEqual([again().get(coarse!.id)!.offer.transforms, again().get(exact!.id)!.offer.transforms], [transforms, undefined])
    const logged = market.database.prepare("SELECT payload FROM transparency_payloads WHERE payload LIKE '%agreement%' ORDER BY number").all().map(({ payload }) => String(payload))
    assert.deepEqual(logged.map(payload => payload.includes(JSON.stringify(transforms))), [false, true])
  })

  it('are for a purpose that the offer names, if it names any', () => {
    const { id: offerId } = market.offer({ price: 0n, purposes: ['dpv:ServiceProvision', 'urn:x:y'] })
    const agree = (purpose: string) => market.agreements.agree('sub_a', { offerId, purpose })
    assert.throws(() => agree('dpv:Marketing'), { code: 'PURPOSE_MISMATCH' })
    assert.throws(() => agree('Marketing'), { code: 'BAD_REQUEST' })
    assert.equal(agree('https://w3id.org/dpv#ServiceProvision').purpose, 'dpv:ServiceProvision')
    assert.equal(agree('urn:x:y').purpose, 'urn:x:y')
    assert.equal(market.agree({ price: 0n }).purpose, 'dpv:ServiceProvision')
  })

  it('have a budget that pays for one unit, and none where nothing is to be paid', () => {
    assert.equal(market.agree({ price: 10n }, 10n).budget, 10n)
    assert.equal(market.agree({ price: 0n }, 10n).budget, 0n)
    for (const budget of [undefined, 0n, 9n, -10n, AMOUNT_MAX + 1n]) {
      assert.throws(
        () => market.agreements.agree('sub_a', { offerId: market.offer({ price: 10n }).id, purpose: 'dpv:Marketing', budget }),
        { code: 'BAD_REQUEST' })
    }
    assert.deepEqual([market.balance('external:sub_a'), market.agreements.list('sub_a').length], [-10n, 2])
  })

  it('are not made under an offer that was withdrawn or never was, and go on under one that is withdrawn later', () => {
    const agreement = market.agree()
    market.offers.withdraw('own_a', agreement.offer.id)
    for (const offerId of [agreement.offer.id, 'offer_x']) assert.throws(
      () => market.agreements.agree('sub_a', { offerId, purpose: 'dpv:Marketing', budget: 1_000n }), { code: 'NOT_FOUND' })
    assert.equal(market.meter.charge(market.meter.accountOf(agreement.id), 1, 100), true)
    market.reopen('stop')
    assert.equal(market.meter.charge(market.meter.accountOf(agreement.id), 2, 100), true)
  })

  it('end with what is left returned, once, and what was used paid', () => {
    const agreement = market.agree({ price: 300n }, 1_000n)
    for (const position of [1, 2]) market.meter.charge(market.meter.accountOf(agreement.id), position, 10)
    market.clock.turn(500)
    const ended = market.agreements.end('sub_a', agreement.id)
    assert.deepEqual(ended, { ...agreement, endedAt: market.clock.now() })
    market.clock.turn(500)
    assert.deepEqual(market.agreements.end('sub_a', agreement.id), ended)
    assert.deepEqual(
      ['external:sub_a', `reserved:${agreement.id}`, 'owner:own_a', 'platform'].map(account => market.balance(account)),
      [-600n, 0n, 540n, 60n])
    for (const agreements of [market.agreements, again()]) assert.deepEqual(
      [agreements.get(agreement.id), agreements.list('sub_a'), agreements.on('s1'), agreements.ofSubscriber('sub_a', 's1')],
      [ended, [ended], [], [ended]])
    assert.deepEqual(market.changed, ['s1', 's1'])
    assert.deepEqual(
      [market.meter.charge(market.meter.accountOf(agreement.id), 3, 10), market.meter.charge(market.meter.accountOf(agreement.id), 1, 10), market.meter.connected(agreement.id)],
      [false, false, false])
    assert.deepEqual(market.usageOf(agreement), {
      agreementId: agreement.id, streamId: 's1', messages: 2, bytes: 20, seconds: 0, periods: 0, amount: 600n, currency: 'EUR',
      unit: 'message', left: 0n,
    })
  })

  it('that cannot be written are as if they had never been', () => {
    const agreement = market.agree()
    market.database.exec("CREATE TRIGGER full BEFORE INSERT ON balances BEGIN SELECT raise(ABORT, 'disk full'); END")
    assert.throws(() => market.agree(), /disk full/)
    assert.throws(() => market.agreements.end('sub_a', agreement.id), /disk full/)
    market.database.exec('DROP TRIGGER full')
    for (const agreements of [market.agreements, again()]) assert.deepEqual(agreements.list('sub_a'), [agreement])
    assert.deepEqual([market.balance('external:sub_a'), market.meter.charge(market.meter.accountOf(agreement.id), 1, 1)], [-1_000_000n, true], 'and it goes on')
    market.agreements.end('sub_a', agreement.id)
    assert.equal(market.balance('external:sub_a'), -1_000n)
  })

  it('of others, and such as never were, are answered alike', () => {
    const { id } = market.agree()
    for (const [subscriber, agreement] of [['sub_b', id], ['sub_a', 'agr_x'], ['sub_a', 'constructor']] as const) assert.throws(
      () => market.agreements.end(subscriber, agreement), { code: 'NOT_FOUND', message: /no such agreement/ })
  })

  it('of a subscriber on a stream are told the newest first', () => {
    const first = market.agree(), second = market.agree(), other = market.agree({}, 1_000n, 'sub_b')
    market.agree({ streamId: 's2' })
    assert.deepEqual(market.agreements.ofSubscriber('sub_a', 's1'), [second, first])
    assert.deepEqual(market.agreements.ofSubscriber('sub_b', 's1'), [other])
  })

  it('on one stream are at most so many', () => {
    const { id: offerId } = market.offer({ price: 0n })
    const agree = () => market.agreements.agree('sub_a', { offerId, purpose: 'dpv:Marketing' })
    const first = agree()
    market.database.exec(`INSERT INTO agreements (id, offer_id, subscriber_id, purpose, budget, started_at, ended_at, exhausted_at)
      WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ${AGREEMENTS_PER_STREAM_MAX})
      SELECT 'agr_' || i, '${offerId}', 'sub_b', 'dpv:Marketing', 0, 0, NULL, NULL FROM n`)
    market.reopen('stop')
    assert.throws(agree, { code: 'LIMIT_REACHED' })
    market.agreements.end('sub_a', first.id)
    agree()
  })
})
