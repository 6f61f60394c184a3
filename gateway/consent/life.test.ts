// The life of consents, held against a model: whatever is tried, in whatever order, with whatever clock and however often it is begun anew.
import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { EXPIRIES_AT_ONCE_MAX, type Consents } from '#gateway/consent/consents.ts'
import { Expiries } from '#gateway/consent/expiries.ts'
import { lifeOf, stateOf } from '#gateway/consent/grant.ts'
import { EVENT_TYPES, mayFollow, type EventType } from '#gateway/consent/life.ts'
import { openState } from '#gateway/state/database.ts'
import { openConsents } from '#test/support/consents.ts'
import { temporaryFolder, TurnedClock } from '#test/support/temporary.ts'

const TERMS = { ownerId: 'own_a', streamId: 's1', purposes: ['dpv:PublicBenefit'], attributes: ['temperature', 'relativeHumidity'] }
const REVOKED = { by: 'op_x', reason: 'asked in person' }

/** What a plain reader of the rules would say of a consent: the type of its last event, and until when. */
interface Model { state: EventType, until: number | undefined }
interface Step { readonly what: string, readonly which: number, readonly lasts: number | undefined }

class Life {
  readonly database: DatabaseSync
  readonly clock = new TurnedClock()
  readonly models = new Map<string, Model>()
  consents: Consents
  requesters = 0

  constructor(database: DatabaseSync) {
    this.database = database
    this.consents = this.load()
  }

  load(): Consents { return openConsents(this.database, this.clock) }
  get now(): number { return this.clock.now() }
  isInForce({ state, until }: Model): boolean { return (state === 'given' || state === 'renewed') && (until === undefined || this.now < until) }

  /** Does it, and the same to the model; where the model says no, it is refused with CONFLICT and nothing has changed. */
  attempt(model: Model, next: EventType, isAllowed: boolean, act: () => unknown, until = model.until): void {
    if (isAllowed) {
      act()
      Object.assign(model, { state: next, until })
    } else assert.throws(act, (error: any) => error.code === 'CONFLICT' || error.code === 'BAD_REQUEST', `${model.state} → ${next}`)
  }

  step({ what, which, lasts }: Step): void {
    const { consents } = this, until = lasts === undefined ? undefined : this.now + lasts, time = until === undefined ? {} : { until }
    if (what === 'grant') return void this.models.set(consents.grant({ ...TERMS, recipient: 'any', ...time }).grant.id, { state: 'given', until })
    if (what === 'request') return void this.models.set(consents.request({ ...TERMS, recipient: `sub_${this.requesters++}`, ...time }).id, { state: 'requested', until })
    if (what === 'turn') return this.clock.turn(lasts ?? -3)
    if (what === 'reopen') { this.consents = this.load(); return }
    if (what === 'expire') return this.expire()
    const [id, model] = [...this.models][which % (this.models.size || 1)] ?? []
    if (id !== undefined && model) this.act(what, id, model, time)
  }

  act(what: string, id: string, model: Model, time: { until?: number }): void {
    const { consents } = this, { state } = model, isAsked = state === 'requested' || state === 'deferred', isRequest = consents.requests.get(id) !== undefined, isGrant = consents.get(id) !== undefined
    if (what === 'accept' && isRequest) {
      const isAhead = model.until === undefined || model.until > this.now
      this.attempt(model, 'given', isAsked && isAhead, () => consents.accept('own_a', id))
    }
    if (what === 'refuse' && isRequest) this.attempt(model, 'refused', isAsked, () => consents.decline('own_a', id, 'refused'))
    if (what === 'defer' && isRequest) this.attempt(model, 'deferred', state === 'requested', () => consents.decline('own_a', id, 'deferred'))
    if (!isGrant) return
    if (what === 'renew') this.attempt(model, 'renewed', this.isInForce(model), () => consents.renew('own_a', id, time), time.until)
    if (what === 'withdraw') { consents.withdraw('own_a', id); model.state = 'withdrawn' }
    const inForceOrPast = state === 'given' || state === 'renewed'
    for (const as of ['revoked', 'invalidated'] as const) if (what === as) this.attempt(model, as, inForceOrPast || state === as, () => consents.revoke(id, { ...REVOKED, as }))
  }

