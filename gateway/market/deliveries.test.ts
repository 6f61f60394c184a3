import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { Deliveries, type MessageName } from '#gateway/market/deliveries.ts'
import { DELIVERED_RUNS_MAX } from '#gateway/market/meter.ts'
import { Ranges } from '#gateway/market/ranges.ts'
import { digestOfIds } from '#test/support/independent-verifier.ts'
import { Market } from '#test/support/market.ts'

const CHAIN = 'c'.repeat(20), START = 1_700_000_000_000
/** A stream: the names of its messages by position, from 1. */
const streamOf = (gaps: readonly number[]): readonly MessageName[] => {
  let timestamp = START, sequenceNumber = -1
  return gaps.map(gap => {
    if (gap > 0) { timestamp += gap; sequenceNumber = 0 } else sequenceNumber++
    return { timestamp, sequenceNumber, msgChainId: CHAIN }
  })
}
const nameOf = ({ timestamp, sequenceNumber, msgChainId }: MessageName) => `${timestamp}-${sequenceNumber}-${msgChainId}`

describe('The digests of deliveries', () => {
  it('are over the runs of ids, and cost a run for each burst', () => {
    const deliveries = new Deliveries(), ranges = new Ranges(), stream = streamOf([1, 0, 0, 1, 0, 9])
    for (const [n, name] of stream.entries()) { deliveries.add(n + 1, name, 'grant_a'); ranges.add(n + 1) }
    const lines = `${START + 1}-0-2-${CHAIN}\n${START + 2}-0-1-${CHAIN}\n${START + 11}-0-0-${CHAIN}\n`
    assert.equal(deliveries.runCount, 3)
    assert.deepEqual(deliveries.digests(ranges), [{
      consentId: 'grant_a', from: nameOf(stream[0]!), to: nameOf(stream[5]!), count: 6, digest: createHash('sha256').update(lines).digest('base64'),
    }])
    deliveries.clear()
    assert.deepEqual([deliveries.runCount, deliveries.digests(ranges)], [0, []])
    deliveries.add(7, { ...stream[5]!, sequenceNumber: 1 }, 'grant_a')
    assert.equal(deliveries.runCount, 1, 'a run that was cleared is not gone on with')
  })

  it('are made again from ids alone by whoever received them, in whatever order and in however many parts they came', () => {
    const part = fc.record({ from: fc.nat(59), length: fc.integer({ min: 1, max: 20 }), consent: fc.constantFrom('grant_a', 'grant_b'), then: fc.constantFrom('seal', 'fold', 'go on') })
    fc.assert(fc.property(fc.array(fc.constantFrom(0, 0, 0, 1, 5), { minLength: 60, maxLength: 60 }), fc.array(part, { minLength: 1, maxLength: 12 }), (gaps, parts) => {
      const stream = streamOf(gaps), deliveries = new Deliveries(), ranges = new Ranges(), received: MessageName[] = []
      let told = 0
      const seal = () => {
        const toldLater = new Set<MessageName>()
        for (const { consentId, from, to, count, digest } of deliveries.digests(ranges).toReversed()) {
          const between = received.filter(name => isAt(name, from) >= 0 && isAt(name, to) <= 0 && !toldLater.has(name))
          for (const name of between) toldLater.add(name)
          assert.deepEqual([between.length, digestOfIds(between.map(nameOf))], [count, digest])
          assert.match(consentId, /^grant_[ab]$/)
          told += count
        }
        deliveries.clear()
      }
      for (const { from, length, consent, then } of parts) {
        for (let n = from; n < Math.min(from + length, 60); n++) {
          if (ranges.has(n + 1)) continue
          ranges.add(n + 1)
          deliveries.add(n + 1, stream[n]!, consent)
          received.push(stream[n]!)
        }
        if (then === 'seal') seal()
        if (then === 'fold') deliveries.fold(ranges)
      }
      seal()
      assert.equal(told, received.length)
    }), { numRuns: 500 })
  })

  it('are of other ids others', () => {
    const ids = streamOf([1, 0, 0, 2, 0]).map(nameOf), all = digestOfIds(ids)
    for (const n of ids.keys()) assert.notEqual(digestOfIds(ids.toSpliced(n, 1)), all)
    assert.notEqual(digestOfIds([...ids, `${START + 3}-2-${CHAIN}`]), all)
    assert.notEqual(digestOfIds(ids.with(2, `${START + 1}-2-${'d'.repeat(20)}`)), all)
    assert.equal(digestOfIds(ids.toReversed()), all)
  })
})

