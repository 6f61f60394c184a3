// Two recipients of one stream, each as exact as the owner said: over every exit, live and again, and nothing more exact on the wire or on disk.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { MqttClient } from 'mqtt'
import { MqttReader } from '#test/support/mqtt-reader.ts'
import { Running, type Paired, type PartyKey } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const TOPIC = 'zigbee2mqtt/k', PURPOSE = 'dpv:PublicBenefit', ATTRIBUTES = ['temperature', 'relativeHumidity', 'location', 'refDevice']
/** Raw values that nobody may have: a temperature, a place, an instant. */
const TEMPERATURE = 21.34567, HUMIDITY = 44.4, LONGITUDE = 4.3571234, LATITUDE = 50.8503456, SEEN = '2026-05-04T10:17:23.456Z'
const CANARIES = [String(TEMPERATURE), String(LONGITUDE), String(LATITUDE), '17:23.456', '17:23']
const FOR_CITY = ['temperature=round:0.5', 'relativeHumidity=round:0.1', 'location=h3:7', 'refDevice=pseudonymise', '*=time:3600']
const FOR_LAB = ['temperature=bucket:0|10|20|30', 'relativeHumidity=drop', 'location=h3:4', 'refDevice=pseudonymise', '*=time:900']

describe('Transforms in a consent', () => {
  const data = temporaryFolder()
  let running: Running, owner: PartyKey, city: PartyKey, lab: PartyKey, source: Paired, device: MqttClient, streamId: string, grants: Record<'city' | 'lab', any>
  /** All that came out of it, as text. */
  const wire: string[] = []
  const closers: (() => unknown)[] = []

  before(async () => {
    running = await Running.start({ data })
    ;[owner, city, lab] = await Promise.all([running.party('owner'), running.party('subscriber'), running.party('subscriber')])
    source = await running.pair(owner, { location: [LONGITUDE, LATITUDE], placement: 'indoor' })
    device = await running.device(source)
    await send(1)
    ;({ streamId } = (await running.streamsOf(owner)).find(({ type }) => type === 'IndoorEnvironmentObserved')!)
    grants = { city: await grant(city, FOR_CITY), lab: await grant(lab, FOR_LAB) }
    for (const [who, attributes] of [[city, ATTRIBUTES], [lab, ATTRIBUTES.filter(name => name !== 'relativeHumidity')]] as const) {
      const { offerId } = await running.ok(owner.key, 'POST', '/v1/offers', { streamId, price: '0.001', unit: 'message', currency: 'EUR', attributes })
      await running.ok(who.key, 'POST', '/v1/agreements', { offerId, purpose: PURPOSE, budget: '1' })
    }
  })
  afterEach(async () => { for (const close of closers.splice(0)) await close() })
  after(() => running.stop())

  const grant = (to: PartyKey, transforms: string[]) => running.ok(owner.key, 'POST', '/v1/consents', { streamId, recipient: to.partyId, purposes: [PURPOSE], attributes: ATTRIBUTES, transforms })
  const send = async (...seconds: number[]) => {
    for (const n of seconds) await device.publishAsync(TOPIC, JSON.stringify({ temperature: TEMPERATURE, humidity: HUMIDITY, last_seen: new Date(Date.parse(SEEN) + n * 1_000).toISOString() }), { qos: n % 2 as 0 | 1 })
    await device.publishAsync(TOPIC, '{}', { qos: 1 })
  }

  function watch(who: PartyKey, query: string) {
    const watcher = running.subscribe(who, streamId, query)
    watcher.socket.on('message', (text: Buffer) => wire.push(text.toString()))
    closers.push(() => watcher.close())
    return watcher
  }

  async function events(who: PartyKey, count: number, query = ''): Promise<readonly any[]> {
    const ending = new AbortController(), response = await fetch(`${running.http}/v1/streams/${encodeURIComponent(streamId)}/events?apiKey=${who.key}${query}`, { signal: ending.signal })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (text.split('\n').filter(line => line.startsWith('data: ')).length < count) text += (await reader.read()).value ?? ''
    ending.abort()
    wire.push(text)
    return text.split('\n').filter(line => line.startsWith('data: ')).map(line => JSON.parse(line.slice(6)))
  }

  async function follow(who: PartyKey, topic: string) {
    const reader = await MqttReader.join(running.mqtt, who)
    reader.client.on('packetreceive', packet => wire.push(JSON.stringify(packet, (_key, value) => value?.type === 'Buffer' ? Buffer.from(value.data).toString() : value)))
    closers.push(() => reader.client.endAsync(true))
    await reader.subscribe(topic)
    return reader
  }

  function onDisk(folder: string): string {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => join(folder, name)).filter(path => statSync(path).isFile()).map(path => readFileSync(path, 'latin1')).join('')
  }

  const parts = ({ temperature, location, refDevice, dateObserved }: any) => [temperature.value, temperature.unitCode, location.value.coordinates, refDevice.object, dateObserved.value['@value'], temperature.observedAt]

  it('say in the receipt and in the list what was agreed', async () => {
    const listed = await running.ok(owner.key, 'GET', '/v1/consents')
    for (const [{ consentId, receipt }, transforms] of [[grants.city, FOR_CITY], [grants.lab, FOR_LAB]] as const) {
      const sorted = [...transforms.slice(0, -1).sort(), transforms.at(-1)]
      assert.deepEqual([receipt.transforms, listed.find((each: any) => each.consentId === consentId).transforms], [sorted, sorted])
    }
    assert.deepEqual([grants.city.receipt.attributes.includes('relativeHumidity'), grants.lab.receipt.attributes.includes('relativeHumidity')], [true, false])
  })

  it('hold over WebSocket, SSE and MQTT, plain, in envelopes and with proofs, for each recipient as it was said', async () => {
    const exits = await Promise.all([city, lab].map(async who => {
      const sockets = [watch(who, ''), watch(who, 'envelope=1'), watch(who, 'proof=1')], readers = [await follow(who, `streams/${streamId}`), await follow(who, `proofs/${streamId}`)]
      for (const { opened } of sockets) assert.equal(await opened, true)
      return { sockets, readers, events: events(who, 2) }
    }))
    await send(2, 3)
    const names: string[] = []
    for (const [n, { sockets, readers, events }] of exits.entries()) {
      await Promise.all([...sockets, ...readers].map(each => each.count(2)))
      const all = [sockets[0]!.got, sockets[1]!.got.map(({ content }) => content), sockets[2]!.got.map(({ content }) => content), readers[0]!.got.map(({ content }) => content), readers[1]!.got.map(({ content: { content } }) => content), await events]
      for (const got of all) assert.deepEqual(got, all[0])
      const [temperature, unit, coordinates, refDevice, ...times] = parts(all[0]![0])
      names.push(refDevice)
      const time = n === 0 ? '2026-05-04T10:00:00.000Z' : '2026-05-04T10:15:00.000Z'
      assert.deepEqual([temperature, unit, coordinates, times], [n === 0 ? 21.5 : 20, 'CEL', n === 0 ? [4.3555, 50.8476] : [4.329, 50.896], [time, time]])
      assert.equal(all[0]![0].relativeHumidity?.value, n === 0 ? 0.4 : undefined)
    }
    assert.ok(names.every(name => /^urn:sluice:pseudonym:[0-9a-f]{32}$/.test(name)) && names[0] !== names[1])
  })

  it('hold for what is kept: it is no more exact on disk, and the same when it is read again, also behind a restart', async () => {
    const first = watch(city, 'envelope=1&from=earliest'), second = watch(lab, 'envelope=1&from=earliest')
    await Promise.all([first.count(2), second.count(2)])
    await running.stop()
    assert.ok(onDisk(join(data, 'journal')).includes('urn:sluice:kept:'))
    running = await Running.start({ data })
    device = await running.device(source)
    const again = [watch(city, 'envelope=1&from=earliest'), watch(lab, 'envelope=1&from=earliest')] as const
    await Promise.all(again.map(each => each.count(2)))
    assert.deepEqual(again.map(({ got }) => got), [first.got, second.got])
    await send(4)
    await Promise.all(again.map(each => each.count(3)))
    for (const { got } of again) assert.deepEqual(parts(got[2].content), parts(got[1].content))
    assert.deepEqual((await events(city, 3, '&from=earliest')).map(parts), again[0].got.map(({ content }) => parts(content)))
  })

  it('leave the whole to the owner, and withdrawal as it was', async () => {
    const own = running.subscribe(owner, streamId, ''), reader = watch(city, ''), other = watch(lab, '')
    await Promise.all([own, reader, other].map(({ opened }) => opened))
    await send(5)
    await Promise.all([own, reader, other].map(each => each.count(1)))
    assert.deepEqual([own.got[0].temperature.value, own.got[0].location.value.coordinates], [TEMPERATURE, [LONGITUDE, LATITUDE]])
    own.close()
    await running.ok(owner.key, 'POST', `/v1/consents/${grants.city.consentId}/withdraw`)
    await send(6)
    assert.equal((await reader.end()).reason, 'CONSENT_WITHDRAWN')
    await other.count(2)
    assert.deepEqual([reader.got.length, other.got.length], [1, 2])
    const late = watch(city, 'from=earliest')
    assert.equal(await late.opened, false)
    wire.push(JSON.stringify(late.refusal))
  })

  it('let no raw value out or onto the disk in all of that', async () => {
    assert.ok(wire.length > 30 && wire.some(text => text.includes('urn:sluice:pseudonym:')))
    for (const canary of CANARIES) assert.deepEqual(wire.filter(text => text.includes(canary)), [], canary)
    await running.stop()
    for (const canary of CANARIES) assert.ok(!onDisk(join(data, 'journal')).includes(canary), canary)
    for (const canary of [String(TEMPERATURE), '17:23.456']) assert.ok(!onDisk(data).includes(canary), canary)
    assert.ok(!wire.some(text => text.includes('urn:sluice:kept:')), 'what is kept in the place of a name is no recipient’s')
    running = await Running.start({ data })
  })
})
