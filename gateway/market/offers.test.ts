import assert from 'node:assert/strict'
import { AMOUNT_MAX } from '#gateway/market/amount.ts'
import { type NewOffer, Offers, OFFERS_PER_STREAM_MAX, UNITS } from '#gateway/market/offers.ts'
import { Market } from '#test/support/market.ts'

describe('Offers', () => {
  let market: Market
  beforeEach(() => { market = new Market() })
  afterEach(() => market.close())
  const again = () => new Offers(market.database, market.clock)

  it('are what was wished for, written in one way, also after a restart', () => {
    const made = UNITS.map(unit => market.offer({
      unit, price: AMOUNT_MAX, ...(unit === 'period' && { period: 'P1M' }), purposes: ['https://w3id.org/dpv#Marketing', 'dpv:Marketing'],
      attributes: ['a', 'b', 'a'],
    }))
    assert.deepEqual(made[3], {
      id: made[3]!.id, ownerId: 'own_a', streamId: 's1', price: AMOUNT_MAX, unit: 'period', period: 'P1M', currency: 'EUR',
      purposes: ['dpv:Marketing'], attributes: ['a', 'b'], createdAt: market.clock.now(),
    })
    assert.match(made[0]!.id, /^offer_[a-z2-7]{26}$/)
    for (const offers of [market.offers, again()]) {
      assert.deepEqual(
        [offers.list('own_a'), offers.on('s1'), offers.list('own_b'), offers.on('s2'), offers.get(made[1]!.id)],
        [made, made, [], [], made[1]])
    }
  })

  it('say how exact what is offered is, also after a restart, where they say anything', () => {
    const transforms = ['a=round:0.5', '*=sample:900'], [coarse, plain] = [market.offer({ transforms }), market.offer({ transforms: [] })]
    for (const offers of [market.offers, again()]) assert.deepEqual([offers.get(coarse.id)?.transforms, 'transforms' in offers.get(plain.id)!], [transforms, false])
    assert.throws(() => market.offer({ transforms: ['a=blur:1'] }), { code: 'BAD_REQUEST' })
  })

  it('that were withdrawn stand no more, but are not forgotten', () => {
    const [first, second] = [market.offer(), market.offer()]
    const withdrawn = market.offers.withdraw('own_a', first.id)
    market.clock.turn(1_000)
    assert.deepEqual(market.offers.withdraw('own_a', first.id), withdrawn)
    assert.equal(withdrawn.withdrawnAt, first.createdAt)
    for (const offers of [market.offers, again()]) assert.deepEqual(
      [offers.list('own_a'), offers.on('s1'), offers.get(first.id)], [[withdrawn, second], [second], withdrawn])
  })

  it('of others, and such as never were, are answered alike', () => {
    const { id } = market.offer()
    for (const [owner, offer] of [['own_b', id], ['own_a', 'offer_x'], ['own_a', 'constructor']] as const) assert.throws(
      () => market.offers.withdraw(owner, offer), { code: 'NOT_FOUND', message: /no such offer/ })
    assert.equal(market.offers.on('s1').length, 1)
  })

  it('with terms that make no sense are refused', () => {
    const bad: Partial<NewOffer>[] = [
      { price: -1n }, { price: AMOUNT_MAX + 1n }, { unit: 'hour' as 'second' }, { unit: 'period' }, { period: 'P1M' },
      { unit: 'period', period: 'monthly' }, { currency: 'eur' }, { currency: 'EURO' }, { currency: '' },
      { attributes: [] }, { purposes: ['Marketing'] },
    ]
    for (const more of bad) assert.throws(
      () => market.offer(more), { code: 'BAD_REQUEST' },
      JSON.stringify(more, (_, value: unknown) => typeof value === 'bigint' ? String(value) : value))
    assert.deepEqual(again().list('own_a'), [])
  })

  it('that stand on one stream are at most so many', () => {
    for (let n = 0; n < OFFERS_PER_STREAM_MAX; n++) market.offer()
    assert.throws(() => market.offer(), { code: 'LIMIT_REACHED' })
    market.offer({ streamId: 's2' })
    market.offers.withdraw('own_a', market.offers.on('s1')[0]!.id)
    market.offer()
  })
})
