// Which changes are told, with what.
import assert from 'node:assert/strict'
import { Changes, ofAgreement, ofConsent } from './changes.ts'

const now = new Date('2026-05-04T12:00:00Z')
const consent = { consentId: 'grant_1', streamId: 's', state: 'given', grantedAt: '2026-05-04T10:00:00Z', until: '2026-05-05T00:00:00Z' }

describe('Changes', () => {
  it('begins with what there is, and tells what is new with the time of its consent', () => {
    const changes = new Changes()
    assert.deepEqual(changes.take([ofConsent({ ...consent, consentId: 'grant_0' })], now), [])
    assert.deepEqual(changes.take([ofConsent({ ...consent, consentId: 'grant_0' }), ofConsent(consent)], now), [
      { event: 'consent-given', streamId: 's', consentId: 'grant_1', at: '2026-05-04T10:00:00Z', state: 'given' },
    ])
  })

  it('tells each change of state once, with the state before', () => {
    const changes = new Changes(), withdrawn = ofConsent({ ...consent, state: 'withdrawn', withdrawnAt: '2026-05-04T11:00:00Z' })
    changes.take([ofConsent(consent)], now)
    assert.deepEqual(changes.take([withdrawn], now), [
      { event: 'consent-withdrawn', streamId: 's', consentId: 'grant_1', at: '2026-05-04T11:00:00Z', state: 'withdrawn', before: 'given' },
    ])
    assert.deepEqual(changes.take([withdrawn], now), [])
  })

  it('takes the end of a consent for the time at which it expired', () => {
    const changes = new Changes()
    changes.take([ofConsent(consent)], now)
    assert.equal(changes.take([ofConsent({ ...consent, state: 'expired' })], now)[0]!.at, '2026-05-05T00:00:00Z')
  })

  it('follows an agreement through its states, by the time at which each was noticed', () => {
    const changes = new Changes(), states = ['waiting', 'active', 'suspended', 'active', 'ended']
    const told = states.flatMap(state => changes.take([ofAgreement({ agreementId: 'agr_1', streamId: 's', state })], now))
    assert.deepEqual(told.map(({ event, before, agreementId, at }) => [event, before, agreementId, at]), [
      ['agreement-active', 'waiting'], ['agreement-suspended', 'active'], ['agreement-active', 'suspended'], ['agreement-ended', 'active'],
    ].map(pair => [...pair, 'agr_1', now.toISOString()]))
  })
})
