import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'
import type { Consents } from '#gateway/consent/consents.ts'
import { REQUEST_INTERVAL_MS, REQUESTS_OPEN_PER_OWNER_MAX, REQUESTS_PER_DAY_MAX } from '#gateway/consent/requests.ts'
import { openState } from '#gateway/state/database.ts'
import { openConsents } from '#test/support/consents.ts'
import { temporaryFolder, TurnedClock } from '#test/support/temporary.ts'

const DAY_MS = 86_400_000
const wish = (more: object = {}) => ({ ownerId: 'own_a', streamId: 's1', recipient: 'sub_c', purposes: ['dpv:PublicBenefit', 'dpv:ServiceProvision'], attributes: ['temperature', 'relativeHumidity'], ...more })

describe('Requests for a consent', () => {
  let database: DatabaseSync, clock: TurnedClock, consents: Consents, told: string[]
  beforeEach(() => {
    database = openState(temporaryFolder())
    database.exec('PRAGMA synchronous = OFF')
    clock = new TurnedClock()
    told = []
    consents = openConsents(database, clock, streamId => { told.push(streamId) })
  })
  afterEach(() => database.close())

  it('let nothing out, and are known to both sides, also after a restart', () => {
    const request = consents.request(wish({ offerId: 'offer_1', keep: 'P30D' }))
    assert.deepEqual([consents.on('s1'), consents.list('own_a'), consents.to('sub_c'), told], [[], [], [], []])
    for (const known of [consents, openConsents(database, clock)]) for (const party of ['own_a', 'sub_c']) assert.deepEqual(known.requests.list(party), [request])
    assert.deepEqual(consents.requests.list('own_b'), [])
  })

  it('are accepted as they are, refused, or put off and then answered; once', () => {
    const [first, second, third] = ['s1', 's2', 's3'].map(streamId => consents.request(wish({ streamId })))
    const { grant } = consents.accept('own_a', first!.id)
    assert.deepEqual([grant.id, grant.attributes, grant.recipient, told], [first!.id, first!.attributes, 'sub_c', ['s1']])
    assert.deepEqual([consents.decline('own_a', second!.id, 'refused').state, consents.decline('own_a', third!.id, 'deferred').state], ['refused', 'deferred'])
    assert.throws(() => consents.accept('own_a', second!.id), { code: 'CONFLICT' })
    assert.throws(() => consents.decline('own_a', first!.id, 'refused'), { code: 'CONFLICT' })
    assert.equal(consents.accept('own_a', third!.id).grant.streamId, 's3')
    assert.deepEqual(openConsents(database, clock).requests.list('own_a').map(({ state }) => state), ['given', 'refused', 'given'])
    for (const owner of ['own_b', 'sub_c']) assert.throws(() => consents.accept(owner, first!.id), { code: 'NOT_FOUND' })
  })

  it('are narrowed, and never widened', () => {
    const until = clock.now() + 10 * DAY_MS, ask = (streamId: string) => consents.request(wish({ streamId, until, keep: 'P30D' })).id
    const { grant } = consents.accept('own_a', ask('s1'), { purposes: ['https://w3id.org/dpv#PublicBenefit'], attributes: ['temperature'], until: until - 1, keep: 'P7D' })
    assert.deepEqual([grant.purposes, grant.attributes, grant.until, grant.keep], [['dpv:PublicBenefit'], ['temperature'], until - 1, 'P7D'])
    const id = ask('s2')
    for (const wider of [{ purposes: ['dpv:Marketing'] }, { attributes: ['temperature', 'location'] }, { until: until + 1 }, { keep: 'P31D' }, { attributes: [] }]) {
      assert.throws(() => consents.accept('own_a', id, wider), { code: 'BAD_REQUEST' }, JSON.stringify(wider))
    }
    assert.equal(consents.requests.get(id)!.state, 'requested')
  })

  it('say how exact it is to be, also after a restart, and are answered no more exactly: by the order of operations, and not by how coarse something looks', () => {
    const asked = ['location=h3:9', 'temperature=round:1', '*=time:60'], attributes = ['temperature', 'relativeHumidity', 'location']
    const ask = (streamId: string) => consents.request(wish({ streamId, attributes, transforms: asked })).id, first = ask('s1')
    assert.deepEqual([consents.requests.get(first)!.transforms, openConsents(database, clock).requests.get(first)!.transforms], [asked, asked])
    assert.deepEqual(consents.accept('own_a', first).grant.transforms, asked)
    const { grant } = consents.accept('own_a', ask('s2'), { transforms: ['location=h3:7', 'relativeHumidity=bucket:0|0.5', '*=time:900', '*=sample:900'] })
    assert.deepEqual(grant.transforms, ['location=h3:7', 'relativeHumidity=bucket:0|0.5', 'temperature=round:1', '*=time:900', '*=sample:900'])
    const less = consents.accept('own_a', ask('s3'), { attributes: ['temperature', 'location'], transforms: ['location=drop'] }).grant
    assert.deepEqual([less.attributes, less.transforms], [['temperature'], ['location=drop', 'temperature=round:1', '*=time:60']])
    const id = ask('s4')
    for (const wider of ['location=h3:10', 'location=grid:1', 'temperature=round:2', 'temperature=bucket:0|1|2', '*=time:90', 'temperature=blur:1']) {
      assert.throws(() => consents.accept('own_a', id, { transforms: [wider] }), { code: 'BAD_REQUEST', message: /can be narrowed, and not widened/ }, wider)
    }
    assert.deepEqual([consents.requests.get(id)!.state, consents.accept('own_a', id, { transforms: ['location=pass'] }).grant.transforms], ['requested', asked], 'to say that something passes asks for nothing more')
  })

  it('may be made once for each stream in 90 days, however they were answered', () => {
    const { id } = consents.request(wish())
    consents.decline('own_a', id, 'refused')
    clock.turn(REQUEST_INTERVAL_MS - 1)
    assert.equal(REQUEST_INTERVAL_MS, 90 * DAY_MS)
    assert.throws(() => consents.request(wish()), { code: 'RATE_LIMITED', message: /2026-05-04.*2026-08-02T10:15:30/ })
    assert.throws(() => openConsents(database, clock).request(wish()), { code: 'RATE_LIMITED' })
    consents.request(wish({ streamId: 's2' }))
    consents.request(wish({ recipient: 'sub_d' }))
    clock.turn(1)
    consents.request(wish())
  })

  it('are so many in a day of one party, and so many of one owner that wait', function () {
    this.timeout(20_000)
    for (let n = 0; n < REQUESTS_PER_DAY_MAX; n++) consents.request(wish({ streamId: `s${n}`, ownerId: `own_${n % 2}` }))
    assert.throws(() => consents.request(wish({ streamId: 'more' })), { code: 'RATE_LIMITED', message: /today/ })
    clock.turn(DAY_MS)
    for (let n = 0; n < REQUESTS_OPEN_PER_OWNER_MAX; n++) consents.request(wish({ streamId: `t${n}`, recipient: `sub_${n}`, ownerId: 'own_z' }))
    assert.throws(() => consents.request(wish({ streamId: 'more', ownerId: 'own_z' })), { code: 'LIMIT_REACHED' })
    consents.decline('own_z', consents.requests.list('own_z')[0]!.id, 'refused')
    consents.request(wish({ streamId: 'more', ownerId: 'own_z' }))
  })

  it('are gone with the owner', () => {
    const { id } = consents.request(wish())
    consents.accept('own_a', id)
    database.exec("DELETE FROM consent_payloads WHERE owner_id = 'own_a'")
    const after = openConsents(database, clock)
    assert.deepEqual([after.requests.list('own_a'), after.requests.list('sub_c'), after.on('s1'), after.verify()], [[], [], [], 2])
  })
})
