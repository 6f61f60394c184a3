// Consents as their two sides have them: asked for, previewed, narrowed, recorded, renewed, withdrawn; and checked offline by the public key alone.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MqttClient } from 'mqtt'
import { missingIn } from '#gateway/consent/records/profile.ts'
import { checkReceipts } from '#gateway/consent/records/receipt-check.ts'
import { parsePublicKeys, type PublicKeys } from '#gateway/proof/public-keys.ts'
import { sluice, sluiceJson } from '#test/support/command-line.ts'
import { call, type CallOptions } from '#test/support/documented.ts'
import { Running, type PartyKey } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const folder = temporaryFolder(), PURPOSE = 'dpv:PublicBenefit'
const file = (name: string, text: string) => { const path = join(folder, name); writeFileSync(path, text); return path }

describe('A consent and its two sides', () => {
  let running: Running, owner: PartyKey, city: PartyKey, rival: PartyKey, device: MqttClient, streamId: string, keys: PublicKeys, keyFile: string
  const as = (who: PartyKey) => ({ SLUICE_URL: running.http, SLUICE_KEY: who.key })
  const ask = (who: PartyKey, id: string, options?: CallOptions) => call(running.http, who.key, id, options)
  const receiptsOf = async (who: PartyKey, consentId: string): Promise<any[]> => (await ask(who, 'consentReceipts', { values: { consentId } })).body
  before(async () => {
    running = await Running.start()
    ;[owner, city, rival] = await Promise.all([running.party('owner'), running.party('subscriber'), running.party('subscriber')])
    device = await running.device(await running.pair(owner))
    await device.publishAsync('zigbee2mqtt/kitchen', '{"temperature":20,"humidity":50}', { qos: 1 })
    streamId = (await running.streamsOf(owner))[0]!.streamId
    await running.ok(owner.key, 'POST', '/v1/offers', { streamId, price: '0.001', unit: 'message', currency: 'EUR', attributes: ['temperature'] })
    await call(running.http, running.operatorKey, 'setParty', { values: { partyId: city.partyId }, body: { country: 'BE' } })
    await ask(city, 'setParty', { values: { partyId: city.partyId }, body: { postalAddress: '1 Market Square', contact: 'privacy@example.org', dataRole: 'controller' } })
    const text = await (await fetch(`${running.http}/.well-known/jwks.json`)).text()
    keys = parsePublicKeys(text)
    keyFile = file('jwks.json', text)
  })
  after(() => running.stop())

  it('begins with a question in plain words and a look at what would leave', async () => {
    const { body: asked, status } = await ask(city, 'requestConsent', { body: { streamId, purposes: [PURPOSE], attributes: ['temperature', 'relativeHumidity'], keep: 'P30D' } })
    assert.deepEqual([status, asked.state, asked.preview], [201, 'requested', undefined])
    assert.doesNotMatch(asked.sentence, /kitchen/, 'who asks does not read how the owner calls it')
    const again = await ask(city, 'requestConsent', { body: { streamId, purposes: [PURPOSE], attributes: ['temperature'] } })
    assert.deepEqual([again.status, again.body.code], [429, 'RATE_LIMITED'])
    await device.publishAsync('zigbee2mqtt/kitchen', '{"temperature":21,"humidity":51}', { qos: 1 })
    const values = { requestId: asked.requestId as string }, { body: seen } = await ask(owner, 'showRequest', { values })
    assert.match(seen.sentence, /^subscriber \(in Belgium\) asks to receive temperature and relative humidity of “kitchen” .* for public benefit, until you withdraw it\. It may be kept for 30 days\. The price is 0\.001000 EUR per message\./)
    assert.deepEqual([seen.preview.length, seen.preview[0].temperature.value, seen.preview[0].relativeHumidity.value, seen.preview[0].refDevice], [1, 21, 0.51, undefined])
    assert.equal((await ask(city, 'showRequest', { values })).body.preview, undefined)
    assert.equal((await ask(rival, 'showRequest', { values })).status, 404)
  })

  it('is narrowed by the command line, and recorded for both sides alike', async () => {
    const [request] = await sluiceJson(['consent', 'requests'], as(owner)), id = request.requestId as string
    assert.match((await sluice(['consent', 'preview', id], as(owner))).out, /asks to receive.*\n\{"id":.*"temperature":/)
    assert.equal((await sluice(['consent', 'accept', id, '--attributes', 'location'], as(owner))).code, 1)
    const { consentId, state, receipt } = await sluiceJson(['consent', 'accept', id, '--attributes', 'temperature'], as(owner))
    assert.deepEqual([consentId, state, receipt.attributes, receipt.state], [id, 'given', ['temperature'], 'given'])
    const records = [await sluiceJson(['consent', 'show', id], as(owner)), await sluiceJson(['consent', 'show', id], as(city))]
    assert.deepEqual(records[0], records[1])
    assert.deepEqual(missingIn(records[0]), [])
    assert.deepEqual(records[0]['dpv:hasConsentStatus'].map((each: any) => each['@type']), ['dpv:ConsentRequested', 'dpv:ConsentGiven'])
    const [recipient] = records[0]['dpv:hasProcess'][0]['dpv:hasRecipient']
    assert.deepEqual([recipient['dpv:hasCountry'], recipient['dpv:hasContact'], recipient['@type']], ['loc:BE', 'privacy@example.org', ['dpv:Recipient', 'dpv:DataController']])
    assert.equal((await ask(rival, 'showConsent', { values: { consentId: id } })).status, 404)
    assert.equal((await ask(city, 'listConsents')).status, 403, 'whoever receives it has the record and the receipts')
    assert.equal((await sluice(['consent', 'check', file('record.json', JSON.stringify(records[0]))])).code, 0)
    delete records[0]['dpv:hasJurisdiction']
    const { code, out, err } = await sluice(['consent', 'check', file('short.json', JSON.stringify(records[0]))])
    assert.deepEqual([code, out], [1, 'jurisdiction: dpv:hasJurisdiction\n'])
    assert.match(err, /1 mandatory field is missing or wrong: jurisdiction/)
  })

  it('is asked for again when the notice has changed, keeps the one that it was given under, and is renewed under the new one', async () => {
    const listed = async () => (await ask(owner, 'listConsents')).body[0], before = await listed()
    assert.equal(before.renewalAsked, undefined)
    await sluiceJson(['notice', 'set', '--file', file('notice.txt', 'We share for the heat map.')], as(owner))
    const asked = await listed()
    assert.deepEqual([asked.renewalAsked, asked.notice, asked.state], [true, before.notice, 'given'])
    const until = new Date(Date.now() + 86_400_000).toISOString()
    await sluiceJson(['consent', 'renew', asked.consentId, '--until', until], as(owner))
    const renewed = await listed(), notice = await sluiceJson(['notice', 'show', '--hash', renewed.notice.hash], as(city))
    assert.deepEqual([renewed.renewalAsked, renewed.until, renewed.state], [undefined, until, 'given'])
    assert.match(notice.text, /^We share for the heat map\./)
    assert.equal((await sluiceJson(['notice', 'show', '--hash', before.notice.hash], as(city))).of, 'gateway')
    const record = (await ask(city, 'showConsent', { values: { consentId: asked.consentId } })).body
    assert.equal(record['dpv:hasNotice']['schema:sha256'], notice.hash)
    assert.deepEqual(missingIn(record), [])
  })

  it('has a receipt of each change, the same for both, which anybody checks by the public key alone', async () => {
    const [{ consentId }] = (await ask(owner, 'listConsents')).body
    const { receipt } = await sluiceJson(['consent', 'withdraw', consentId], as(owner))
    const [mine, theirs] = await Promise.all([owner, city].map(who => receiptsOf(who, consentId)))
    assert.deepEqual(mine, theirs)
    assert.deepEqual(mine!.map(({ state }) => state), ['given', 'renewed', 'withdrawn'])
    assert.deepEqual(mine!.at(-1), receipt)
    assert.deepEqual(checkReceipts(JSON.stringify(mine), keys), [undefined, undefined, undefined])
    assert.deepEqual(checkReceipts(receipt.jws, keys), [undefined])
    const kept = file('receipts.jsonl', (await sluice(['consent', 'receipts', consentId], as(city))).out)
    assert.deepEqual(await sluiceJson(['verify', kept, '--keys', keyFile]), { messages: 3, proven: 3, bad: 0, faults: [] })
  })

  it('has receipts that are found out where one byte is another, or a member', async () => {
    const [{ consentId }] = (await ask(owner, 'listConsents')).body, [receipt] = await receiptsOf(owner, consentId)
    for (let n = 0; n < receipt.jws.length; n += 97) {
      const jws = receipt.jws.slice(0, n) + (receipt.jws[n] === 'A' ? 'B' : 'A') + receipt.jws.slice(n + 1)
      assert.notDeepEqual(checkReceipts(jws, keys), [undefined], `${n}`)
    }
    assert.deepEqual(checkReceipts(JSON.stringify({ ...receipt, attributes: ['temperature', 'location'] }), keys), ['RECEIPT_CHANGED'])
    const [header, payload, signature] = receipt.jws.split('.'), none = Buffer.from('{"alg":"none"}').toString('base64url')
    assert.deepEqual(checkReceipts(`${none}.${payload}.${signature}`, keys), ['NO_JWS'])
    assert.deepEqual(checkReceipts(`${header}.${payload}.${signature}`, new Map()), ['UNKNOWN_KEY'])
    const { code, err } = await sluice(['verify', file('bad.jsonl', JSON.stringify({ ...receipt, recipient: 'any' })), '--keys', keyFile, '--json'])
    assert.deepEqual([code, JSON.parse(err).error.code], [1, 'NOT_PROVEN'])
  })

  it('is taken back by an operator, who never gives, and ends by itself with a receipt', async () => {
    const grant = async (more: object = {}) => (await ask(owner, 'grantConsent', { body: { streamId, recipient: city.partyId, purposes: [PURPOSE], attributes: ['temperature'], ...more } })).body.consentId as string
    const operator = { partyId: '', key: running.operatorKey }, revoked = await grant(), invalid = await grant()
    const { body } = await ask(operator, 'revokeConsent', { values: { consentId: revoked }, body: { reason: 'lost key' } })
    assert.deepEqual([body.state, body.receipt.state], ['revoked', 'revoked'])
    assert.equal((await sluiceJson(['consent', 'revoke', invalid, '--reason', 'court', '--invalid'], as(operator))).state, 'invalidated')
    for (const who of [owner, city]) assert.equal((await ask(who, 'revokeConsent', { values: { consentId: revoked }, body: { reason: 'x' } })).status, 403)
    assert.equal((await ask(operator, 'grantConsent', { body: { streamId, recipient: 'any', purposes: [PURPOSE], attributes: 'all' } })).status, 403)
    const soon = await grant({ until: new Date(Date.now() + 300).toISOString() })
    let states: string[] = []
    for (const end = Date.now() + 5_000; states.at(-1) !== 'expired' && Date.now() < end; await new Promise(done => setTimeout(done, 50))) states = (await receiptsOf(city, soon)).map(({ state }) => state)
    assert.deepEqual(states, ['given', 'expired'])
    assert.equal((await ask(owner, 'renewConsent', { values: { consentId: soon }, body: {} })).status, 409)
  })
})
