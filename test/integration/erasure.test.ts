// One owner of a hundred is erased: every file of the data directory is searched for all that they were known by and said, and the others go
// on as if nothing had been.
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { parsePublicKeys } from '#gateway/proof/public-keys.ts'
import { checkStatement } from '#gateway/proof/statement.ts'
import { subjectOf } from '#gateway/rights/erasure.ts'
import { found } from '#test/support/canaries.ts'
import { chainLength, MESSAGES, replayAll, secretsOf, settle, word, type Known } from '#test/support/known-owners.ts'
import { MqttReader } from '#test/support/mqtt-reader.ts'
import { Running, type PartyKey } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const OWNERS = 100

describe('One owner of a hundred', function () {
  this.timeout(180_000)
  let running: Running, city: PartyKey, known: Known[], replayed: any[], gone: Known, others: Known[], canaries: Map<string, readonly Buffer[]>, ledger: any, answer: any, operatorKey: string

  before(async () => {
    running = await Running.start({ data: temporaryFolder() })
    operatorKey = running.operatorKey
    city = await running.party('subscriber')
    known = []
    for (let n = 0; n < OWNERS; n++) known.push(await settle(running, city, n))
    gone = known[41]!
    others = known.filter(each => each !== gone)
    replayed = await replayAll(running, city, known)
    // Somebody who is away follows the stream, and their session is on disk.
    const reader = await MqttReader.join(running.mqtt, city, { clientId: 'away', clean: false, properties: { sessionExpiryInterval: 3_600 } })
    await reader.subscribe([`streams/${gone.streamId}`, `streams/${others[0]!.streamId}`])
    await reader.client.endAsync(true)
    await delay(1_500) // sessions are written down each second
    ledger = await running.ok(operatorKey, 'GET', '/v1/ledger')
    canaries = new Map([...gone.canaries, ...secretsOf(running.data, gone)])
  })
  after(async () => { await running.stop() })

  it('is found by all of it in the data directory before', () => {
    const seen = found(running.data, canaries), missing = [...canaries.keys()].filter(name => !seen.some(each => each.startsWith(`${name} in`)))
    assert.deepEqual(missing, [])
    for (const where of ['state.db', 'journal/']) assert.ok(seen.some(each => each.includes(where)), where)
  })

  it('who is named by somebody else, or by another id, is not erased', async () => {
    for (const [key, partyId, status] of [[others[0]!.key, gone.partyId, 404], [city.key, gone.partyId, 403], [city.key, city.partyId, 403], [running.operatorKey, city.partyId, 403], [operatorKey, 'own_none', 404]] as const) {
      assert.equal((await running.call(key, 'POST', '/v1/erasures', { partyId })).status, status)
    }
    assert.deepEqual(await running.ok(operatorKey, 'GET', '/v1/erasures'), [])
  })

  it('is erased: who listens is cut, and no key, credential or id of theirs opens anything', async () => {
    const live = running.subscribe(city, gone.streamId), device = await running.device({ username: gone.sourceId, password: gone.password })
    await live.opened
    const isCut = new Promise<void>(done => device.once('close', () => done()))
    answer = await running.ok(gone.key, 'POST', '/v1/erasures', { partyId: gone.partyId })
    assert.equal(answer.state, 'erased')
    assert.match((await live.end()).reason, /^(CONSENT_WITHDRAWN|NO_CONSENT|)$/)
    await isCut
    assert.equal((await running.call(gone.key, 'GET', '/v1/consents')).status, 401)
    await assert.rejects(running.device({ username: gone.sourceId, password: gone.password }))
    for (const id of [gone.streamId, gone.streamId.toUpperCase()]) {
      const late = running.subscribe(city, id)
      await late.opened
      assert.equal(late.refusal?.status, 404)
    }
    assert.equal((await running.call(operatorKey, 'POST', '/v1/keys/rotate', { partyId: gone.partyId })).status, 404)
    assert.equal((await running.call(operatorKey, 'POST', `/v1/sources/${gone.sourceId}/suspend`)).status, 404)
    assert.equal((await running.call(operatorKey, 'POST', '/v1/erasures', { partyId: gone.partyId })).status, 404)
    const text = JSON.stringify([await running.ok(operatorKey, 'GET', '/v1/parties'), await running.ok(city.key, 'GET', '/v1/agreements'), await running.ok(operatorKey, 'GET', '/v1/streams'), await running.ok(city.key, 'GET', '/v1/usage')])
    for (const id of [gone.partyId, gone.streamId, word(gone.n, 'name'), word(gone.n, 'purpose')]) assert.ok(!text.includes(id), id)
  })

  it('leaves no byte in any file, while the gateway runs', () => assert.deepEqual(found(running.data, canaries), []))

  it('has a receipt that is signed, is about them for whoever knows their id, and names them to nobody', async () => {
    const jwks = await (await fetch(`${running.http}/.well-known/jwks.json`)).text(), line = JSON.stringify(answer.receipt)
    assert.equal(checkStatement(line, parsePublicKeys(jwks)), undefined)
    assert.equal(checkStatement(line.replace('"consents":1', '"consents":2'), parsePublicKeys(jwks)), 'SIGNATURE_WRONG')
    assert.equal(answer.receipt.subject.hash, subjectOf(gone.partyId, Buffer.from(answer.salt, 'base64')).toString('hex'))
    assert.ok(![...gone.canaries.values()].some(([utf8]) => line.includes(utf8!.toString())))
    assert.deepEqual([answer.receipt.erased.messages, answer.receipt.erased.streams, answer.receipt.erased.consents], [MESSAGES, 1, 1])
    const [listed] = await running.ok(operatorKey, 'GET', '/v1/erasures')
    assert.deepEqual([listed.state, listed.requestedBy, listed.history, JSON.stringify(listed.receipt)], ['erased', 'owner', 'done', line])
  })

  it('leaves the books whole: amounts stay, under a pseudonym, and what was reserved goes back', async () => {
    const now = await running.ok(operatorKey, 'GET', '/v1/ledger'), of = (books: any, account: string) => books.balances.find((balance: any) => balance.account === account)?.amount
    assert.deepEqual(now.sum, { EUR: '0.000000' })
    assert.deepEqual([of(ledger, `owner:${gone.partyId}`), of(now, `owner:${answer.receipt.pseudonym}`), of(now, `owner:${gone.partyId}`)], ['0.027000', '0.027000', undefined])
    for (const other of others) assert.equal(of(now, `owner:${other.partyId}`), of(ledger, `owner:${other.partyId}`))
    assert.equal(Number(of(now, `reserved:${gone.agreementId}`)), 0)
    const usage = (await running.ok(city.key, 'GET', '/v1/usage')).agreements.find(({ agreementId }: any) => agreementId === gone.agreementId)
    assert.deepEqual([usage.messages, usage.amount, usage.streamId], [MESSAGES, '0.030000', answer.receipt.pseudonym])
  })

  it('leaves the others as they were, at once and after a restart, and the chain of consents verifies', async () => {
    const left = replayed.filter((_, n) => n !== gone.n)
    assert.deepEqual(await replayAll(running, city, others), left)
    const events = (await Promise.all(others.map(({ key }) => running.ok(key, 'GET', '/v1/consents')))).flat()
    await running.stop()
    assert.deepEqual(found(running.data, canaries), [])
    assert.equal(chainLength(running.data), OWNERS + 1) // and the withdrawal
    running = await Running.start({ data: running.data })
    assert.deepEqual((await Promise.all(others.map(({ key }) => running.ok(key, 'GET', '/v1/consents')))).flat(), events)
    assert.deepEqual(await replayAll(running, city, others), left)
    for (const { key, streamId, sourceId } of others) {
      assert.deepEqual((await running.streamsOf({ partyId: '', key })).map(({ streamId: id, sourceId: source }) => [id, source]), [[streamId, sourceId]])
    }
    const reader = await MqttReader.join(running.mqtt, city, { clientId: 'away', clean: false, properties: { sessionExpiryInterval: 3_600 } })
    assert.ok(reader.hasSession)
    await reader.client.endAsync(true)
    assert.deepEqual(found(running.data, canaries), [])
    for (const other of [others[0]!, others.at(-1)!]) {
      const seen = found(running.data, other.canaries)
      for (const name of other.canaries.keys()) assert.ok(seen.some(each => each.startsWith(`${name} in`)), `${name} of another is still there`)
    }
  })

  it('and another, whom an operator erases, are gone both', async () => {
    const { partyId, canaries: theirs } = others[7]!
    const { state, receipt } = await running.ok(operatorKey, 'POST', '/v1/erasures', { partyId })
    assert.deepEqual([state, receipt.requestedBy, found(running.data, theirs), found(running.data, canaries)], ['erased', 'operator', [], []])
  })
})
