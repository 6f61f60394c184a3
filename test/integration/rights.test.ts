// Access, portability, transfers, restriction, objection, rectification, the record of processing and the operator, as their users have them.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { readTar } from '#gateway/backup/tar-reader.ts'
import { parsePublicKeys, type PublicKeys } from '#gateway/proof/public-keys.ts'
import { verifyExport } from '#gateway/rights/export-verifier.ts'
import { HOUR_MS } from '#gateway/rights/transfers.ts'
import { sluice, sluiceJson } from '#test/support/command-line.ts'
import { Running, type Paired, type PartyKey } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const TOPIC = 'zigbee2mqtt/kitchen', climate = (temperature: number) => JSON.stringify({ temperature, humidity: 44.4 })

describe('The rights of an owner', function () {
  this.timeout(60_000)
  let running: Running, owner: PartyKey, other: PartyKey, city: PartyKey, town: PartyKey, source: Paired, streamId: string, consentId: string, agreementId: string, keys: PublicKeys
  const send = async (...values: number[]) => {
    const device = await running.device(source)
    for (const value of values) await device.publishAsync(TOPIC, climate(value), { qos: 1 })
    await device.endAsync()
  }
  const streamOf = async (of: PartyKey): Promise<string> => {
    const device = await running.device(await running.pair(of))
    await device.publishAsync(TOPIC, climate(1), { qos: 1 })
    await device.endAsync()
    return (await running.streamsOf(of)).find(({ sourceId }: any) => sourceId !== source.sourceId)!.streamId
  }
  const as = (key: string) => ({ SLUICE_URL: running.http, SLUICE_KEY: key })

  before(async () => {
    running = await Running.start()
    ;[owner, other, city, town] = await Promise.all(['owner', 'owner', 'subscriber', 'subscriber'].map(role => running.party(role))) as [PartyKey, PartyKey, PartyKey, PartyKey]
    keys = parsePublicKeys(await (await fetch(`${running.http}/.well-known/jwks.json`)).text())
    source = await running.pair(owner, { name: 'my home', location: [4.35, 50.85] })
    await send(1)
    ;[{ streamId }] = await running.streamsOf(owner) as [{ streamId: string }]
    ;({ consentId, agreementId } = await running.deal(owner, city, streamId))
    const watcher = running.subscribe(city, streamId)
    await watcher.opened
    await send(21.5, 22.5, 23.5)
    await watcher.count(3)
    watcher.close()
  })
  after(() => running.stop())

  it('to access: all tables that have something of theirs, no secret, and nothing of others', async () => {
    const { body } = await running.call(owner.key, 'GET', '/v1/access'), text = JSON.stringify(body)
    for (const table of ['parties', 'sources', 'devices', 'streams', 'consent_payloads', 'offers', 'agreements', 'usage_records', 'party_keys']) assert.ok(body.state[table].count > 0, table)
    assert.deepEqual([body.partyId, body.readings], [owner.partyId, [{ streamId, messages: 3 }]])
    for (const known of ['my home', 'kitchen', consentId, '50.85']) assert.ok(text.includes(known), known)
    assert.ok(!/"(sealed|password_hash|salt|payload_hash|signature)"/.test(text) && !('hash' in body.state.party_keys.rows[0]) && !text.includes(other.partyId))
    assert.deepEqual((await running.call(other.key, 'GET', '/v1/access')).body.readings, [])
    assert.equal((await running.call(city.key, 'GET', '/v1/access')).status, 403)
  })

  it('to portability: readings in JSON-LD and CSV, and consents, signed', async () => {
    const file = join(temporaryFolder(), 'mine.tar')
    assert.deepEqual(await sluiceJson(['export', '--to', file], as(owner.key)), { file })
    assert.equal((await sluice(['export', '--to', file], as(owner.key))).code, 1)
    const files = new Map<string, string>()
    for await (const { name, content } of readTar(Readable.from([readFileSync(file)]))) files.set(name, Buffer.concat(await Array.fromAsync(content)).toString())
    const entities = JSON.parse(files.get('readings/00001/000001.jsonld')!), csv = files.get('readings/00001/000001.csv')!
    assert.deepEqual(entities.map(({ temperature }: any) => temperature.value), [21.5, 22.5, 23.5])
    assert.match(csv, /^messageId,receivedAt,entity,type,observedAt,attribute,value,unitCode\r\n/)
    assert.match(csv, /,temperature,22\.5,CEL\r\n/)
    assert.equal(JSON.parse(files.get('consents.jsonld')!)['@graph'][0].id, `urn:sluice:consent:${consentId}`)
    assert.deepEqual((await verifyExport(Readable.from([readFileSync(file)]), keys)).owner, owner.partyId)
    assert.match((await sluice(['verify', file, '--url', running.http], as(owner.key))).out, /proven/)
    const bytes = readFileSync(file)
    bytes[bytes.indexOf('22.5')]! ^= 1
    writeFileSync(`${file}.changed`, bytes)
    await assert.rejects(verifyExport(Readable.from([bytes]), keys), /is not what was signed/)
    assert.equal((await sluice(['verify', `${file}.changed`, '--url', running.http], as(owner.key))).code, 1)
    await assert.rejects(verifyExport(Readable.from([readFileSync(file).subarray(0, -2_048)]), keys), /cut off/)
    await assert.rejects(verifyExport(Readable.from([readFileSync(file)]), new Map()), /UNKNOWN_KEY/)
  })

  it('to know who got what, when, under which consent; others are told the hour at most', async () => {
    const [transfer, ...more] = await sluiceJson(['transfers'], as(owner.key))
    assert.deepEqual([more, transfer.recipient, transfer.streamId, transfer.messages, transfer.consentIds, transfer.consentsBy, transfer.attributes, transfer.agreementId], [[], city.partyId, streamId, 3, [consentId], 'log', ['temperature'], agreementId])
    assert.notEqual(Date.parse(transfer.at) % HOUR_MS, 0)
    const [seen] = await running.ok(running.operatorKey, 'GET', '/v1/transfers')
    assert.deepEqual([Date.parse(seen.at) % HOUR_MS, seen.owner], [0, owner.partyId])
    assert.deepEqual(await running.ok(other.key, 'GET', '/v1/transfers'), [])
    assert.equal((await running.call(city.key, 'GET', '/v1/transfers')).status, 403)
    for (const query of [`recipient=${town.partyId}`, 'from=2100-01-01T00:00:00Z', 'to=2000-01-01T00:00:00Z', `after=${transfer.record}`, 'streamId=x']) assert.deepEqual(await running.ok(owner.key, 'GET', `/v1/transfers?${query}`), [], query)
  })

  it('to be found when something went wrong: those whom a breach concerns are those that the transfers name', async () => {
    const affected = await sluiceJson(['breach', '--recipient', city.partyId, '--from', '2020-01-01T00:00:00Z'], as(running.operatorKey))
    assert.deepEqual(affected.map(({ owner: id, messages, streams, recipients }: any) => [id, messages, streams, recipients]), [[owner.partyId, 3, [streamId], [city.partyId]]])
    assert.deepEqual(await sluiceJson(['breach', '--recipient', town.partyId], as(running.operatorKey)), [])
    assert.equal((await running.call(owner.key, 'GET', '/v1/breach')).status, 403)
  })

  it('to restriction: nothing leaves or is kept, consents stay, and it goes on when it is lifted', async () => {
    const watcher = running.subscribe(city, streamId)
    await watcher.opened
    const { state, told } = await sluiceJson(['restrict', '--stream', streamId], as(owner.key))
    assert.deepEqual([state, told], ['restricted', 1])
    await send(99.25)
    await watcher.end()
    assert.deepEqual(watcher.got, [])
    const late = running.subscribe(city, streamId)
    await late.opened
    assert.equal(late.refusal?.problem.code, 'NO_CONSENT')
    assert.equal((await running.ok(owner.key, 'GET', '/v1/consents'))[0].state, 'given')
    assert.equal((await running.call(running.operatorKey, 'DELETE', `/v1/streams/${encodeURIComponent(streamId)}/restriction`)).status, 403)
    assert.equal((await running.call(other.key, 'DELETE', `/v1/streams/${encodeURIComponent(streamId)}/restriction`)).status, 404)
    await sluiceJson(['lift', '--stream', streamId], as(owner.key))
    const again = running.subscribe(city, streamId, 'envelope=1&from=earliest')
    await again.opened
    await send(24.5)
    await again.count(4)
    assert.deepEqual(again.got.map(({ content }) => content.temperature.value), [21.5, 22.5, 23.5, 24.5])
    again.close()
  })

  it('to rectification: their name, and a device, of which recipients are told', async () => {
    assert.equal((await sluiceJson(['rectify', '--name', 'Right Name'], as(owner.key))).name, 'Right Name')
    assert.equal((await running.ok(running.operatorKey, 'GET', '/v1/parties')).find(({ partyId }: any) => partyId === owner.partyId).name, 'Right Name')
    await running.ok(owner.key, 'PATCH', '/v1/devices/kitchen', { name: 'Kitchen' })
    await running.ok(owner.key, 'PATCH', '/v1/devices/kitchen', { location: [4.36, 50.86] })
    const notices = await sluiceJson(['recipient', 'notices'], as(city.key))
    assert.deepEqual(notices.map(({ kind, agreementId: id }: any) => [kind, id]), [['restricted', agreementId], ['lifted', agreementId], ['corrected', agreementId]])
    assert.deepEqual(await sluiceJson(['recipient', 'notices', '--after', String(notices[1].noticeId)], as(city.key)), notices.slice(2))
    assert.deepEqual(await running.ok(town.key, 'GET', '/v1/recipient-notices'), [])
  })

  it('to see the risk before they consent: it grows, and nothing is given', async () => {
    const preview = (recipient: string, attributes: string) => sluiceJson(['consent', 'grant', '--stream', streamId, '--recipient', recipient, '--purpose', 'dpv:Marketing', '--attributes', attributes, '--dry-run'], as(owner.key))
    const scores = [await preview(town.partyId, 'temperature'), await preview(town.partyId, 'temperature,location'), await preview('any', 'temperature,location')].map(({ risk }) => risk.score)
    assert.ok(scores[0] < scores[1] && scores[1] < scores[2], String(scores))
    assert.equal((await running.ok(owner.key, 'GET', '/v1/consents')).length, 1)
    assert.equal((await running.call(other.key, 'POST', '/v1/consents/preview', { streamId, recipient: 'any', purposes: ['dpv:Marketing'], attributes: 'all' })).status, 404)
  })

  it('whom a source of somebody else tells about: what they restrict is restricted, and nobody else lifts it', async () => {
    const path = `/v1/streams/${encodeURIComponent(streamId)}/restriction`
    await running.ok(owner.key, 'PUT', `/v1/sources/${source.sourceId}/subjects/${other.partyId}`)
    const { consentId: theirs } = await running.ok(other.key, 'POST', '/v1/consents', { streamId, recipient: 'any', purposes: ['dpv:PublicBenefit'], attributes: ['temperature'] })
    const [process] = (await running.ok(other.key, 'GET', `/v1/consents/${theirs}`))['dpv:hasProcess']
    assert.deepEqual(process['dpv:hasDataSubject'].map((each: any) => each['dct:identifier']), [owner.partyId, other.partyId], 'the record names whoever has to consent')
    const waits = async () => (await running.ok(city.key, 'GET', '/v1/agreements')).find((each: any) => each.agreementId === agreementId).state
    assert.equal(await waits(), 'active')
    await running.ok(owner.key, 'POST', path)
    await running.ok(other.key, 'POST', path)
    assert.equal((await running.ok(owner.key, 'DELETE', path)).state, 'restricted')
    assert.equal(await waits(), 'waiting')
    assert.equal((await running.call(running.operatorKey, 'DELETE', path)).status, 403)
    assert.equal((await running.ok(other.key, 'DELETE', path)).state, 'unrestricted')
    assert.equal(await waits(), 'active')
    const device = running.subscribe(city, streamId)
    await device.opened
    await send(26.5)
    await device.count(1)
    device.close()
    assert.deepEqual((await running.ok(owner.key, 'GET', '/v1/transfers')).at(-1).consentIds, [consentId, theirs])
    await running.ok(other.key, 'DELETE', `/v1/sources/${source.sourceId}/subjects/${other.partyId}`)
    await running.ok(other.key, 'POST', `/v1/consents/${theirs}/withdraw`)
  })

  it('to objection: what is for a purpose or a recipient is withdrawn, and nothing else', async () => {
    const give = async (recipient: string, purpose: string) => (await running.ok(owner.key, 'POST', '/v1/consents', { streamId, recipient, purposes: [purpose], attributes: ['temperature'] })).consentId
    const marketing = await give(city.partyId, 'dpv:Marketing'), research = await give(town.partyId, 'dpv:ResearchAndDevelopment')
    const { withdrawn } = await sluiceJson(['object', '--purpose', 'https://w3id.org/dpv#Marketing'], as(owner.key))
    assert.deepEqual(withdrawn.map((receipt: any) => [receipt.consentId, receipt.state]), [[marketing, 'withdrawn']])
    assert.deepEqual((await running.ok(owner.key, 'POST', '/v1/objections', { recipient: town.partyId })).withdrawn.map((receipt: any) => receipt.consentId), [research])
    assert.equal((await running.call(owner.key, 'POST', '/v1/objections', {})).status, 400)
    assert.deepEqual((await running.ok(owner.key, 'GET', '/v1/consents')).map(({ state }: any) => state), ['given', 'withdrawn', 'withdrawn'])
  })

  it('and of everybody: a record of processing of what is in force, which says what it does not know', async () => {
    const record = await sluiceJson(['record'], as(running.operatorKey))
    assert.deepEqual(record.activities.map(({ purpose, consentsInForce, categories }: any) => [purpose, consentsInForce, categories]), [['https://w3id.org/dpv#PublicBenefit', 1, ['temperature']]])
    assert.deepEqual([record.subjects.owners, record.recipients.subscribers, record.missing.length], [2, 2, 3])
    const text = await fetch(`${running.http}/v1/processing-record?format=markdown`, { headers: { authorization: `Bearer ${running.operatorKey}` } })
    assert.match(await text.text(), /^# Record of processing activities\n[^]*\| https:\/\/w3id.org\/dpv#PublicBenefit \| consent[^]*## To be filled in by people/)
    assert.equal((await running.call(owner.key, 'GET', '/v1/processing-record')).status, 403)
  })

  it('who has lost the key: an operator withdraws and restricts for them, never grants, and each of that is written down', async () => {
    for (const [method, path, body] of [['POST', '/v1/consents', { streamId, recipient: 'any', purposes: ['dpv:Marketing'], attributes: 'all' }], ['POST', '/v1/offers', { streamId, price: '0', unit: 'message', currency: 'EUR' }], ['POST', '/v1/objections', { purpose: 'dpv:Marketing' }]] as const) {
      assert.equal((await running.call(running.operatorKey, method, path, body)).status, 403, path)
    }
    const before = (await running.ok(running.operatorKey, 'GET', '/v1/operator-actions?limit=1000')).length
    const unsaid = await running.call(running.operatorKey, 'POST', `/v1/consents/${consentId}/withdraw`)
    assert.deepEqual([unsaid.status, /says why/.test(unsaid.body.detail)], [400, true])
    const { state, receipt } = await sluiceJson(['consent', 'withdraw', consentId, '--reason', 'lost the key, asked in person'], as(running.operatorKey))
    assert.deepEqual([state, receipt.state, receipt.by.startsWith('op_'), receipt.reason], ['withdrawn', 'withdrawn', true, 'lost the key, asked in person'])
    for (const { key } of [owner, city]) {
      const record = await running.ok(key, 'GET', `/v1/consents/${consentId}`), last = record['dpv:hasConsentStatus'].at(-1)
      assert.deepEqual([last['@type'], last['dpv:isIndicatedBy'], last['dct:description']], ['dpv:ConsentWithdrawn', `urn:sluice:party:${receipt.by}`, receipt.reason])
      assert.deepEqual((await running.ok(key, 'GET', `/v1/consents/${consentId}/receipts`)).at(-1).reason, receipt.reason, 'on both sides')
    }
    await running.ok(running.operatorKey, 'POST', `/v1/sources/${source.sourceId}/suspend`)
    await running.ok(running.operatorKey, 'POST', `/v1/streams/${encodeURIComponent(streamId)}/restriction`)
    await running.call(running.operatorKey, 'POST', '/v1/consents/grant_none/withdraw')
    const all = await sluiceJson(['actions', '--after', String(before)], as(running.operatorKey))
    assert.deepEqual(all.map(({ action, about }: any) => [action, about]), [['withdrawConsent', { consentId }], ['withdrawConsent', { consentId }], ['suspendSource', { sourceId: source.sourceId }], ['restrictStream', { streamId }], ['withdrawConsent', {}]])
    const mine = await running.ok(owner.key, 'GET', '/v1/operator-actions')
    assert.deepEqual(mine.map(({ action }: any) => action), ['liftRestriction', 'liftRestriction', 'withdrawConsent', 'withdrawConsent', 'suspendSource', 'restrictStream'], 'what was refused is in it as well')
    assert.deepEqual(await running.ok(other.key, 'GET', '/v1/operator-actions'), [])
    assert.equal((await running.call(running.operatorKey, 'POST', '/v1/consents/preview', {})).status, 403)
  })

  it('is told of whatever operators do: they revoke, say who somebody is, keep groups, write notices', async () => {
    const operator = running.operatorKey, before = (await running.ok(operator, 'GET', '/v1/operator-actions?limit=1000')).length
    const { consentId: given } = await running.ok(other.key, 'POST', '/v1/consents', { streamId: await streamOf(other), recipient: 'any', purposes: ['dpv:PublicBenefit'], attributes: ['temperature'] })
    await running.ok(operator, 'POST', `/v1/consents/${given}/revoke`, { reason: 'lost key' })
    await running.ok(operator, 'PATCH', `/v1/parties/${other.partyId}`, { country: 'BE' })
    const { groupId } = await running.ok(operator, 'POST', '/v1/groups', { name: 'neighbours' })
    await running.ok(operator, 'PUT', `/v1/groups/${groupId}/members/${other.partyId}`)
    await running.ok(operator, 'PUT', '/v1/notice', { text: 'what we do', language: 'en' })
    const all = await running.ok(operator, 'GET', `/v1/operator-actions?limit=1000&after=${before}`)
    assert.deepEqual(all.map(({ action, about }: any) => [action, about]), [
      ['revokeConsent', { consentId: given }], ['setParty', { partyId: other.partyId }], ['addGroup', {}], ['joinGroup', { groupId, partyId: other.partyId }], ['setNotice', {}],
    ])
    assert.deepEqual((await running.ok(other.key, 'GET', '/v1/operator-actions')).map(({ action }: any) => action), ['revokeConsent', 'setParty', 'joinGroup'])
  })

  it('whose recipients are told when they are erased, by an id of their own', async () => {
    const { receipt } = await running.ok(running.operatorKey, 'POST', '/v1/erasures', { partyId: owner.partyId })
    const last = (await running.ok(city.key, 'GET', '/v1/recipient-notices')).at(-1)
    assert.deepEqual([last.kind, last.agreementId, last.streamId], ['erased', agreementId, receipt.pseudonym])
    const actions = await running.ok(running.operatorKey, 'GET', '/v1/operator-actions?limit=1000')
    assert.ok(!JSON.stringify(actions).includes(owner.partyId) && actions.filter(({ action }: any) => action === undefined).length >= 4)
  })
})
