import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Grant } from '#gateway/consent/grant.ts'
import { isOutlet, standing } from '#gateway/decision/standing.ts'
import type { Agreement } from '#gateway/market/agreement.ts'
import { modelOf } from '#semantic-models/registry.ts'

const model = modelOf('IndoorEnvironmentObserved')!
const NOW = 1_000
const grant = (more: Partial<Grant> = {}): Grant => ({ id: 'grant_1', ownerId: 'own_1', streamId: 's', recipient: 'sub_1', purposes: ['dpv:A'], attributes: ['temperature', 'relativeHumidity'], grantedAt: 10, ...more })
const agreement = ({ attributes = ['temperature'], ...more }: Partial<Agreement> & { attributes?: string[] } = {}): Agreement =>
  ({ id: 'agr_1', offer: { attributes } as unknown as Agreement['offer'], subscriberId: 'sub_1', purpose: 'dpv:A', budget: 0n, startedAt: 20, ...more })
const told = (of: Agreement, ...grants: Grant[]) => { const found = standing(of, grants, model, NOW); return isOutlet(found) ? found.consentId : found }

describe('Standing', () => {
  it('is denied without a grant, and for somebody else', () => {
    assert.equal(told(agreement()), 'NO_CONSENT')
    assert.equal(told(agreement(), grant({ recipient: 'sub_2' })), 'NO_CONSENT')
  })

  it('lets out what the offer names, from the grant on', () => {
    assert.deepEqual(standing(agreement(), [grant({ until: NOW + 1 })], model, NOW), { consentId: 'grant_1', since: 10, mask: model.maskOf(['temperature']) })
  })

  it('takes a grant for anybody', () => assert.equal(told(agreement(), grant({ recipient: 'any' })), 'grant_1'))

  it('says why not: withdrawn, expired, for another purpose, too narrow, spent, ended', () => {
    assert.equal(told(agreement(), grant({ withdrawnAt: 500 })), 'CONSENT_WITHDRAWN')
    assert.equal(told(agreement(), grant({ until: NOW })), 'EXPIRED')
    assert.equal(told(agreement(), grant({ purposes: ['dpv:B'] })), 'PURPOSE_MISMATCH')
    assert.equal(told(agreement({ attributes: ['temperature', 'illuminance'] }), grant()), 'SUSPENDED')
    assert.equal(told(agreement({ exhaustedAt: 5 }), grant()), 'SUSPENDED')
    assert.equal(told(agreement({ endedAt: 5 }), grant()), 'NO_AGREEMENT')
  })

  it('goes on by another grant when one is withdrawn', () => {
    assert.equal(told(agreement(), grant({ withdrawnAt: 500 }), grant({ id: 'grant_2' })), 'grant_2')
  })

  it('does not add narrow grants up to a wide one', () => {
    assert.equal(told(agreement({ attributes: ['temperature', 'relativeHumidity'] }), grant({ attributes: ['temperature'] }), grant({ id: 'grant_2', attributes: ['relativeHumidity'] })), 'SUSPENDED')
  })

  it('is an outlet exactly when some grant in force covers recipient, purpose and attributes', () => {
    const someGrant = fc.record({
      recipient: fc.constantFrom('any', 'sub_1', 'sub_2'), purposes: fc.subarray(['dpv:A', 'dpv:B'], { minLength: 1 }), attributes: fc.subarray(['temperature', 'relativeHumidity', 'illuminance'], { minLength: 1 }),
      until: fc.constantFrom(undefined, NOW - 1, NOW, NOW + 1), withdrawnAt: fc.constantFrom(undefined, 500),
    }).map(grant)
    fc.assert(fc.property(fc.array(someGrant, { maxLength: 4 }), fc.subarray(['temperature', 'relativeHumidity', 'illuminance'], { minLength: 1 }), fc.constantFrom('dpv:A', 'dpv:B'), (grants, attributes, purpose) => {
      const covered = grants.some(each => ['any', 'sub_1'].includes(each.recipient) && each.purposes.includes(purpose) && each.withdrawnAt === undefined && (each.until ?? Infinity) > NOW && attributes.every(name => each.attributes.includes(name)))
      assert.equal(isOutlet(standing(agreement({ attributes, purpose }), grants, model, NOW)), covered)
    }), { numRuns: 500 })
  })
})
