import assert from 'node:assert/strict'
import type { Grant } from '#gateway/consent/grant.ts'
import { groundOf, type Scene } from '#gateway/decision/ground.ts'
import { consentIdsIn, isOutlet, standing } from '#gateway/decision/standing.ts'
import type { Agreement } from '#gateway/market/agreement.ts'
import { modelOf } from '#semantic-models/registry.ts'

const model = modelOf('IndoorEnvironmentObserved')!
const NOW = 1_000
const grant = (more: Partial<Grant> = {}): Grant =>
  ({ id: 'grant_1', ownerId: 'own_1', streamId: 's', recipient: 'sub_1', purposes: ['dpv:PublicBenefit'], attributes: ['temperature', 'relativeHumidity'], grantedAt: 10, ...more })
const forbidden = (more: Partial<Grant> = {}): Grant => grant({ id: 'grant_never', kind: 'prohibition', ...more })
const agreement = ({ attributes = ['temperature'], ...more }: Partial<Agreement> & { attributes?: string[] } = {}): Agreement =>
  ({ id: 'agr_1', offer: { attributes } as unknown as Agreement['offer'], subscriberId: 'sub_1', purpose: 'dpv:PublicBenefit', budget: 0n, startedAt: 20, ...more })
const scene: Scene = {
  model, now: NOW, subjects: { partyIds: ['own_1'], since: 0 }, isSpecial: false,
  recipients: { countryOf: () => undefined, hasGroup: id => id === 'grp_cities', memberSince: (groupId, partyId) => groupId === 'grp_cities' && partyId === 'sub_1' ? 40 : undefined },
}
const where = (country: string): Pick<Scene, 'recipients'> => ({ recipients: { ...scene.recipients, countryOf: () => ({ country, since: 50 }) } })
const found = (of: Agreement, grants: readonly Grant[], more: Partial<Scene> = {}) => standing(of, groundOf(grants, { ...scene, ...more }))
const told = (of: Agreement, ...grants: Grant[]) => { const given = found(of, grants); return isOutlet(given) ? given.consentId : given }

