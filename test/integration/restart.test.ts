import assert from 'node:assert/strict'
import { Running } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const climate = (temperature: number) => JSON.stringify({ temperature, humidity: 44.4 })

describe('A restart', () => {
  it('keeps parties, streams, consents, messages, ids and the books', async () => {
    const data = temporaryFolder()
    let running = await Running.start({ data })
    const { operatorKey } = running
    const [owner, city] = await Promise.all([running.party('owner'), running.party('subscriber')])
    const source = await running.pair(owner), device = await running.device(source)
    await device.publishAsync('zigbee2mqtt/k', climate(1), { qos: 1 })
    const [stream] = await running.streamsOf(owner)
    await running.deal(owner, city, stream!.streamId, { price: '0.01', budget: '1' })
    for (const value of [2, 3, 4]) await device.publishAsync('zigbee2mqtt/k', climate(value), { qos: 1 })
    const watcher = running.subscribe(city, stream!.streamId, 'envelope=1&from=earliest')
    await watcher.count(3)
    watcher.close()
    const memory = async () => ({
      usage: await running.ok(city.key, 'GET', '/v1/usage'), streams: await running.streamsOf(owner), consents: await running.ok(owner.key, 'GET', '/v1/consents'),
      ledger: await running.ok(operatorKey, 'GET', '/v1/ledger'), sources: await running.ok(owner.key, 'GET', '/v1/sources'),
    })
    const before = await memory()
    await running.stop()

    running = await Running.start({ data })
    assert.equal(running.operatorKey, '')
    assert.deepEqual(await memory(), before)
    const again = running.subscribe(city, stream!.streamId, 'envelope=1&from=earliest')
    await again.count(3)
    assert.deepEqual(again.got, watcher.got)
    const back = await running.device(source)
    await back.publishAsync('zigbee2mqtt/k', climate(5), { qos: 1 })
    await again.count(4)
    assert.ok(again.got[3].timestamp > again.got[2].timestamp && again.got[3].msgChainId !== again.got[2].msgChainId)
    assert.equal((await running.ok(city.key, 'GET', '/v1/usage')).agreements[0].messages, 4)
    again.close()
    await running.stop()
  })

  it('is refused while another gateway holds the data directory, and by an older Sluice', async () => {
    const data = temporaryFolder(), running = await Running.start({ data })
    await assert.rejects(Running.start({ data }), /Another gateway holds the data directory/)
    await running.stop()
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(`${data}/state.db`)
    database.exec('PRAGMA user_version = 99')
    database.close()
    await assert.rejects(Running.start({ data }), /schema version 99.*start the newer Sluice/s)
  })
})
