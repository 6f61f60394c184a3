// How exact what leaves is, judged without the order of operations: two readings that anybody who has a say would not have told apart (the offer,
// the owner, each co-subject) leave alike. And what is kept is enough for it, so that live and replayed are the same bytes.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Stream } from '#gateway/devices/streams.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { specOf } from '#gateway/transforms/spec.ts'
import type { Transform } from '#gateway/transforms/transform.ts'
import { pack, type Packed } from '#semantic-models/packed.ts'
import { Rooms } from '#test/support/rooms.ts'

const ATTRIBUTES = ['temperature', 'location', 'refDevice'], AT = Date.UTC(2026, 4, 4, 10, 15, 30)
const OPS = {
  temperature: ['pass', 'round:0.1', 'round:0.5', 'round:1.5', 'round:1', 'round:3', 'bucket:0|10|20|21', 'bucket:-5|0.25|20|21.5', 'bucket:0|20'], refDevice: ['pass', 'pseudonymise'],
  location: ['pass', 'h3:4', 'h3:7', 'h3:9', 'h3:12', 'grid:0.01', 'grid:0.03', 'grid:0.5'],
}
const some = (name: keyof typeof OPS) => fc.constantFrom(...OPS[name]).map(op => `${name}=${op}`)
const texts = fc.tuple(some('temperature'), some('location'), some('refDevice'), fc.option(fc.constantFrom(1, 60, 90, 900))).map(([temperature, location, link, seconds]) => [temperature, location, link, ...seconds === null ? [] : [`*=time:${seconds}`]])
/** Of each who has a say: the offer, then whomever the source tells about. */
const sayings = fc.array(texts, { minLength: 2, maxLength: 4 })
interface Reading { readonly temperature: number, readonly place: readonly [number, number], readonly device: number, readonly at: number }
const reading: fc.Arbitrary<Reading> = fc.record({
  temperature: fc.oneof(fc.integer({ min: -500, max: 4_000 }).map(n => n / 100), fc.integer({ min: -10, max: 90 }).map(n => n / 4)), place: fc.tuple(fc.double({ min: 4.2, max: 4.5, noNaN: true }), fc.double({ min: 50.7, max: 50.9, noNaN: true })), device: fc.nat(1), at: fc.nat(3_600_000),
})
/** Another one, near it in some of what it tells. */
const pair = fc.tuple(reading, reading, fc.subarray(['temperature', 'place', 'device', 'at'] as const), fc.double({ min: -1, max: 1, noNaN: true })).map(([one, other, same, off]): [Reading, Reading] => [one, {
  ...other, temperature: one.temperature + Math.round(off * 100) / 100, place: [one.place[0] + off / 100, one.place[1] + off / 200], at: Math.min(3_600_000, Math.max(0, one.at + Math.round(off * 30_000))), ...Object.fromEntries(same.map(name => [name, one[name]])),
}])

describe('What leaves by an agreement', () => {
  let rooms: Rooms, owner: Party, stream: Stream, city: Party, partners: readonly Party[]
  before(async () => {
    rooms = await Rooms.open()
    ;({ owner, stream } = await rooms.scene())
    city = rooms.party('subscriber')
    partners = [rooms.party('owner'), rooms.party('owner')]
  })
  after(() => rooms.close())

  function packed({ temperature, place, device, at }: Reading): Packed {
    const { model } = stream, observedAt = new Date(AT + at).toISOString(), parts = {
      temperature: `{"type":"Property","value":${temperature},"unitCode":"CEL","observedAt":"${observedAt}"}`, refDevice: `{"type":"Relationship","object":"urn:ngsi-ld:Device:k${device}"}`,
      location: `{"type":"GeoProperty","value":{"type":"Point","coordinates":[${place.join()}]}}`,
    }
    const all = model.attributesIn(model.maskOf(ATTRIBUTES)).map(name => ({ bit: model.bitOf(name)!, text: `,"${name}":${parts[name as keyof typeof parts]}` }))
    const head = `{"id":"urn:ngsi-ld:${model.type}:k","type":"${model.type}","dateObserved":{"type":"Property","value":{"@type":"DateTime","@value":"${observedAt}"}}`
    return pack({ model, head, parts: all, mask: model.maskOf(ATTRIBUTES) }, model.maskOf(ATTRIBUTES))
  }
  const seen = (transform: Transform | undefined, content: Packed): any => { const told = transform ? transform.of(content) : content; return JSON.parse(told.text(told.mask)) }

  it('is no more exact than the offer and each subject would have it, and follows from what is kept', () => {
    const counts = { out: 0, alike: 0, kept: 0, whole: 0, nothing: 0 }
    const all = [owner, ...partners]
    fc.assert(fc.property(sayings, fc.array(pair, { minLength: 5, maxLength: 15 }), ([offered, ...consented], pairs) => {
      const subjects = all.slice(0, consented.length)
      for (const { id } of partners) {
        if (subjects.some(one => one.id === id)) rooms.subjects.add(stream.sourceId, id)
        else if (rooms.subjects.beside(stream.sourceId).includes(id)) rooms.subjects.remove(stream.sourceId, id)
      }
      const grants = subjects.map(({ id: ownerId }, n) => rooms.grant(stream, { ownerId, recipient: city.id, attributes: ATTRIBUTES, transforms: consented[n]! }))
      const agreement = rooms.agree(stream, city, { attributes: ATTRIBUTES, transforms: offered! }), plan = rooms.plans.of(stream), outlet = plan.outlets.get(agreement.id)
      const sayers = [offered!, ...consented].map(each => rooms.transforms.of(specOf(each)!, owner.id, city.id))
      if (plan.kept) counts.kept++
      if (outlet && !outlet.transform) counts.whole++
      if (!outlet) counts.nothing++
      for (const [a, b] of outlet ? pairs : []) {
        const [one, other] = [packed(a), packed(b)], left = [one, other].map(content => seen(outlet!.transform, content))
        counts.out++
        for (const name of [...ATTRIBUTES, 'dateObserved']) {
          // Of an attribute its value; when it was observed is told for all of them at once.
          const value = (entity: any) => JSON.stringify(entity[name].value ?? entity[name].object)
          if (!sayers.some(sayer => value(seen(sayer, one)) === value(seen(sayer, other)))) continue
          counts.alike++
          assert.equal(value(left[0]), value(left[1]), `${name} of ${JSON.stringify([a, b])} by ${[offered, ...consented].join(' / ')}`)
        }
        const kept = plan.kept ? plan.kept.of(one) : one
        assert.deepEqual(seen(outlet!.transform, kept), left[0])
      }
      rooms.agreements.end(city.id, agreement.id)
      for (const [n, id] of grants.entries()) rooms.consents.withdraw(subjects[n]!.id, id)
    }), { numRuns: 400 })
    assert.ok(counts.out > 500 && counts.alike > 500 && counts.kept > 50 && counts.nothing > 20, JSON.stringify(counts))
  })
})
