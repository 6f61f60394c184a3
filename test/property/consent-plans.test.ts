// The plans of a gateway's rooms beside the oracle, through whatever changes them: consents, groups, countries, subjects, a clock that is set back.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { NewGrant } from '#gateway/consent/consents.ts'
import type { Stream } from '#gateway/devices/streams.ts'
import type { Agreement } from '#gateway/market/agreement.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { mayLeave, type World } from '#test/support/consent-oracle.ts'
import { PURPOSE, Rooms } from '#test/support/rooms.ts'

const NAMES = ['temperature', 'relativeHumidity']
const index = fc.nat(9), some = fc.subarray(NAMES, { minLength: 1 }), purposes = fc.subarray(['dpv:PublicBenefit', 'dpv:CombatClimateChange', 'dpv:Purpose', 'urn:example:a'], { minLength: 1 })
const oneInFour = fc.constantFrom(true, false, false, false)
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ by: index, to: index, kind: fc.constantFrom(undefined, undefined, undefined, undefined, undefined, 'prohibition' as const), attributes: some, purposes, from: fc.option(fc.integer({ min: -5, max: 20 })), lasts: fc.option(fc.integer({ min: 21, max: 60 })), near: oneInFour, onward: fc.boolean(), explicit: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ withdraw: index }) }, { weight: 2, arbitrary: fc.record({ turn: fc.integer({ min: -15, max: 15 }) }) },
  fc.record({ member: index, joins: fc.boolean() }), fc.record({ moves: index, country: fc.constantFrom('BE', 'US', null) }), fc.record({ subject: oneInFour }),
  fc.record({ special: oneInFour }), fc.constant({ removesGroup: true as const }),
)

let left = 0

describe('The plans of a gateway', () => {
  it('let out what the oracle does, whatever has changed and whenever', async function () {
    this.timeout(120_000)
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), async steps => {
      const scene = await Scene.open()
      scene.openWide()
      for (const one of steps) {
        scene.take(one)
        scene.check()
      }
      await scene.rooms.close()
    }), { numRuns: 30 })
    assert.ok(left > 500, `${left} times something was let out`)
  })
})

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

class Scene {
  readonly rooms: Rooms
  readonly owner: Party
  readonly stream: Stream
  readonly partner: Party
  readonly cities: readonly Party[]
  readonly agreements: readonly Agreement[]
  readonly groupId: string

  private constructor(rooms: Rooms, owner: Party, stream: Stream) {
    this.rooms = rooms
    this.owner = owner
    this.stream = stream
    this.partner = rooms.party('owner')
    this.cities = [rooms.party('subscriber'), rooms.party('subscriber')]
    this.groupId = rooms.groups.add('Cities').id
    this.agreements = this.cities.flatMap(city => [PURPOSE, 'dpv:CombatClimateChange', 'urn:example:a'].map((purpose, n) => {
      const { id: offerId } = rooms.offers.create(owner.id, { streamId: stream.id, price: 0n, unit: 'message', currency: 'EUR', attributes: NAMES.slice(0, 1 + n % 2) })
      return rooms.agreements.agree(city.id, { offerId, purpose, isOnward: n === 1 })
    }))
  }

  static async open(): Promise<Scene> {
    const rooms = await Rooms.open(), { owner, stream } = await rooms.scene()
    return new Scene(rooms, owner, stream)
  }

  /** To the group, which the one city is in, and to the other, for a time. */
  openWide(): void {
    const { rooms, stream, owner, partner, cities, groupId } = this, until = rooms.clock.now() + 25, [one, other] = cities as [Party, Party]
    rooms.groups.join(groupId, one.id)
    for (const { id: ownerId } of [owner, partner]) {
      for (const more of [{ recipient: groupId }, { recipient: other.id, until, explicit: true, onward: true }]) {
        rooms.consents.grant({ ownerId, streamId: stream.id, purposes: [PURPOSE, 'dpv:CombatClimateChange', 'urn:example:a'], attributes: NAMES, ...more })
      }
    }
  }

  take(one: Step): void {
    const { rooms, stream, owner, partner, cities, groupId } = this, now = rooms.clock.now(), city = (n: number): Party => cities[n % 2]!
    if ('withdraw' in one) {
      const known = rooms.consents.on(stream.id), grant = known[one.withdraw % (known.length || 1)]
      if (grant) rooms.consents.withdraw(grant.ownerId, grant.id)
    } else if ('turn' in one) rooms.clock.turn(one.turn)
    else if ('member' in one) { if (rooms.groups.get(groupId)) rooms.groups[one.joins ? 'join' : 'leave'](groupId, city(one.member).id) }
    else if ('moves' in one) rooms.parties.setCountry(city(one.moves).id, one.country)
    else if ('subject' in one) {
      if (one.subject) rooms.subjects.add(stream.sourceId, partner.id)
      else if (rooms.subjects.beside(stream.sourceId).length > 0) rooms.subjects.remove(stream.sourceId, partner.id)
    } else if ('special' in one) rooms.devices.set(owner.id, stream.deviceId, { special: one.special })
    else if ('removesGroup' in one) { if (rooms.groups.get(groupId)) rooms.groups.remove(groupId) }
    else {
      const { by, to, kind, attributes, purposes, from, lasts, near, onward, explicit } = one
      const wish: NewGrant = {
        ownerId: by % 3 === 0 ? partner.id : owner.id, streamId: stream.id, recipient: [city(0).id, city(1).id, groupId, 'any'][to % 4]!, kind, attributes, purposes, onward, explicit,
        countries: near ? ['BE'] : undefined, notBefore: from === null ? undefined : now + from, until: lasts === null ? undefined : now + lasts,
      }
      rooms.consents.grant(wish)
    }
  }

  check(): void {
    const { rooms, stream } = this, now = rooms.plans.now(), plan = rooms.plans.of(stream), world = this.#world()
    assert.equal(plan.sold & ~plan.granted, 0, 'nothing is sold that may not be kept')
    for (const agreement of this.agreements) {
      const outlet = plan.outlets.get(agreement.id)
      for (const at of [now - 20, now - 1, now]) {
        const wanted = { partyId: agreement.subscriberId, purpose: agreement.purpose, attributes: agreement.offer.attributes, isOnward: agreement.isOnward === true, hasEnded: false, isSpent: false }
        const found = outlet && at >= outlet.since ? stream.model.attributesIn(outlet.mask) : []
        if (found.length > 0) left++
        assert.deepEqual([...found].sort(), [...mayLeave(world, wanted, { at, attributes: NAMES }, now)].sort())
      }
      if (outlet) assert.ok(rooms.plans.isInForce(stream, outlet.consentId) && rooms.plans.isCoveredBy(agreement, outlet.consentId))
    }
  }

  #world(): World {
    const { rooms, stream, cities } = this, { partyIds, since } = rooms.subjects.of(stream)
    return {
      said: rooms.consents.on(stream.id), subjects: partyIds, subjectsSince: since, isSpecial: rooms.devices.get(stream.deviceId)!.settings.special === true, attributes: stream.model.attributes,
      groups: new Map(rooms.groups.list().map(({ id, members }) => [id, members])),
      countries: new Map(cities.flatMap(({ id }) => { const { country, countrySince } = rooms.parties.get(id)!; return country === undefined ? [] : [[id, { country, since: countrySince! }] as const] })),
    }
  }
}
