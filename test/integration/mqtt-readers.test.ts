import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { MqttClient } from 'mqtt'
import { MqttReader } from '#test/support/mqtt-reader.ts'
import { RawReader } from '#test/support/raw-reader.ts'
import { Running, type PartyKey } from '#test/support/running.ts'

const TOPIC = 'zigbee2mqtt/k'
const climate = (temperature: number) => JSON.stringify({ temperature, humidity: 44.4 })
const PERSISTENT = { clientId: 'city', clean: false, properties: { sessionExpiryInterval: 3_600 } } as const

describe('Streams over MQTT', () => {
  let running: Running, owner: PartyKey, city: PartyKey
  const readers: MqttReader[] = []
  before(async () => {
    running = await Running.start()
    ;[owner, city] = await Promise.all([running.party('owner'), running.party('subscriber')])
  })
  afterEach(async () => { for (const { client } of readers.splice(0)) await client.endAsync(true) })
  after(() => running.stop())

  async function join(party: PartyKey, options: object = {}): Promise<MqttReader> {
    const reader = await MqttReader.join(running.mqtt, party, options)
    readers.push(reader)
    return reader
  }

  async function stream(): Promise<{ streamId: string, topic: string, device: MqttClient, send: (...values: number[]) => Promise<void> }> {
    const source = await running.pair(owner), device = await running.device(source)
    await device.publishAsync(TOPIC, climate(0), { qos: 1 })
    const { streamId } = (await running.streamsOf(owner)).find(({ sourceId }) => sourceId === source.sourceId)!
    const send = async (...values: number[]) => { for (const value of values) await device.publishAsync(TOPIC, climate(value), { qos: 1 }) }
    return { streamId, topic: `streams/${streamId}`, device, send }
  }

  for (const version of [4, 5] as const) {
    it(`reach a subscriber live, with what is granted and no more, at the QoS that they asked for up to 1 (level ${version})`, async () => {
      const { streamId, topic, send } = await stream()
      await running.deal(owner, city, streamId)
      for (const qos of [0, 1, 2] as const) {
        const reader = await join(city, { protocolVersion: version })
        assert.deepEqual((await reader.subscribe(topic, qos)).codes, [Math.min(qos, 1)])
        const sse = running.subscribe(city, streamId, '')
        await sse.opened
        await send(21, 22)
        await Promise.all([reader.count(2), sse.count(2)])
        assert.deepEqual(reader.got.map(({ content }) => content), sse.got, 'the views are those of the other transports')
        assert.ok(reader.got.every(got => got.topic === topic && got.packet.qos === Math.min(qos, 1) && !got.packet.retain))
        if (version === 5) assert.ok(reader.got.every(({ packet }) => packet.properties?.userProperties?.['publisherId'] === streamId.split('/')[0]))
        await reader.leave()
        sse.close()
      }
    })

    it(`resume behind what was acknowledged when the client was killed, in order, without gap or repetition (level ${version})`, async () => {
      const { streamId, topic, send } = await stream()
      await running.deal(owner, city, streamId)
      const options = { ...PERSISTENT, clientId: `city-${version}`, protocolVersion: version, ...version === 4 && { properties: undefined } }
      const first = await join(city, options)
      await first.subscribe(topic)
      await send(1, 2)
      await first.count(2)
      await delay(50)
      await first.kill()
      await send(3, 4)
      const second = await join(city, options)
      assert.equal(second.hasSession, true)
      await send(5)
      await second.count(3)
      assert.deepEqual([...first.temperatures, ...second.temperatures], [1, 2, 3, 4, 5])
    })

    it(`refuse by SUBACK what is not to be had (level ${version})`, async () => {
      const { streamId, topic } = await stream(), { streamId: other } = await stream()
      await running.ok(owner.key, 'POST', '/v1/offers', { streamId, price: '0', unit: 'message', currency: 'EUR', attributes: ['temperature'] })
      const reader = await join(city, { protocolVersion: version })
      const unknown = `streams/0x${'ab'.repeat(20)}/climate/x`
      for (const [filter, code, word] of [
        [topic, 0x87, 'NO_AGREEMENT'], [`streams/${other}`, 0x8f, 'NOT_FOUND'], [unknown, 0x8f, 'NOT_FOUND'], ['streams/#', 0x8f, 'NOT_FOUND'], ['#', 0x8f, 'NOT_FOUND'],
        ['streams/+', 0x8f, 'NOT_FOUND'], [`$share/a/${topic}`, 0x8f, 'NOT_FOUND'], ['$SYS/#', 0x8f, 'NOT_FOUND'], [TOPIC, 0x8f, 'NOT_FOUND'],
      ] as const) {
        const answer = await reader.subscribe(filter)
        assert.deepEqual(answer, version === 5 ? { codes: [code], reason: word, words: [word] } : { codes: [0x80], reason: undefined, words: [] }, filter)
      }
      await running.deal(owner, city, streamId)
      assert.deepEqual((await reader.subscribe([`streams/${other}`, topic])).codes, version === 5 ? [0x8f, 1] : [0x80, 1], 'each filter for itself')
      const { consentId } = (await running.ok<any[]>(owner.key, 'GET', '/v1/consents')).find(consent => consent.streamId === streamId)
      await running.ok(owner.key, 'POST', `/v1/consents/${consentId}/withdraw`)
      await reader.closed()
      const back = await join(city, { protocolVersion: version })
      const answer = await back.subscribe(topic)
      assert.deepEqual([answer.codes, answer.reason], version === 5 ? [[0x87], 'CONSENT_WITHDRAWN'] : [[0x80], undefined])
    })
  }

  it('come again under the packet ids that they had, marked, in the order of the first time over all streams, ahead of what is new', async () => {
    const [one, two] = [await stream(), await stream()], options = { clientId: 'again', sessionExpiryInterval: 60 }
    for (const { streamId } of [one, two]) await running.deal(owner, city, streamId)
    const first = await RawReader.join(running.mqtt, city, options)
    first.isPolite = false
    await first.subscribe(1, one.topic, two.topic)
    for (const [n, { send }] of [one, two, two, one].entries()) await send(n)
    await first.until(() => first.published.length === 4)
    first.send({ cmd: 'puback', messageId: first.published[0]!.messageId!, reasonCode: 0 })
    first.send({ cmd: 'pingreq' })
    await first.until(({ cmd }) => cmd === 'pingresp')
    first.socket.destroy()
    await first.closed()
    for (const { send } of [two, one]) await send(9)
    const second = await RawReader.join(running.mqtt, city, options)
    await second.until(() => second.published.length === 5)
    const told = ({ topic, messageId, payload }: { topic: string, messageId?: number | undefined, payload: string | Buffer }) => `${topic} ${messageId} ${String(payload)}`
    assert.deepEqual(second.published.slice(0, 3).map(told), first.published.slice(1).map(told))
    assert.deepEqual(second.published.map(({ dup }) => dup), [true, true, true, false, false])
    assert.deepEqual(second.published.slice(3).map(({ messageId }) => messageId), [5, 6])
    second.socket.destroy()
  })

  it('resume over a kill of the gateway, without a gap, and from where the client was', async () => {
    const data = running.data, { streamId, topic, send } = await stream()
    await running.deal(owner, city, streamId)
    const first = await join(city, { ...PERSISTENT, clientId: 'survivor' })
    await first.subscribe(topic)
    await send(1, 2)
    await first.count(2)
    await delay(1_200) // the gateway writes down where its readers are once a second
    await first.kill()
    await send(3)
    await running.stop()
    const operatorKey = running.operatorKey
    running = await Running.start({ data })
    Object.assign(running, { operatorKey })
    const second = await join(city, { ...PERSISTENT, clientId: 'survivor' })
    assert.equal(second.hasSession, true)
    await second.count(1)
    assert.deepEqual([...first.temperatures, ...second.temperatures], [1, 2, 3])
    assert.equal(new Set([...first.ids, ...second.ids]).size, 3)
  })

  it('withdrawn in full stream let nothing out that came later, and say why, in many tries', async function () {
    this.timeout(60_000)
    const kept = await stream()
    await running.deal(owner, city, kept.streamId)
    for (let round = 0; round < 25; round++) {
      const version = round % 2 === 0 ? 5 : 4, { streamId, topic, device } = await stream(), { consentId } = await running.deal(owner, city, streamId)
      const reader = await join(city, { protocolVersion: version, clientId: `racer-${round}`, clean: false, ...version === 5 && { properties: { sessionExpiryInterval: 60 } } })
      await reader.subscribe([topic, kept.topic], (round >> 1) % 2 as 0 | 1)
      let isPouring = true, sent = 0
      const pouring = (async () => { while (isPouring) { device.publish(TOPIC, climate(++sent), { qos: sent % 2 as 0 | 1 }); if (sent % 8 === 0) await delay(0) } })()
      await delay(Math.random() * 20)
      const { effectiveAt } = await running.ok(owner.key, 'POST', `/v1/consents/${consentId}/withdraw`)
      await device.publishAsync(TOPIC, climate(9_999), { qos: 1 })
      isPouring = false
      await pouring
      await reader.closed()
      if (version === 5 && reader.goodbye) assert.deepEqual(reader.goodbye, { code: 0x98, reason: 'CONSENT_WITHDRAWN' })
      assert.ok(!reader.temperatures.includes(9_999))
      if (version === 5) assert.ok(reader.ids.every(id => Number(id.split('-')[0]) <= Date.parse(effectiveAt)), 'received after the withdrawal took effect, and delivered')
      const back = await join(city, { protocolVersion: version, clientId: `racer-${round}`, clean: false, ...version === 5 && { properties: { sessionExpiryInterval: 60 } } })
      await kept.send(round)
      await back.count(1)
      assert.ok(back.got.every(got => got.topic === kept.topic), 'only the others come back')
      assert.deepEqual((await back.subscribe(topic)).codes, [version === 5 ? 0x87 : 0x80])
      await back.leave()
      await device.endAsync(true)
    }
  })

  it('bill a message once, whatever transports and sessions carry it', async () => {
    const { streamId, topic, send } = await stream(), { agreementId } = await running.deal(owner, city, streamId, { price: '0.001', budget: '1' })
    const [one, other, watcher] = [await join(city), await join(city), running.subscribe(city, streamId)]
    await Promise.all([one.subscribe(topic, 1), other.subscribe(topic, 0), watcher.opened])
    await send(1, 2, 3)
    await Promise.all([one.count(3), other.count(3), watcher.count(3)])
    assert.deepEqual(one.ids, watcher.got.map(({ messageId }) => messageId))
    const { agreements } = await running.ok(city.key, 'GET', '/v1/usage')
    assert.equal(agreements.find((usage: any) => usage.agreementId === agreementId).messages, 3)
    watcher.close()
  })

  it('end when their budget is spent, behind the last message that it paid for', async () => {
    const { streamId, topic, send } = await stream()
    await running.deal(owner, city, streamId, { price: '0.4', budget: '1' })
    const reader = await join(city, { properties: { receiveMaximum: 1 } })
    await reader.subscribe(topic)
    await send(1, 2, 3)
    await reader.closed()
    assert.deepEqual(reader.temperatures, [1, 2])
    assert.deepEqual(reader.goodbye, { code: 0x98, reason: 'SUSPENDED' })
  })

  it('show their owner what comes, whole', async () => {
    const { topic, send } = await stream(), reader = await join(owner)
    await reader.subscribe(topic)
    await send(7)
    await reader.count(1)
    assert.deepEqual([reader.got[0]!.content.temperature.value, reader.got[0]!.content.relativeHumidity.value], [7, 0.444])
  })

  it('take nothing from whoever reads: no publish, no will, no operator, no wrong key', async () => {
    const five = await join(city), before = running.gateway.counts().received
    for (const qos of [1, 2] as const) await assert.rejects(five.client.publishAsync(TOPIC, climate(1), { qos }), { code: 0x87 })
    assert.equal(five.isClosed, false)
    five.client.publish(TOPIC, climate(1))
    await five.closed()
    assert.equal(five.goodbye?.code, 0x87)
    const four = await join(city, { protocolVersion: 4 })
    four.client.publish(TOPIC, climate(1), { qos: 1 })
    await four.closed()
    await assert.rejects(join(city, { will: { topic: 'streams/x', payload: Buffer.from('x'), qos: 0, retain: false } }))
    const operator = (await running.ok<any[]>(running.operatorKey, 'GET', '/v1/parties')).find(({ role }) => role === 'operator')
    await assert.rejects(join({ partyId: operator.partyId, key: running.operatorKey }))
    await assert.rejects(join({ partyId: city.partyId, key: owner.key }))
    assert.equal(running.gateway.counts().received, before)
  })

  it('end when the key that opened them is rotated, and the new one finds them again', async () => {
    const { streamId, topic, send } = await stream(), party = await running.party('subscriber')
    await running.deal(owner, party, streamId)
    const [reader, idle] = [await join(party, PERSISTENT), await join(party)]
    await reader.subscribe(topic)
    const { key } = await running.ok(party.key, 'POST', '/v1/keys/rotate', {})
    await Promise.all([reader.closed(), idle.closed()])
    await assert.rejects(join(party))
    await send(1)
    const back = await join({ ...party, key }, PERSISTENT)
    await back.count(1)
    assert.deepEqual(back.temperatures, [1])
  })
})
