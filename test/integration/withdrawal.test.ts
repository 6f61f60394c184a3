import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Running, type PartyKey } from '#test/support/running.ts'

const climate = (temperature: number) => JSON.stringify({ temperature, humidity: 44.4 })

describe('Consent', () => {
  let running: Running, owner: PartyKey, city: PartyKey
  before(async () => {
    running = await Running.start()
    ;[owner, city] = await Promise.all([running.party('owner'), running.party('subscriber')])
  })
  after(() => running.stop())

  async function stream(key = 'k') {
    const source = await running.pair(owner), device = await running.device(source)
    await device.publishAsync(`zigbee2mqtt/${key}`, climate(1), { qos: 1 })
    const { streamId } = (await running.streamsOf(owner)).find(({ sourceId }) => sourceId === source.sourceId)!
    return { streamId, device, topic: `zigbee2mqtt/${key}` }
  }

  it('withdrawn in full stream lets nothing out that came later, in many tries', async function () {
    this.timeout(60_000)
    for (let round = 0; round < 25; round++) {
      const { streamId, device, topic } = await stream(), { consentId } = await running.deal(owner, city, streamId)
      const watcher = running.subscribe(city, streamId)
      await watcher.opened
      let isPouring = true, sent = 0
      const pouring = (async () => { while (isPouring) { device.publish(topic, climate(++sent), { qos: sent % 2 as 0 | 1 }); if (sent % 8 === 0) await delay(0) } })()
      await delay(Math.random() * 20)
      const { effectiveAt } = await running.ok(owner.key, 'POST', `/v1/consents/${consentId}/withdraw`)
      await device.publishAsync(topic, climate(9_999), { qos: 1 })
      isPouring = false
      await pouring
      assert.equal((await watcher.end()).reason.replace(/^$/, 'CONSENT_WITHDRAWN'), 'CONSENT_WITHDRAWN')
      assert.ok(watcher.got.every(({ timestamp }) => timestamp <= Date.parse(effectiveAt)), 'received after the withdrawal took effect, and delivered')
      assert.ok(!watcher.got.some(({ content }) => content.temperature.value === 9_999))
      const late = running.subscribe(city, streamId, 'from=earliest')
      assert.equal(await late.opened, false)
      assert.equal(late.refusal?.problem.code, 'CONSENT_WITHDRAWN')
      await device.endAsync(true)
    }
  })

  it('of one purpose does not serve another, and a narrower one than the offer suspends', async () => {
    const { streamId } = await stream()
    const { offerId } = await running.ok(owner.key, 'POST', '/v1/offers', { streamId, price: '0', unit: 'message', currency: 'EUR', attributes: ['temperature', 'relativeHumidity'] })
    const agree = async (purpose: string) => (await running.ok(city.key, 'POST', '/v1/agreements', { offerId, purpose })).state
    assert.equal(await agree('dpv:PublicBenefit'), 'waiting')
    await running.ok(owner.key, 'POST', '/v1/consents', { streamId, recipient: city.partyId, purposes: ['dpv:Marketing'], attributes: ['temperature', 'relativeHumidity'] })
    const other = running.subscribe(city, streamId)
    await other.opened
    assert.equal(other.refusal?.problem.code, 'PURPOSE_MISMATCH')
    await running.ok(owner.key, 'POST', '/v1/consents', { streamId, recipient: city.partyId, purposes: ['https://w3id.org/dpv#PublicBenefit'], attributes: ['temperature'] })
    const narrow = running.subscribe(city, streamId)
    await narrow.opened
    assert.equal(narrow.refusal?.problem.code, 'SUSPENDED')
    await running.ok(owner.key, 'POST', '/v1/consents', { streamId, recipient: 'any', purposes: ['dpv:PublicBenefit'], attributes: 'all' })
    const wide = running.subscribe(city, streamId)
    assert.equal(await wide.opened, true)
    wide.close()
  })

  it('that expires ends the stream by itself', async () => {
    const { streamId, device, topic } = await stream()
    const { offerId } = await running.ok(owner.key, 'POST', '/v1/offers', { streamId, price: '0', unit: 'message', currency: 'EUR', attributes: ['temperature'] })
    await running.ok(owner.key, 'POST', '/v1/consents', { streamId, recipient: city.partyId, purposes: ['dpv:PublicBenefit'], attributes: ['temperature'], until: new Date(Date.now() + 700).toISOString() })
    assert.equal((await running.ok(city.key, 'POST', '/v1/agreements', { offerId, purpose: 'dpv:PublicBenefit' })).state, 'active')
    const watcher = running.subscribe(city, streamId)
    await watcher.opened
    await device.publishAsync(topic, climate(5), { qos: 1 })
    assert.deepEqual(await watcher.end(), { code: 4403, reason: 'EXPIRED' })
    assert.equal(watcher.got.length, 1)
  })

  it('keeps what nobody may have from the disk, and shows it to its owner live', async () => {
    const { streamId, device, topic } = await stream()
    const own = running.subscribe(owner, streamId)
    assert.equal(await own.opened, true)
    await device.publishAsync(topic, climate(31.4159265), { qos: 1 })
    await own.count(1)
    assert.deepEqual([own.got[0].content.temperature.value, own.got[0].content.relativeHumidity.value], [31.4159265, 0.444])
    own.close()
    for (const name of readdirSync(running.data, { recursive: true, encoding: 'utf8' })) {
      try { assert.ok(!readFileSync(join(running.data, name)).includes('31.4159265'), name) } catch (error) { if ((error as NodeJS.ErrnoException).code !== 'EISDIR') throw error }
    }
  })

  it('for temperature does not tell, or bill, that the device spoke of something else', async () => {
    const { streamId, device, topic } = await stream(), { agreementId } = await running.deal(owner, city, streamId, { price: '0.001', budget: '1' })
    const watcher = running.subscribe(city, streamId)
    await watcher.opened
    await device.publishAsync(topic, JSON.stringify({ humidity: 41 }), { qos: 1 })
    await device.publishAsync(topic, climate(2), { qos: 1 })
    await watcher.count(1)
    assert.equal(watcher.got[0].content.temperature.value, 2)
    const { agreements } = await running.ok(city.key, 'GET', '/v1/usage')
    assert.equal(agreements.find((usage: any) => usage.agreementId === agreementId).messages, 1)
    watcher.close()
  })

  it('for temperature alone keeps humidity from the disk', async () => {
    const { streamId, device, topic } = await stream()
    await running.deal(owner, city, streamId)
    await device.publishAsync(topic, JSON.stringify({ temperature: 27.1828, humidity: 61.803398 }), { qos: 1 })
    const journal = readdirSync(join(running.data, 'journal')).map(name => readFileSync(join(running.data, 'journal', name), 'latin1')).join('')
    assert.ok(journal.includes('27.1828') && !journal.includes('0.61803398'))
  })
})
