import assert from 'node:assert/strict'
import { mock } from 'node:test'
import type { Stream } from '#gateway/devices/streams.ts'
import { systemClock } from '#gateway/lib/clock.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { specTexts } from '#gateway/transforms/spec.ts'
import { PURPOSE, Rooms } from '#test/support/rooms.ts'

describe('The plan of a stream', () => {
  let rooms: Rooms, owner: Party, stream: Stream, city: Party
  beforeEach(async () => {
    rooms = await Rooms.open()
    ;({ owner, stream } = await rooms.scene())
    city = rooms.party('subscriber')
  })
  afterEach(() => rooms.close())

  const plan = () => rooms.plans.of(stream), withdraw = (consentId: string) => rooms.consents.withdraw(owner.id, consentId)
  const mask = (...names: string[]) => stream.model.maskOf(names)

  it('lets nothing out by itself', () => {
    assert.deepEqual({ ...plan(), outlets: plan().outlets.size, refusals: plan().refusals.size }, { isCurrent: true, granted: 0, sold: 0, outlets: 0, refusals: 0, refusal: 'NO_CONSENT', validUntil: Infinity })
  })

  it('may keep the union of what is granted, and lets each agreement have what its offer names', () => {
    const attributes = ['temperature', 'relativeHumidity']
    const temperature = rooms.grant(stream), both = rooms.grant(stream, { recipient: city.id, attributes })
    const [narrow, wide] = [rooms.agree(stream, rooms.party('subscriber')), rooms.agree(stream, city, { attributes })]
    const since = (consentId: string) => rooms.consents.on(stream.id).find(({ id }) => id === consentId)!.grantedAt
    assert.equal(plan().granted, mask('temperature', 'relativeHumidity'))
    assert.deepEqual([...plan().outlets], [
      [narrow.id, { consentId: temperature, since: since(temperature), mask: mask('temperature') }],
      [wide.id, { consentId: both, since: since(both), mask: mask('temperature', 'relativeHumidity') }],
    ])
    withdraw(both)
    assert.deepEqual([plan().granted, [...plan().outlets.keys()]], [mask('temperature'), [narrow.id]])
  })

  it('lets out as exact as offer and consent both allow, and nothing where they have nothing in common or the offer is not understood', () => {
    const attributes = ['temperature', 'location']
    const told = (transforms: string[]) => {
      const { id } = rooms.agree(stream, city, { attributes, transforms }), found = plan().outlets.get(id)
      return found?.spec ? specTexts(found.spec) : found && []
    }
    const consentId = rooms.grant(stream, { attributes, transforms: ['temperature=bucket:0|10|20|30', 'location=h3:7', '*=sample:60'] })
    assert.deepEqual(told([]), ['location=h3:7', 'temperature=bucket:0|10|20|30', '*=sample:60'])
    assert.deepEqual(told(['temperature=bucket:5|20|30|40', 'location=h3:9', '*=sample:90', '*=time:900']), ['location=h3:7', 'temperature=bucket:0|20|30', '*=time:900', '*=sample:180'])
    assert.deepEqual(told(['location=h3:3']), ['location=h3:3', 'temperature=bucket:0|10|20|30', '*=sample:60'])
    const apart = rooms.agree(stream, city, { attributes, transforms: ['location=grid:0.01'] })
    assert.deepEqual([plan().outlets.has(apart.id), plan().refusals.get(apart.id)], [false, 'SUSPENDED'])
    withdraw(consentId)
    rooms.grant(stream, { attributes })
    assert.deepEqual([told([]), told(['location=h3:3'])], [[], ['location=h3:3']])
    const newer = rooms.agree(stream, city, { attributes })
    Object.assign(newer.offer, { transforms: ['temperature=blur:1'] }) // as a newer gateway would have written it
    rooms.plans.invalidate(stream)
    assert.deepEqual(plan().refusals.get(newer.id), 'NO_CONSENT')
  })

  it('is compiled once for as long as nothing changes', () => {
    rooms.grant(stream)
    const before = plan()
    assert.equal(plan(), before)
    rooms.agree(stream, city)
    assert.notEqual(plan(), before)
  })

  it('says why nothing leaves, as near to the way out as it came', () => {
    const reasons: string[] = [], note = () => { reasons.push(plan().refusal) }
    withdraw(rooms.grant(stream, { until: rooms.clock.now() + 10 }))
    note()
    rooms.grant(stream, { until: rooms.clock.now() + 10 })
    note()
    const agreement = rooms.agree(stream, city, { attributes: ['relativeHumidity'] })
    note()
    rooms.clock.turn(10)
    note()
    rooms.agreements.end(city.id, agreement.id)
    rooms.grant(stream, { purposes: ['dpv:Marketing'] })
    rooms.agree(stream, city)
    note()
    assert.deepEqual(reasons, ['CONSENT_WITHDRAWN', 'NO_AGREEMENT', 'SUSPENDED', 'CONSENT_WITHDRAWN', 'PURPOSE_MISMATCH'])
  })

  it('ends with the first grant that ends by itself, and tells so before it lets out anything more', () => {
    const told: Stream[] = []
    rooms.plans.onExpired = of => { told.push(of) }
    rooms.grant(stream, { until: rooms.clock.now() + 10 })
    rooms.clock.turn(1)
    rooms.grant(stream, { recipient: city.id })
    rooms.agree(stream, rooms.party('subscriber'))
    const agreement = rooms.agree(stream, city)
    assert.equal(plan().outlets.size, 2)
    rooms.clock.turn(8)
    assert.deepEqual([plan().outlets.size, told], [2, []])
    rooms.clock.turn(1)
    assert.deepEqual([[...plan().outlets.keys()], told], [[agreement.id], [stream]])
    plan()
    assert.equal(told.length, 1)
  })

  it('looks by itself when a grant ends', async () => {
    const real = await Rooms.open({ clock: systemClock }), { stream } = await real.scene()
    const until = Date.now() + 60, expired = new Promise(done => { real.plans.onExpired = done })
    real.grant(stream, { until })
    real.plans.of(stream)
    assert.equal(await expired, stream)
    assert.ok(Date.now() >= until && Date.now() < until + 500, 'a second late, or early')
    await real.close()
  })

  it('waits for a grant that ends in a hundred years no longer than a timer can: a longer one would fire at once, again and again', () => {
    const timers = mock.method(globalThis, 'setTimeout')
    try {
      rooms.grant(stream, { until: rooms.clock.now() + 100 * 365 * 86_400_000 })
      plan()
      assert.deepEqual(timers.mock.calls.map(({ arguments: [, milliseconds] }) => milliseconds), [2 ** 31 - 1])
    } finally { timers.mock.restore() }
  })

  it('does not come back to what has ended when the clock is set back', () => {
    rooms.grant(stream, { until: rooms.clock.now() + 10 })
    rooms.agree(stream, city)
    assert.equal(plan().outlets.size, 1)
    rooms.clock.turn(10)
    assert.equal(rooms.plans.now(), rooms.clock.now(), 'somebody has looked')
    rooms.clock.turn(-9)
    rooms.plans.invalidate(stream)
    assert.deepEqual([plan().outlets.size, plan().refusal], [0, 'EXPIRED'])
  })

  it('changes when a grant begins by itself', () => {
    rooms.grant(stream, { notBefore: rooms.clock.now() + 10 })
    rooms.agree(stream, city)
    assert.deepEqual([plan().outlets.size, plan().refusal, plan().validUntil], [0, 'NO_CONSENT', rooms.clock.now() + 10])
    rooms.clock.turn(10)
    assert.deepEqual([plan().outlets.size, plan().granted], [1, mask('temperature')])
  })

  it('keeps nothing that is forbidden to all whom it was granted to', () => {
    rooms.grant(stream, { attributes: ['temperature', 'relativeHumidity'] })
    rooms.grant(stream, { kind: 'prohibition', recipient: city.id })
    assert.equal(plan().granted, mask('temperature', 'relativeHumidity'))
    rooms.grant(stream, { kind: 'prohibition', purposes: ['dpv:Purpose'] })
    assert.equal(plan().granted, mask('relativeHumidity'))
  })

  it('stays as it is when another stream changes, or somebody moves who has nothing of it', async () => {
    const { stream: other } = await rooms.scene(), before = plan()
    rooms.grant(other)
    rooms.agree(other, city)
    rooms.parties.setCountry(city.id, 'BE')
    rooms.groups.join(rooms.groups.add('Cities').id, city.id)
    assert.equal(plan(), before)
    rooms.agree(stream, city)
    const agreed = plan()
    rooms.parties.setCountry(city.id, 'NL')
    assert.notEqual(plan(), agreed)
  })

  it('knows whether a consent is in force', () => {
    const [given, ends] = [rooms.grant(stream), rooms.grant(stream, { until: rooms.clock.now() + 10 })]
    assert.deepEqual([given, ends, 'another'].map(id => rooms.plans.isInForce(stream, id)), [true, true, false])
    withdraw(given)
    rooms.clock.turn(10)
    assert.deepEqual([given, ends].map(id => rooms.plans.isInForce(stream, id)), [false, false])
  })

  it('tells the state of an agreement', () => {
    const agreement = rooms.agree(stream, city, { price: 1n }), states: string[] = []
    const note = () => { states.push(rooms.plans.stateOf(rooms.agreements.get(agreement.id)!)) }
    note()
    const consentId = rooms.grant(stream, { purposes: [PURPOSE] })
    note()
    rooms.agreements.exhaust(agreement.id, rooms.clock.now())
    note()
    withdraw(consentId)
    rooms.agreements.end(city.id, agreement.id)
    note()
    assert.deepEqual(states, ['waiting', 'active', 'suspended', 'ended'])
  })
})
