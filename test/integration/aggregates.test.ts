// Readings that are only counted, through a whole gateway: what their recipient gets over every exit, that no reading is anywhere by itself, and
// that whoever withdraws, under load and at any moment of a window, is in nothing that leaves later.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { MqttClient } from 'mqtt'
import { filesBelow, formsOf, found } from '#test/support/canaries.ts'
import { isProven } from '#test/support/independent-verifier.ts'
import { MqttReader } from '#test/support/mqtt-reader.ts'
import { Running, type PartyKey, type Watcher } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

interface Home { readonly owner: PartyKey, readonly device: MqttClient, readonly streamId: string, readonly sourceId: string }

const PURPOSE = 'dpv:PublicBenefit', TRANSFORMS = ['temperature=aggregate:1|3']
const CANARIES = [21.34567, 20.76543, 19.98765]

describe('Readings that are only counted', () => {
  const data = temporaryFolder()
  let running: Running
  /** All that came out of it, as text. */
  const wire: string[] = []
  const closers: (() => unknown)[] = []

  before(async () => { running = await Running.start({ data }) })
  afterEach(async () => { for (const close of closers.splice(0)) await close() })
  after(() => running.stop())

  const send = ({ device }: Home, temperature: number, qos: 0 | 1 = 1) => device.publishAsync('zigbee2mqtt/k', JSON.stringify({ temperature, humidity: 44.4 }), { qos })

  async function home(): Promise<Home> {
    const owner = await running.party('owner'), source = await running.pair(owner, { placement: 'indoor' }), device = await running.device(source)
    await device.publishAsync('zigbee2mqtt/k', JSON.stringify({ temperature: 1, humidity: 44.4 }), { qos: 1 })
    const { streamId } = (await running.streamsOf(owner)).find(({ type }) => type === 'IndoorEnvironmentObserved')!
    return { owner, device, streamId, sourceId: source.sourceId }
  }

  async function share({ owner, streamId }: Home, city: PartyKey, transforms = TRANSFORMS): Promise<string> {
    const { offerId } = await running.ok(owner.key, 'POST', '/v1/offers', { streamId, price: '0.001', unit: 'message', currency: 'EUR', attributes: ['temperature'] })
    const { consentId } = await running.ok(owner.key, 'POST', '/v1/consents', { streamId, recipient: city.partyId, purposes: [PURPOSE], attributes: ['temperature'], transforms })
    await running.ok(city.key, 'POST', '/v1/agreements', { offerId, purpose: PURPOSE, budget: '1' })
    return consentId
  }

  const aggregate = (city: PartyKey, more: object = {}) =>
    running.ok(city.key, 'POST', '/v1/aggregates', { type: 'IndoorEnvironmentObserved', attribute: 'temperature', function: 'sum', window: 1, contributors: 3, purpose: PURPOSE, ...more })

  function watch(who: PartyKey, streamId: string, query: string): Watcher {
    const watcher = running.subscribe(who, streamId, query)
    watcher.socket.on('message', (text: Buffer) => wire.push(text.toString()))
    closers.push(() => watcher.close())
    return watcher
  }

  it('come as one figure over every exit, proven where that is wanted, to nobody else, and never by themselves', async () => {
    const city = await running.party('subscriber'), other = await running.party('subscriber'), homes = await Promise.all(CANARIES.map(() => home()))
    for (const each of homes) await share(each, city)
    const { streamId, aggregateId } = await aggregate(city, { function: 'mean', step: 0.1 })
    const raw = watch(city, homes[0]!.streamId, 'from=earliest'), sockets = ['', 'envelope=1', 'proof=1'].map(query => watch(city, streamId, query)), proofs: string[] = []
    sockets[2]!.socket.on('message', (text: Buffer) => proofs.push(text.toString()))
    const ending = new AbortController(), response = await fetch(`${running.http}/v1/streams/${encodeURIComponent(streamId)}/events?apiKey=${city.key}`, { signal: ending.signal }), events = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    const readers = await Promise.all([`streams/${streamId}`, `proofs/${streamId}`].map(async topic => {
      const reader = await MqttReader.join(running.mqtt, city)
      reader.client.on('packetreceive', packet => wire.push(JSON.stringify(packet, (_key, value) => value?.type === 'Buffer' ? Buffer.from(value.data).toString() : value)))
      closers.push(() => reader.client.endAsync(true))
      await reader.subscribe(topic)
      return reader
    }))
    assert.deepEqual(await Promise.all([raw, ...sockets].map(({ opened }) => opened)), [true, true, true, true])
    const sending = setInterval(() => homes.forEach((each, n) => void send(each, CANARIES[n]!, (n % 2) as 0 | 1)), 100)
    await Promise.all([...sockets, ...readers].map(each => each.count(1)))
    let text = ''
    while (!/^data: .*\n\n/m.test(text)) text += (await events.read()).value ?? ''
    ending.abort()
    clearInterval(sending)
    wire.push(text)
    const [plain, enveloped, proven] = sockets.map(({ got }) => got[0]), [topic, proof] = readers.map(({ got }) => got[0]!.content)
    assert.deepEqual([plain.temperature.value, plain.temperature.unitCode, plain.temperature.aggregation.value.function], [20.7, 'CEL', 'mean'])
    for (const content of [enveloped.content, proven.content, topic, proof.content, JSON.parse(/^data: (.*)$/m.exec(text)![1]!)]) assert.deepEqual(content.temperature, plain.temperature)
    assert.ok(isProven(proofs[0]!, await (await fetch(`${running.http}/.well-known/jwks.json`)).json() as any))
    for (const who of [other, homes[0]!.owner]) {
      const refused = watch(who, streamId, '')
      assert.deepEqual([await refused.opened, refused.refusal?.problem.code], [false, 'NOT_FOUND'])
      wire.push(JSON.stringify(refused.refusal))
    }
    assert.deepEqual(raw.got, [])
    const owned = await running.ok(homes[0]!.owner.key, 'GET', '/v1/transfers'), listed = await running.ok(city.key, 'GET', '/v1/aggregates'), usage = await running.ok(city.key, 'GET', '/v1/usage')
    assert.ok(listed[0].windows.RELEASED >= 1 && listed[0].aggregateId === aggregateId)
    assert.ok(usage.agreements.every(({ messages }: { messages: number }) => messages >= 1))
    wire.push(JSON.stringify([owned, listed, usage]), await (await fetch(`${running.http}/metrics`, { headers: { authorization: `Bearer ${running.operatorKey}` } })).text())
    assert.match(wire.at(-1)!, /sluice_aggregate_windows_total\{outcome="RELEASED"\} [1-9]/)
    for (const canary of CANARIES) {
      assert.deepEqual(wire.filter(each => each.includes(String(canary))), [], 'a reading is on the wire by itself')
      assert.deepEqual(found(data, new Map([[String(canary), formsOf(String(canary))]])), [], 'a reading is on the disk')
    }
    assert.deepEqual([filesBelow(join(data, 'journal')), filesBelow(data).length > 1], [[], true], 'the journal has nothing to keep')
  }).timeout(30_000)

  it('are in no figure that leaves behind a withdrawal, a restriction, an objection or an erasure, at whatever moment, under load', async () => {
    const homes = await Promise.all(Array.from({ length: 7 }, () => home())), cities = await Promise.all(Array.from({ length: 12 }, () => running.party('subscriber')))
    const consents = await Promise.all(cities.map(city => Promise.all(homes.map(each => share(each, city)))))
    const made = await Promise.all(cities.map(city => aggregate(city))), watchers = cities.map((city, n) => watch(city, made[n]!.streamId, 'envelope=1'))
    await Promise.all(watchers.map(({ opened }) => opened))
    let load = 0
    const sending = setInterval(() => homes.forEach((each, n) => { load++; void send(each, 2 ** n, (n % 2) as 0 | 1).catch(() => {}) }), 15)
    closers.push(() => clearInterval(sending))
    const isWhole = ({ got }: Watcher) => got.some(({ content }) => content.temperature.value === 127)
    for (const watcher of watchers) while (!isWhole(watcher)) await watcher.count(watcher.got.length + 1)
    const behind = await Promise.all(watchers.map(async (watcher, n) => {
      await delay(Math.random() * 2_000)
      const who = n % 6, { owner, streamId } = homes[who]!, before = watcher.got.length
      if (n % 3 === 0) await running.ok(owner.key, 'POST', '/v1/objections', { recipient: cities[n]!.partyId })
      else await running.ok(owner.key, 'POST', `/v1/consents/${consents[n]![who]}/withdraw`)
      const at = Date.now(), known = watcher.got.length
      await delay(4_500)
      assert.ok(before >= 1 && streamId.length > 0)
      for (const [m, { timestamp, content }] of watcher.got.entries()) {
        if (timestamp > at || m > known) assert.equal(Math.floor(content.temperature.value / 2 ** who) % 2, 0, `a figure of ${content.temperature.value} holds what had been withdrawn`)
      }
      return watcher.got.filter(({ timestamp }) => timestamp > at).length
    }))
    assert.ok(behind.reduce((all, count) => all + count, 0) > 12, `only ${behind.join()} figures left behind the withdrawals`)
    assert.ok(load > 1_000)
    // The last home has a say in all of them still: restricted, and then erased, it is in none.
    await running.ok(homes[6]!.owner.key, 'POST', `/v1/streams/${encodeURIComponent(homes[6]!.streamId)}/restriction`)
    const restrictedAt = Date.now()
    await delay(2_500)
    await running.ok(homes[5]!.owner.key, 'POST', '/v1/erasures', { partyId: homes[5]!.owner.partyId })
    const erasedAt = Date.now()
    await delay(2_500)
    clearInterval(sending)
    for (const { got } of watchers) {
      for (const { timestamp, content: { temperature: { value } } } of got) {
        if (timestamp > restrictedAt) assert.ok(value < 64, `${value} holds what is restricted`)
        if (timestamp > erasedAt) assert.equal(Math.floor(value / 32) % 2, 0, `${value} holds what was erased`)
      }
    }
  }).timeout(60_000)
})
