import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Meter } from '#gateway/market/meter.ts'
import { Disk, DISK_FAULTS } from '#test/support/disk.ts'
import { Running, type PartyKey } from '#test/support/running.ts'

const climate = (temperature: number) => JSON.stringify({ temperature, humidity: 44.4 })

describe('A gateway whose disk fails', () => {
  let running: Running, owner: PartyKey, city: PartyKey, disk: Disk
  before(async () => {
    disk = new Disk()
    running = await Running.start()
    ;[owner, city] = await Promise.all([running.party('owner'), running.party('subscriber')])
  })
  afterEach(() => { disk.work(); mock.restoreAll() })
  after(() => running.stop())

  async function scene() {
    const source = await running.pair(owner), device = await running.device(source)
    await device.publishAsync('zigbee2mqtt/k', climate(0), { qos: 1 })
    const { streamId } = (await running.streamsOf(owner)).find(({ sourceId }) => sourceId === source.sourceId)!
    await running.deal(owner, city, streamId)
    const watcher = running.subscribe(city, streamId)
    await watcher.opened
    return { source, device, watcher, temperatures: () => watcher.got.map(({ content }) => content.temperature.value) }
  }
  const ready = async () => {
    const response = await fetch(`${running.http}/readyz`)
    return { ...await response.json() as { reasons: string[] }, status: response.status }
  }
  const becomes = async (status: number) => { while ((await ready()).status !== status) await delay(20) }
  const books = () => {
    const { received, delivered, dropped, failed, inFlight } = running.gateway.counts()
    assert.equal(delivered + Object.values(dropped).reduce((sum, count) => sum + count, 0) + failed + inFlight, received)
    return { failed, inFlight }
  }

  for (const fault of DISK_FAULTS) {
    it(`acknowledges nothing, says so in /readyz, and is back by itself (${fault})`, async () => {
      const { source, device, watcher, temperatures } = await scene(), before = books()
      await device.publishAsync('zigbee2mqtt/k', climate(1), { qos: 1 })
      disk.fail(fault)
      let isAcknowledged = false
      device.publish('zigbee2mqtt/k', climate(2), { qos: 1 }, error => { isAcknowledged = !error })
      await new Promise<void>(done => device.once('close', () => done()))
      assert.deepEqual([isAcknowledged, await ready().then(({ status, reasons }) => [status, reasons.length])], [false, [503, 1]])
      assert.deepEqual(books(), { failed: before.failed + 1, inFlight: 0 })
      await delay(1_200) // a look at the disk that still fails
      assert.equal((await ready()).status, 503)
      disk.work()
      await becomes(200)
      await (await running.device(source)).publishAsync('zigbee2mqtt/k', climate(3), { qos: 1 })
      await watcher.count(2)
      assert.deepEqual(temperatures(), [1, 3])
      watcher.close()
    })
  }

  it('hands over nothing that it cannot write down, keeps and acknowledges it, and hands it over later', async () => {
    const { device, watcher, temperatures } = await scene()
    mock.method(Meter.prototype, 'commit', () => { throw new Error('ENOSPC') })
    for (const n of [1, 2, 3]) await device.publishAsync('zigbee2mqtt/k', climate(n), { qos: n === 2 ? 2 : 1 })
    assert.deepEqual([watcher.got, (await ready()).status], [[], 503])
    mock.restoreAll()
    await becomes(200)
    await watcher.count(3)
    assert.deepEqual(temperatures(), [1, 2, 3])
    assert.equal(watcher.closed, undefined)
    watcher.close()
  })
})