describe('Standing', () => {
  it('is denied without a grant, and for somebody else', () => {
    assert.equal(told(agreement()), 'NO_CONSENT')
    assert.equal(told(agreement(), grant({ recipient: 'sub_2' })), 'NO_CONSENT')
  })

  it('lets out what the offer names, from the grant on', () => {
    assert.deepEqual(found(agreement(), [grant({ until: NOW + 1 })]), { consentId: 'grant_1', since: 10, mask: model.maskOf(['temperature']) })
  })

  it('takes a grant for anybody', () => assert.equal(told(agreement(), grant({ recipient: 'any' })), 'grant_1'))

  it('says why not: withdrawn, expired, for another purpose, too narrow, spent, ended', () => {
    assert.equal(told(agreement(), grant({ withdrawnAt: 500 })), 'CONSENT_WITHDRAWN')
    assert.equal(told(agreement(), grant({ until: NOW })), 'EXPIRED')
    assert.equal(told(agreement(), grant({ purposes: ['dpv:Marketing'] })), 'PURPOSE_MISMATCH')
    assert.equal(told(agreement({ attributes: ['temperature', 'illuminance'] }), grant()), 'SUSPENDED')
    assert.equal(told(agreement({ exhaustedAt: 5 }), grant()), 'SUSPENDED')
    assert.equal(told(agreement({ endedAt: 5 }), grant()), 'NO_AGREEMENT')
  })

  it('goes on by another grant when one is withdrawn', () => {
    assert.equal(told(agreement(), grant({ withdrawnAt: 500 }), grant({ id: 'grant_2' })), 'grant_2')
  })

  it('is by the grant that has covered it for the longest time', () => {
    assert.equal(told(agreement(), grant({ notBefore: 600 }), grant({ id: 'grant_2', grantedAt: 20 })), 'grant_2')
  })

  it('does not add narrow grants up to a wide one', () => {
    assert.equal(
      told(agreement({ attributes: ['temperature', 'relativeHumidity'] }), grant({ attributes: ['temperature'] }), grant({ id: 'grant_2', attributes: ['relativeHumidity'] })), 'SUSPENDED')
  })

  it('covers narrower purposes, never a broader one', () => {
    const warmer = agreement({ purpose: 'dpv:CombatClimateChange' })
    assert.equal(told(warmer, grant()), 'grant_1')
    assert.equal(told(agreement(), grant({ purposes: ['dpv:CombatClimateChange'] })), 'PURPOSE_MISMATCH')
  })

  it('is denied by a prohibition, whichever came first, of whatever it meets', () => {
    const meets = [
      forbidden(), forbidden({ recipient: 'any' }), forbidden({ recipient: 'grp_cities' }), forbidden({ recipient: 'grp_gone' }), forbidden({ attributes: ['temperature'] }),
      forbidden({ purposes: ['dpv:Purpose'] }), forbidden({ purposes: ['dpv:CombatClimateChange'] }), forbidden({ countries: ['US'] }), forbidden({ attributes: ['aura'] }),
      forbidden({ purposes: ['dpv:NotYetKnown'] }), forbidden({ kind: 'duty' as 'prohibition' }),
    ]
    for (const rule of meets) for (const grants of [[grant(), rule], [rule, grant()]]) assert.equal(told(agreement(), ...grants), 'NO_CONSENT', JSON.stringify(rule))
    const passes = [
      { recipient: 'sub_2' }, { attributes: ['illuminance'] }, { purposes: ['dpv:Marketing'] }, { onward: true }, { notBefore: NOW + 1 }, { until: NOW, notBefore: NOW }, { ownerId: 'own_2' },
    ] as const
    for (const more of passes) assert.equal(told(agreement(), grant(), forbidden(more)), 'grant_1', JSON.stringify(more))
  })

  it('lets nothing out that came before a prohibition ended', () => {
    const since = (rule: Grant) => { const outlet = found(agreement(), [grant(), rule]); return isOutlet(outlet) && outlet.since }
    assert.deepEqual([since(forbidden({ withdrawnAt: 300 })), since(forbidden({ until: 400 })), since(forbidden({ notBefore: 600, withdrawnAt: 300 }))], [300, 400, 10])
  })

  it('reaches a group through who is in it, from when they joined', () => {
    const toGroup = grant({ recipient: 'grp_cities' })
    assert.deepEqual(found(agreement(), [toGroup]), { consentId: 'grant_1', since: 40, mask: model.maskOf(['temperature']) })
    assert.equal(told(agreement({ subscriberId: 'sub_2' }), toGroup), 'NO_CONSENT')
    assert.equal(told(agreement(), grant({ recipient: 'grp_gone' })), 'NO_CONSENT')
  })

  it('wants a recipient to be where the grant says, and a known place', () => {
    const near = grant({ countries: ['BE', 'NL'] })
    assert.deepEqual(found(agreement(), [near], where('BE')), { consentId: 'grant_1', since: 50, mask: model.maskOf(['temperature']) })
    assert.equal(found(agreement(), [near], where('US')), 'NO_CONSENT')
    assert.equal(found(agreement(), [near]), 'NO_CONSENT')
    assert.ok(isOutlet(found(agreement(), [grant(), forbidden({ countries: ['US'] })], where('BE'))))
    assert.equal(found(agreement(), [grant(), forbidden({ countries: ['US'] })], where('US')), 'NO_CONSENT')
  })

  it('lets hand on whoever was allowed to', () => {
    const onward = agreement({ isOnward: true })
    assert.deepEqual([told(onward, grant()), told(onward, grant({ onward: true })), told(agreement(), grant({ onward: true }))], ['NO_CONSENT', 'grant_1', 'grant_1'])
    assert.equal(told(onward, grant({ onward: true }), forbidden({ onward: true })), 'NO_CONSENT')
  })

  it('wants the consent of each whom the source tells about', () => {
    const subjects = { partyIds: ['own_1', 'own_2'], since: 0 }, other = grant({ id: 'grant_2', ownerId: 'own_2', grantedAt: 30 })
    assert.equal(found(agreement(), [grant()], { subjects }), 'NO_CONSENT')
    const both = found(agreement(), [other, grant()], { subjects })
    assert.deepEqual(both, { consentId: 'grant_1+grant_2', since: 30, mask: model.maskOf(['temperature']) })
    assert.deepEqual(isOutlet(both) && consentIdsIn(both.consentId), ['grant_1', 'grant_2'])
    assert.equal(found(agreement(), [grant(), { ...other, withdrawnAt: 500 }], { subjects }), 'CONSENT_WITHDRAWN')
    assert.equal(found(agreement(), [grant(), other, forbidden({ ownerId: 'own_2' })], { subjects }), 'NO_CONSENT')
    assert.equal(isOutlet(found(agreement(), [grant()], { subjects: { partyIds: ['own_1'], since: 700 } })), true)
  })

  it('wants more where it is special: a recipient that is named, a purpose that is stated, in so many words', () => {
    const isSpecial = true, full = grant({ explicit: true })
    assert.ok(isOutlet(found(agreement(), [full], { isSpecial })))
    for (const more of [{ explicit: undefined }, { recipient: 'any' }, { recipient: 'grp_cities' }, { purposes: ['dpv:Purpose'] }]) {
      assert.ok(!isOutlet(found(agreement(), [{ ...full, ...more }], { isSpecial })), JSON.stringify(more))
    }
    assert.equal(found(agreement({ purpose: 'dpv:CombatClimateChange' }), [full], { isSpecial }), 'PURPOSE_MISMATCH')
    assert.equal(found(agreement({ purpose: 'dpv:Purpose' }), [{ ...full, purposes: ['dpv:Purpose'] }], { isSpecial }), 'PURPOSE_MISMATCH')
  })

  it('begins when it was said to', () => {
    assert.equal(told(agreement(), grant({ notBefore: NOW + 1 })), 'NO_CONSENT')
    assert.deepEqual(found(agreement(), [grant({ notBefore: NOW })]), { consentId: 'grant_1', since: NOW, mask: model.maskOf(['temperature']) })
  })

  it('is denied for whatever is not known', () => {
    assert.equal(told(agreement({ purpose: 'dpv:NotYetKnown' }), grant({ purposes: ['dpv:NotYetKnown', 'dpv:Purpose'] })), 'PURPOSE_MISMATCH')
    assert.equal(told(agreement({ attributes: ['temperature', 'aura'] }), grant({ attributes: ['temperature', 'aura'] })), 'NO_CONSENT')
  })
})