/** Where a message stands from another that is named: before it (below 0), at it or behind it. */
function isAt({ timestamp, sequenceNumber }: MessageName, name: string): number {
  const [otherTime, otherNumber] = name.split('-').map(Number) as [number, number]
  return timestamp - otherTime || sequenceNumber - otherNumber
}

describe('The books and the transparency log', () => {
  let market: Market
  beforeEach(() => { market = new Market() })
  afterEach(() => market.close())
  const told = (kind?: string) => market.transparency.entries(0, 1_000, 'own_a').filter(entry => kind === undefined || entry.kind === kind).map(({ payload }) => JSON.parse(payload!))
  const kinds = () => market.transparency.entries(0, 1_000).map(({ kind }) => kind)
  const deliver = (agreementId: string, names: readonly MessageName[]) => {
    for (const [n, name] of names.entries()) assert.ok(market.meter.charge(market.meter.accountOf(agreementId), n + 1, 100, name, 'grant_a'))
  }

  it('have in one transaction what was agreed, delivered, used, posted and ended', () => {
    const agreement = market.agree({ price: 1_000n }, 10_000n), stream = streamOf([1, 0, 0]), { id: agreementId, offer: { id: offerId } } = agreement
    deliver(agreementId, stream)
    market.meter.seal()
    market.agreements.end('sub_a', agreementId)
    assert.deepEqual(kinds(), ['agreement', 'posting', 'delivery', 'usage', 'posting', 'agreement', 'posting'])
    const about = { at: market.clock.now(), owner: 'own_a', reader: 'sub_a' }
    const transfer = (transferId: string, reason: string, postings: string[][]) => ({ ...about, transferId, reason, postings: postings.map(([account, amount]) => [account, 'EUR', amount]) })
    assert.deepEqual(told(), [
      { ...about, agreementId, state: 'made', offerId, streamId: 's1', attributes: ['temperature'], purpose: 'dpv:ServiceProvision', price: '0.001000', unit: 'message', currency: 'EUR', budget: '0.010000' },
      transfer(`budget:${agreementId}`, 'budget', [['external:sub_a', '-0.010000'], [`reserved:${agreementId}`, '0.010000']]),
      { ...about, agreementId, streamId: 's1', consentId: 'grant_a', from: nameOf(stream[0]!), to: nameOf(stream[2]!), count: 3, digest: digestOfIds(stream.map(nameOf)) },
      { ...about, record: 1, agreementId, messages: 3, bytes: 300, seconds: 0, periods: 0, amount: '0.003000', platformShare: '0.000300', currency: 'EUR' },
      transfer('usage:1', 'usage', [[`reserved:${agreementId}`, '-0.003000'], ['owner:own_a', '0.002700'], ['platform', '0.000300']]),
      { ...about, agreementId, state: 'ended' },
      transfer(`rest:${agreementId}`, 'rest', [['external:sub_a', '0.007000'], [`reserved:${agreementId}`, '-0.007000']]),
    ])
  })

  it('are neither without the other when one of them cannot be written', () => {
    const agreement = market.agree({ price: 1_000n }), size = market.transparency.size
    deliver(agreement.id, streamOf([1, 0]))
    for (const table of ['transparency_payloads', 'postings', 'balances']) {
      market.database.exec(`CREATE TRIGGER full BEFORE ${table === 'balances' ? 'UPDATE' : 'INSERT'} ON ${table} BEGIN SELECT raise(ABORT, 'disk full'); END`)
      assert.throws(() => market.meter.seal(), /disk full/, table)
      if (table !== 'balances') assert.throws(() => market.agree(), /disk full/, table)
      market.database.exec('DROP TRIGGER full')
      assert.deepEqual([market.transparency.size, market.records()], [size, []], table)
    }
    market.meter.seal()
    assert.deepEqual([told('delivery').map(({ count }) => count), told('usage').length, market.records().length], [[2], 1, 1])
  })

  it('count after a kill what was delivered by each consent, and have no digest of it where nobody knows the ids', () => {
    const agreement = market.agree({ price: 1_000n })
    deliver(agreement.id, streamOf([1, 0, 0]))
    for (const [position, consentId] of [[4, 'grant_b'], [5, 'grant_b'], [6, 'grant_a']] as const) market.meter.charge(market.meter.accountOf(agreement.id), position, 100, streamOf(Array(6).fill(1))[position - 1], consentId)
    market.meter.commit()
    market.reopen('kill')
    assert.deepEqual(told('delivery').map(({ consentId, count, digest }) => [consentId, count, digest]), [['grant_a', 4, null], ['grant_b', 2, null]])
    assert.equal(told('usage')[0].messages, 6)
  })

  it('are made again after a kill by whoever knows the ids, and end where one of them is not known', async () => {
    const agreement = market.agree({ price: 1_000n }), stream = streamOf(Array(9).fill(1)), { meter } = market
    for (const [position, consentId] of [[1, 'grant_a'], [2, 'grant_a'], [3, 'grant_b'], [4, 'grant_b'], [5, 'grant_b'], [6, 'grant_a'], [9, 'grant_a']] as const) {
      meter.charge(meter.accountOf(agreement.id), position, 100, stream[position - 1], consentId)
      if (position % 2 === 0) meter.commit()
    }
    meter.commit()
    market.isRecovered = true
    market.reopen('kill')
    assert.deepEqual(told('delivery'), [], 'nothing is sealed before it is recovered')
    await market.meter.recover((streamId, runs, each) => {
      assert.equal(streamId, 's1')
      for (const [first, last] of runs) for (let position = first; position <= last; position++) if (position !== 4) each(position, stream[position - 1]!)
      return Promise.resolve()
    })
    const digest = (...positions: number[]) => [positions.length, digestOfIds(positions.map(position => nameOf(stream[position - 1]!)))]
    assert.deepEqual(told('delivery').map(({ consentId, count, digest }) => [consentId, count, digest]), [
      ['grant_b', 1, null], ['grant_a', ...digest(1, 2)], ['grant_b', ...digest(3)], ['grant_b', ...digest(5)], ['grant_a', ...digest(6, 9)],
    ])
    market.reopen('kill')
    assert.deepEqual([told('delivery').length, told('usage').map(({ messages }) => messages)], [5, [7]], 'once')
  })

  it('are hashed before too many ids wait for the books', () => {
    const { id } = market.agree({ price: 0n }), account = market.meter.accountOf(id)
    for (let position = 1; position <= DELIVERED_RUNS_MAX; position++) market.meter.charge(account, position, 1, { timestamp: START + position, sequenceNumber: 0, msgChainId: CHAIN }, 'grant_a')
    market.meter.tick()
    assert.equal(account!.deliveries.runCount, DELIVERED_RUNS_MAX)
    market.meter.charge(account, DELIVERED_RUNS_MAX + 1, 1, { timestamp: START + DELIVERED_RUNS_MAX + 1, sequenceNumber: 0, msgChainId: CHAIN }, 'grant_a')
    market.meter.tick()
    assert.deepEqual([account!.deliveries.runCount, told('delivery')], [0, []])
    market.meter.charge(account, DELIVERED_RUNS_MAX + 2, 1, { timestamp: START + DELIVERED_RUNS_MAX + 1, sequenceNumber: 1, msgChainId: CHAIN }, 'grant_a')
    market.meter.seal()
    const lines = Array.from({ length: DELIVERED_RUNS_MAX + 1 }, (_, n) => `${START + n + 1}-0-${n === DELIVERED_RUNS_MAX ? 1 : 0}-${CHAIN}\n`).join('')
    assert.deepEqual(told('delivery').map(({ count, digest }) => [count, digest]), [[DELIVERED_RUNS_MAX + 2, createHash('sha256').update(lines).digest('base64')]])
  })
})
