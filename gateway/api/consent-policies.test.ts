import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sluice, sluiceJson } from '#test/support/command-line.ts'
import { call, type Answer, type CallOptions } from '#test/support/documented.ts'
import { Running, type PartyKey } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

describe('A consent, as an ODRL policy', () => {
  let running: Running, owner: PartyKey, other: PartyKey, city: PartyKey, streamId: string
  before(async () => {
    running = await Running.start()
    ;[owner, other, city] = await Promise.all([running.party('owner'), running.party('owner'), running.party('subscriber')])
    const device = await running.device(await running.pair(owner))
    await device.publishAsync('zigbee2mqtt/kitchen', '{"temperature":20,"humidity":50}', { qos: 1 })
    streamId = (await running.streamsOf(owner))[0]!.streamId
  })
  after(() => running.stop())

  const ask = (id: string, options?: CallOptions, party = owner): Promise<Answer> => call(running.http, party.key, id, options)
  const give = async (more: object = {}): Promise<string> => {
    const wish = { streamId, recipient: city.partyId, purposes: ['dpv:PublicBenefit'], attributes: ['temperature'], ...more }
    return (await ask('grantConsent', { body: wish })).body.consentId
  }
  const policyOf = async (consentId: string): Promise<any> => (await ask('exportConsent', { values: { consentId } })).body
  const listed = async (consentId: string) => {
    const { consentId: _id, grantedAt: _at, ...consent } = (await ask('listConsents')).body.find((one: { consentId: string }) => one.consentId === consentId)
    return consent
  }
  const refusal = async (body: object, party = owner): Promise<string> => {
    const answer = await ask('importConsent', { body: { policy: JSON.stringify(body) } }, party)
    assert.ok(answer.status >= 400, JSON.stringify(answer.body))
    return `${answer.status} ${answer.body.code} ${answer.body.detail}`
  }

  it('goes out and comes in as an equal consent, with a receipt of its own', async () => {
    for (const more of [{}, { recipient: 'any', until: '2199-01-01T00:00:00.250Z', keep: 'P30D', purposes: ['dpv:ServiceProvision', 'urn:purpose:1'], attributes: ['temperature', 'relativeHumidity'] }, { countries: ['BE', 'NL'], onward: true, explicit: true, notBefore: '2198-01-01T00:00:00Z' }, { kind: 'prohibition', recipient: 'any' }]) {
      const given = await give(more), { status, body } = await ask('importConsent', { body: { policy: JSON.stringify(await policyOf(given)) } })
      assert.deepEqual([status, body.state, body.receipt.consentId], [201, 'given', body.consentId])
      assert.notEqual(body.consentId, given)
      assert.deepEqual(await listed(body.consentId), await listed(given))
    }
  })

  it('ends, when it was withdrawn, at that instant', async () => {
    const given = await give({ until: '2199-01-01T00:00:00Z' }), { body: { effectiveAt } } = await ask('withdrawConsent', { values: { consentId: given } })
    const policy = await policyOf(given)
    assert.equal(policy.permission[0].constraint.at(-1).rightOperand['@value'], effectiveAt)
    assert.match(await refusal(policy), /^400 BAD_REQUEST .*must be a time to come/)
  })

  it('is the same for its recipient, by name, in a group or as anybody who agreed, and for no other', async () => {
    const town = await running.party('subscriber'), { body: { groupId } } = await ask('addGroup', { body: { name: 'cities' } }, { partyId: '', key: running.operatorKey })
    const named = await give(), grouped = await give({ recipient: groupId }), open = await give({ recipient: 'any' }), seen = async (consentId: string, party: PartyKey) => (await ask('exportConsent', { values: { consentId } }, party)).status
    assert.deepEqual((await ask('exportConsent', { values: { consentId: named } }, city)).body, await policyOf(named))
    assert.equal((await policyOf(named)).permission[0].assigner, `urn:sluice:party:${owner.partyId}`)
    assert.deepEqual([await seen(named, town), await seen(grouped, town), await seen(open, town)], [404, 404, 404])
    await ask('joinGroup', { values: { groupId, partyId: town.partyId } }, { partyId: '', key: running.operatorKey })
    assert.deepEqual([await seen(grouped, town), await seen(open, town)], [404, 404], 'without an agreement on the stream they are no recipient')
    const { body: { offerId } } = await ask('createOffer', { body: { streamId, price: '0', unit: 'message', currency: 'EUR', attributes: ['temperature'] } })
    await ask('agree', { body: { offerId, purpose: 'dpv:PublicBenefit' } }, town)
    assert.deepEqual([await seen(named, town), await seen(grouped, town), await seen(open, town)], [404, 200, 200])
    assert.equal((await running.call(city.key, 'GET', '/v1/consents')).status, 403, 'the list is the owner\'s alone')
  })

  it('is nobody else\'s to see, or to give', async () => {
    const given = await give()
    assert.equal((await ask('exportConsent', { values: { consentId: given } }, other)).status, 404)
    assert.match(await refusal(await policyOf(given), other), /^400 BAD_REQUEST The policy is of .* nobody gives a consent for somebody else/)
    const { permission: [{ assigner: _, ...rule }], ...policy } = await policyOf(given)
    assert.match(await refusal({ ...policy, permission: [rule] }, other), /^404 NOT_FOUND There is no such stream/)
    assert.match(await refusal({ ...policy, permission: [{ ...rule, assignee: 'urn:sluice:party:sub_nobody' }] }), /^404 NOT_FOUND There is no such recipient/)
  })

  it('is refused, and nothing is given, where a word is not known or no consent can say it', async () => {
    const before = (await ask('listConsents')).body.length, { permission: [rule], ...policy } = await policyOf(await give())
    const changed = (change: object, more: object = {}) => ({ ...policy, permission: [{ ...rule, ...change }], ...more })
    assert.match(await refusal(changed({ constraint: [...rule.constraint, { leftOperand: 'mood', operator: 'eq', rightOperand: 1 }] })), /^400 BAD_REQUEST Not understood.*odrl:mood/)
    assert.match(await refusal(changed({}, { conflict: 'perm' })), /^400 BAD_REQUEST odrl:conflict odrl:perm/)
    assert.match(await refusal(changed({ assignee: 'Alice' })), /"Alice" names nothing/)
    assert.match(await refusal(changed({ target: rule.target[0].uid.replace(/temperature$/, 'mood') })), /^400 BAD_REQUEST .*mood/)
    assert.match(await refusal({}), /has no policy/)
    assert.equal((await ask('listConsents')).body.length, before + 1)
  })

  it('is a file for the command line', async () => {
    const environment = { SLUICE_URL: running.http, SLUICE_KEY: owner.key } as const, given = await give(), file = join(temporaryFolder(), 'consent.jsonld')
    const { code, out } = await sluice(['consent', 'export', given], environment)
    assert.equal(code, 0)
    assert.deepEqual(JSON.parse(out), await sluiceJson(['consent', 'export', given], environment))
    writeFileSync(file, out)
    assert.equal((await sluice(['odrl', 'check', file])).code, 0)
    const { consentId, state } = await sluiceJson(['consent', 'import', file], environment)
    assert.equal(state, 'given')
    assert.deepEqual(await listed(consentId), await listed(given))
    writeFileSync(file, '{')
    assert.match((await sluice(['consent', 'import', file], environment)).err, /That is no JSON/)
    assert.match((await sluice(['consent', 'import', `${file}.not`], environment)).err, /cannot be read/)
  })
})