  expire(): void {
    const ended = [...this.models.values()].filter(({ state, until }) => (state === 'given' || state === 'renewed') && until !== undefined && until <= this.now)
    assert.equal(this.consents.expire(), ended.length)
    for (const model of ended) model.state = 'expired'
  }

  check(): void {
    for (const [id, model] of this.models) {
      const grant = this.consents.get(id), request = this.consents.requests.get(id)
      assert.equal((grant && lifeOf(grant, this.now)) ?? request?.state, this.isInForce(model) || !grant ? model.state : model.state === 'given' || model.state === 'renewed' ? 'expired' : model.state)
      assert.equal(grant !== undefined && stateOf(grant, this.now) === 'given', this.isInForce(model), id)
      const types = this.consents.history(id).map(({ event }) => event.type as EventType)
      types.forEach((type, n) => assert.ok(mayFollow(types[n - 1], type), types.join()))
      assert.equal(types.at(-1), model.state)
    }
  }
}

describe('The life of a consent', () => {
  let database: DatabaseSync
  beforeEach(() => {
    database = openState(temporaryFolder())
    database.exec('PRAGMA synchronous = OFF')
  })
  afterEach(() => database.close())

  it('is that of the model, whatever is tried', function () {
    this.timeout(60_000)
    const acts = ['grant', 'request', 'turn', 'reopen', 'expire', 'accept', 'refuse', 'defer', 'renew', 'withdraw', 'revoked', 'invalidated']
    const step = fc.record({ what: fc.constantFrom(...acts), which: fc.nat({ max: 20 }), lasts: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }) })
    const ways = [acts, ['grant', 'turn', 'expire'], ...acts.flatMap(what => [['grant', what], ['request', what]])], examples = ways.map((way): [Step[]] => [way.map(what => ({ what, which: 0, lasts: 5 }))])
    const seen = new Set<EventType>()
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), steps => {
      database.exec('DELETE FROM consent_payloads; DELETE FROM consent_events')
      const life = new Life(database)
      for (const one of steps) {
        life.step(one)
        life.check()
      }
      for (const { state } of life.models.values()) seen.add(state)
      life.consents = life.load()
      life.check()
      life.consents.verify()
    }), { numRuns: 80, examples })
    assert.deepEqual([...seen].sort(), [...EVENT_TYPES].sort(), 'all states were reached')
  })

  it('has no way but those that are drawn', () => {
    const ways = [undefined, ...EVENT_TYPES].flatMap(before => EVENT_TYPES.filter(next => mayFollow(before, next)).map(next => `${before ?? ''}>${next}`))
    assert.deepEqual(ways, [
      '>requested', '>given', 'requested>deferred', 'requested>refused', 'requested>given', 'deferred>refused', 'deferred>given',
      ...['given', 'renewed'].flatMap(before => ['renewed', 'withdrawn', 'revoked', 'expired', 'invalidated'].map(next => `${before}>${next}`)), 'revoked>withdrawn', 'expired>withdrawn', 'invalidated>withdrawn',
    ])
  })

  it('lets nothing out that was revoked or found invalid, and says which it was', () => {
    const clock = new TurnedClock(), told: string[] = [], consents = openConsents(database, clock, streamId => { told.push(streamId) })
    for (const as of ['revoked', 'invalidated'] as const) {
      const { grant: { id } } = consents.grant({ ...TERMS, recipient: 'any' })
      clock.turn(5)
      const { grant, receipt, effectiveAt } = consents.revoke(id, { ...REVOKED, as })
      assert.deepEqual([stateOf(grant, clock.now()), lifeOf(grant, clock.now()), receipt.state, effectiveAt], ['withdrawn', as, as, clock.now()])
      clock.turn(5)
      assert.deepEqual(consents.revoke(id, { ...REVOKED, as }).receipt, receipt)
    }
    assert.equal(told.length, 6, 'each is told, and each again where it is repeated')
    assert.throws(() => consents.revoke('grant_x', { ...REVOKED, as: 'revoked' }), { code: 'NOT_FOUND' })
  })

  it('ends by an event, also while nothing ran; nothing left in between', () => {
    const clock = new TurnedClock(), { id } = openConsents(database, clock).grant({ ...TERMS, recipient: 'any', until: clock.now() + 10 }).grant
    clock.turn(9)
    assert.equal(openConsents(database, clock).expire(), 0)
    clock.turn(1_000)
    const consents = openConsents(database, clock)
    assert.equal(stateOf(consents.get(id)!, clock.now()), 'expired', 'before it is written down')
    assert.deepEqual([consents.expire(), consents.expire()], [1, 0])
    const [, ended] = consents.history(id)
    assert.deepEqual(ended!.event, { type: 'expired', consentId: id, ownerId: 'own_a', at: consents.get(id)!.until })
    clock.turn(-2_000)
    assert.equal(stateOf(openConsents(database, clock).get(id)!, clock.now()), 'expired', 'and is not alive again when the clock is set back')
  })

  it(`ends in turns of ${EXPIRIES_AT_ONCE_MAX}, and none is forgotten when it cannot be written`, () => {
    const clock = new TurnedClock(), consents = openConsents(database, clock)
    for (let n = 0; n <= EXPIRIES_AT_ONCE_MAX; n++) consents.grant({ ...TERMS, recipient: 'any', until: clock.now() + 1 })
    clock.turn(1)
    database.exec("CREATE TRIGGER full BEFORE INSERT ON consent_payloads BEGIN SELECT raise(ABORT, 'disk full'); END")
    assert.throws(() => consents.expire(), /disk full/)
    database.exec('DROP TRIGGER full')
    assert.deepEqual([consents.expire(), consents.expire(), consents.expire()], [EXPIRIES_AT_ONCE_MAX, 1, 0])
    consents.verify()
  })

  it('goes on under a renewal, as long as that says', () => {
    const clock = new TurnedClock(), consents = openConsents(database, clock), { id } = consents.grant({ ...TERMS, recipient: 'any', until: clock.now() + 10 }).grant
    clock.turn(5)
    const { grant, receipt } = consents.renew('own_a', id, { until: clock.now() + 100 })
    assert.deepEqual([grant.until, grant.renewedAt, receipt.state, receipt.renewedAt], [clock.now() + 100, clock.now(), 'renewed', '2026-05-04T10:15:30.005Z'])
    clock.turn(5)
    assert.deepEqual([consents.expire(), stateOf(grant, clock.now())], [0, 'given'])
    assert.equal(consents.renew('own_a', id, {}).grant.until, undefined)
    for (const until of [clock.now(), NaN]) assert.throws(() => consents.renew('own_a', id, { until }), { code: 'BAD_REQUEST' })
    assert.throws(() => consents.renew('own_b', id, {}), { code: 'NOT_FOUND' })
  })
})

describe('Expiries', () => {
  it('come out soonest first, and not before their time', () => fc.assert(fc.property(fc.array(fc.nat({ max: 50 })), fc.nat({ max: 60 }), fc.nat({ max: 30 }), (times, now, most) => {
    const expiries = new Expiries(), due = times.filter(at => at <= now).sort((a, b) => a - b)
    times.forEach(at => expiries.add(at, String(at)))
    assert.deepEqual(expiries.take(now, most).map(Number), due.slice(0, most))
    assert.deepEqual(expiries.take(now, Infinity).map(Number), due.slice(most))
  })))
})
