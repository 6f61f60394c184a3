import assert from 'node:assert/strict'
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { loadConfig } from '#gateway/config/config.ts'
import { sluice, sluiceJson } from '#test/support/command-line.ts'
import { Running } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const PURPOSE = 'dpv:PublicBenefit'
const BIN = join(import.meta.dirname, '..', '..', 'bin', 'sluice.js')

describe('The commands', () => {
  let running: Running, operator: Who, owner: Who, city: Who, cityId: string, streamId: string
  type Who = { readonly SLUICE_URL: string, readonly SLUICE_KEY: string }
  const as = (key: string): Who => ({ SLUICE_URL: running.http, SLUICE_KEY: key })
  const children: ChildProcessByStdio<null, Readable, Readable>[] = []

  before(async () => {
    running = await Running.start()
    operator = as(running.operatorKey)
    const added = await sluiceJson(['party', 'add', '--role', 'owner', '--name', 'Home'], operator)
    assert.deepEqual(Object.keys(added), ['partyId', 'key'])
    owner = as(added.key)
    const { partyId, key } = await sluiceJson(['party', 'add', '--role=subscriber', '--name=City'], operator)
    cityId = partyId
    city = as(key)
  })
  after(async () => {
    for (const child of children) child.kill('SIGKILL')
    await running.stop()
  })

  it('of an operator list parties, and show the books', async () => {
    assert.deepEqual((await sluiceJson(['party', 'list'], operator)).map(({ role }: { role: string }) => role), ['operator', 'owner', 'subscriber'])
    assert.match((await sluice(['party', 'list'], operator)).out, /^partyId +role +name +createdAt\n/)
    assert.deepEqual(await sluiceJson(['ledger'], operator), { entries: 0, balances: [], sum: {} })
    assert.equal((await sluice(['ledger'], owner)).code, 1)
  })

  it('of an owner pair a source, west of Greenwich as well, and see what speaks through it', async () => {
    const home = await sluiceJson(['pair', '--dialect', 'z2m', '--name', 'home', '--location', '-0.12,51.5'], owner)
    assert.deepEqual(Object.keys(home), ['sourceId', 'username', 'password', 'mqtt'])
    const device = await running.device(home)
    await device.publishAsync('zigbee2mqtt/kitchen', '{"temperature":20.5,"battery":97}', { qos: 1 })
    const [source] = await sluiceJson(['source', 'list'], owner)
    assert.deepEqual([source.dialect, source.location], ['zigbee2mqtt', [-0.12, 51.5]])
    const [seen] = await sluiceJson(['device', 'list'], owner)
    assert.deepEqual([seen.device, seen.status], ['kitchen', { battery: 97 }])
    const set = await sluiceJson(['device', 'set', seen.deviceId, '--placement', 'indoor', '--location', '-1.5,-2.5', '--empty-mm', '1500', '--full-mm', '100', '--role', 'none', '--name', 'Kitchen'], owner)
    assert.deepEqual([set.location, set.emptyMm, set.fullMm, set.role, set.name], [[-1.5, -2.5], 1500, 100, undefined, 'Kitchen'])
    for (const verb of ['suspend', 'resume', 'rotate'] as const) assert.equal((await sluiceJson(['source', verb, source.sourceId], owner)).sourceId, source.sourceId)
    assert.equal((await sluice(['source', 'remove', 'src_x'], owner)).code, 1)
    const spare = await sluiceJson(['pair'], owner)
    assert.deepEqual(await sluiceJson(['source', 'remove', spare.sourceId], owner), { sourceId: spare.sourceId, state: 'removed' })
    ;[{ streamId }] = await sluiceJson(['streams', '--mine'], owner)
    assert.match((await sluice(['streams'], owner)).out, new RegExp(`^${streamId}\n {2}IndoorEnvironmentObserved · kitchen · temperature`))
    assert.deepEqual((await sluiceJson(['explain', '--source', source.sourceId, '--last', '1'], owner)).map(({ code }: { code: string }) => code), ['NO_CONSENT'])
    assert.match((await sluice(['explain', '--source', source.sourceId], owner)).out, /NO_CONSENT/)
  })

  it('of an owner offer and consent, and of a subscriber agree, in as many words as needed', async () => {
    const { offerId } = await sluiceJson(['offer', 'create', '--stream', streamId, '--price', '0.001', '--unit', 'message', '--currency', 'EUR', '--purpose', PURPOSE, '--purpose', 'dpv:ServiceProvision', '--attributes', 'temperature'], owner)
    const { agreementId, state } = await sluiceJson(['agree', '--offer', offerId, '--purpose', PURPOSE, '--budget', '5'], city)
    assert.equal(state, 'waiting')
    const { consentId, receipt } = await sluiceJson(['consent', 'grant', '--stream', streamId, '--recipient', cityId, '--purpose', PURPOSE, '--attributes', 'all', '--until', '2100-01-01T00:00:00Z'], owner)
    assert.ok(receipt.attributes.includes('temperature'))
    assert.deepEqual((await sluiceJson(['agreement', 'list'], city)).map((known: { state: string }) => known.state), ['active'])
    assert.deepEqual((await sluiceJson(['consent', 'list'], owner)).map((known: { consentId: string }) => known.consentId), [consentId])
    assert.deepEqual((await sluiceJson(['offer', 'list'], owner)).map(({ purposes }: { purposes: string[] }) => purposes), [[PURPOSE, 'dpv:ServiceProvision']])
    assert.deepEqual(await sluiceJson(['usage'], city), { agreements: [{ agreementId, streamId, messages: 0, amount: '0.000000', currency: 'EUR' }] })
    for (const argv of [['offer', 'list'], ['consent', 'list']]) assert.match((await sluice(argv, owner)).out, /temperature/)
    assert.match((await sluice(['usage'], city)).out, /0\.000000/)

    const free = await sluiceJson(['offer', 'create', '--stream', streamId, '--price', '0', '--unit', 'second', '--currency', 'EUR'], owner)
    const gift = await sluiceJson(['agree', '--offer', free.offerId, '--purpose', PURPOSE], city)
    assert.equal((await sluiceJson(['agreement', 'end', gift.agreementId], city)).state, 'ended')
    assert.equal((await sluiceJson(['offer', 'withdraw', free.offerId], owner)).state, 'withdrawn')
    const passing = await sluiceJson(['consent', 'grant', '--stream', streamId, '--recipient', 'any', '--purpose', PURPOSE, '--attributes', 'temperature'], owner)
    const withdrawn = await sluiceJson(['consent', 'withdraw', passing.consentId], owner)
    assert.deepEqual([withdrawn.consentId, withdrawn.state, Object.keys(withdrawn)], [passing.consentId, 'withdrawn', ['consentId', 'state', 'effectiveAt', 'receipt']])
  })

  it('of an owner forbid, name groups and subjects, and of an operator say who is where', async () => {
    const { groupId } = await sluiceJson(['group', 'add', '--name', 'Cities'], operator)
    assert.deepEqual((await sluiceJson(['group', 'join', groupId, cityId], operator)).members.map((member: { partyId: string }) => member.partyId), [cityId])
    assert.equal((await sluiceJson(['party', 'set', cityId, '--country', 'BE'], operator)).country, 'BE')
    const granted = await sluiceJson(
      ['consent', 'grant', '--stream', streamId, '--group', groupId, '--country', 'BE,NL', '--onward', '--not-before', '2099-01-01T00:00:00Z', '--purpose', PURPOSE, '--attributes', 'temperature'], owner)
    const { recipient, recipientCountries, onward, notBefore } = granted.receipt
    assert.deepEqual([recipient, recipientCountries, onward, notBefore], [groupId, ['BE', 'NL'], true, '2099-01-01T00:00:00.000Z'])
    const { consentId, receipt } = await sluiceJson(['consent', 'prohibit', '--stream', streamId, '--country', 'US'], owner)
    assert.deepEqual([receipt.kind, receipt.recipient, receipt.purposes], ['prohibition', 'any', ['https://w3id.org/dpv#Purpose']])
    assert.match((await sluice(['consent', 'list'], owner)).out, /prohibition/)
    for (const id of [granted.consentId, consentId]) assert.equal((await sluiceJson(['consent', 'withdraw', id], owner)).state, 'withdrawn')
    for (const who of [[], ['--recipient', 'any', '--group', groupId]]) {
      assert.equal((await sluice(['consent', 'grant', '--stream', streamId, ...who, '--purpose', PURPOSE, '--attributes', 'all'], owner)).code, 2)
    }
    const added = await running.party('owner'), partnerId = added.partyId, partner = as(added.key), [{ sourceId }] = await sluiceJson(['source', 'list'], owner)
    assert.deepEqual((await sluiceJson(['source', 'subject', sourceId, partnerId], owner)).subjects, [partnerId])
    assert.deepEqual((await sluiceJson(['source', 'leave', sourceId, partnerId], partner)).subjects, [])
    assert.equal((await sluiceJson(['group', 'leave', groupId, cityId], operator)).members.length, 0)
    assert.equal((await sluiceJson(['group', 'list'], owner)).length, 1)
    assert.equal((await sluiceJson(['group', 'remove', groupId], operator)).state, 'removed')
    assert.equal((await sluiceJson(['party', 'set', cityId, '--country', 'none'], operator)).country, undefined)
  })

  it('pass on what the gateway refuses', async () => {
    const grant = (...more: string[]) => sluice(['consent', 'grant', '--stream', streamId, '--recipient', 'any', '--purpose', PURPOSE, ...more, '--json'], owner)
    for (const [ended, message] of [
      [await grant('--attributes', 'temperature', '--transform', 'temperature=round'), /temperature=round/], [await grant('--attributes', 'temperature', '--until', '2001-01-01T00:00:00Z'), /time to come/],
      [await grant('--attributes', 'colour'), /no attribute colour/],
    ] as const) {
      assert.deepEqual([ended.code, ended.out, JSON.parse(ended.err).error.code], [1, '', 'BAD_REQUEST'])
      assert.match(ended.err, message)
    }
    assert.equal((await grant('--attributes', 'all,temperature')).code, 2)
    assert.equal((await grant('--attributes', 'temperature', '--stream', 'x')).code, 2, 'a stream at a time')
  })

  it('change and stop keys', async () => {
    const { partyId, key } = await sluiceJson(['party', 'add', '--role', 'owner', '--name', 'Passing'], operator)
    const fresh = await sluiceJson(['key', 'rotate'], as(key))
    assert.equal((await sluice(['streams'], as(key))).code, 1)
    assert.deepEqual(await sluiceJson(['streams', '--mine'], as(fresh.key)), [])
    const again = await sluiceJson(['key', 'rotate', '--party', partyId], operator)
    assert.deepEqual(await sluiceJson(['key', 'revoke', '--party', partyId], operator), { partyId, state: 'revoked' })
    assert.equal((await sluice(['streams'], as(again.key))).code, 1)
  })

  it('take the key from a file', async () => {
    const file = join(temporaryFolder(), 'key')
    writeFileSync(file, `${owner.SLUICE_KEY}\n`)
    assert.equal((await sluiceJson(['streams', '--key-file', file, '--url', running.http])).length, 1)
  })

  describe('subscribe', () => {
    /** In a process of its own: it is ended by signals, and by whoever reads from it. */
    function subscribe(who: Who, ...args: readonly string[]) {
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', BIN, 'subscribe', '--stream', streamId, ...args], { env: { ...process.env, ...who }, stdio: ['ignore', 'pipe', 'pipe'] })
      children.push(child)
      const lines: string[] = [], errors = createInterface({ input: child.stderr })
      createInterface({ input: child.stdout }).on('line', line => lines.push(line))
      return { child, lines, live: once(errors, 'line').then(([line]) => String(line)), over: once(child, 'close').then(([code]) => code as number) }
    }
    const publish = async (...values: readonly number[]) => {
      const home = await sluiceJson(['source', 'list'], owner).then(([{ sourceId }]) => sluiceJson(['source', 'rotate', sourceId], owner)), device = await running.device(home)
      for (const value of values) await device.publishAsync('zigbee2mqtt/kitchen', `{"temperature":${value}}`, { qos: 1 })
    }
    const values = (lines: readonly string[]) => lines.map(line => JSON.parse(line).temperature.value)

    it('prints one entity a line from now on, and ends with 0 after --count', async () => {
      const { lines, live, over } = subscribe(city, '--count', '3', '--json')
      assert.deepEqual(JSON.parse(await live), { subscribed: { streamId } })
      await publish(1, 2, 3, 4)
      assert.equal(await over, 0)
      assert.deepEqual(values(lines), [1, 2, 3])
      assert.deepEqual(Object.keys(JSON.parse(lines[0]!)), ['id', 'type', 'dateObserved', 'temperature', '@context'])
    })

    it('prints what is still kept, with its ids', async () => {
      const { lines, live, over } = subscribe(city, '--from', 'earliest', '--count', '4', '--envelope')
      assert.equal(await live, `subscribed to ${streamId}`)
      assert.equal(await over, 0)
      const envelopes = lines.map(line => JSON.parse(line))
      assert.deepEqual(envelopes.map(({ content }) => content.temperature.value), [1, 2, 3, 4])
      assert.deepEqual(Object.keys(envelopes[0]), ['streamId', 'timestamp', 'sequenceNumber', 'publisherId', 'msgChainId', 'messageId', 'content'])
      const behind = subscribe(city, '--from', envelopes[1].messageId, '--count', '2')
      assert.equal(await behind.over, 0)
      assert.deepEqual(values(behind.lines), [3, 4])
    })

    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      it(`ends with 0 on ${signal}`, async () => {
        const { child, live, over } = subscribe(owner)
        await live
        child.kill(signal)
        assert.equal(await over, 0)
      })
    }

    it('ends quietly when nobody reads any more', async () => {
      const { child, live, over } = subscribe(city, '--from', 'earliest')
      child.stdout.destroy()
      await live
      await publish(5, 6)
      assert.equal(await over, 0)
    })

    it('ends with 1 and the code when it is refused, at once or in full stream', async () => {
      const stranger = as((await running.party('subscriber')).key)
      const { over, live } = subscribe(stranger, '--json')
      assert.equal(JSON.parse(await live).error.code, 'NO_AGREEMENT')
      assert.equal(await over, 1)

      const { child, lines, live: open, over: ended } = subscribe(city, '--json'), errors: string[] = []
      await open
      createInterface({ input: child.stderr }).on('line', line => errors.push(line))
      const [{ consentId }] = await sluiceJson(['consent', 'list'], owner)
      await sluiceJson(['consent', 'withdraw', consentId], owner)
      assert.equal(await ended, 1)
      assert.equal(JSON.parse(errors.at(-1)!).error.code, 'CONSENT_WITHDRAWN')
      assert.deepEqual(lines, [])
    })
  })

  it('simulate a fleet as the caller\'s own', async () => {
    const another = as((await running.party('owner')).key)
    const counts = await sluiceJson(['simulate', '--fleet', 'home', '--devices', '4', '--rate', '40', '--seconds', '0.5', '--seed', '7'], another)
    assert.ok(counts.sent > 0 && counts.acknowledged === counts.sent, JSON.stringify(counts))
    assert.equal((await sluiceJson(['device', 'list'], another)).length > 0, true)
    const { code, err } = await sluice(['simulate', '--fleet', 'no-such-fleet'], another)
    assert.deepEqual([code, /no-such-fleet/.test(err)], [1, true])
  })

  describe('operator reset-key', () => {
    it('works while no gateway runs, and only then', async () => {
      const data = temporaryFolder(), first = await Running.start(loadConfig({ data, mqttPort: 0, httpPort: 0, logLevel: 'silent' }))
      const refused = await sluice(['operator', 'reset-key', '--data', data, '--json'])
      assert.deepEqual([refused.code, JSON.parse(refused.err).error.code], [1, 'UNAVAILABLE'])
      await first.stop()
      const { key } = await sluiceJson(['operator', 'reset-key', '--data', data])
      assert.equal(readFileSync(join(data, 'operator.key'), 'utf8').trim(), key)
      assert.equal(statSync(join(data, 'operator.key')).mode & 0o777, 0o600)
      const second = await Running.start(loadConfig({ data, mqttPort: 0, httpPort: 0, logLevel: 'silent' }))
      try {
        assert.equal((await second.call(first.operatorKey, 'GET', '/v1/parties')).status, 401)
        assert.equal((await second.call(key, 'GET', '/v1/parties')).status, 200)
      } finally {
        await second.stop()
      }
    })

    it('makes no data directory where there is none', async () => {
      const { code, err } = await sluice(['operator', 'reset-key', '--data', join(temporaryFolder(), 'none'), '--json'])
      assert.deepEqual([code, JSON.parse(err).error.code], [1, 'NOT_FOUND'])
    })
  })
})
