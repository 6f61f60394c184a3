import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connectAsync, type MqttClient } from 'mqtt'
import { GatewayProcess } from '#test/support/process.ts'
import { Users } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const DISK_MIB = 48
const climate = (n: number) => JSON.stringify({ temperature: 10 + n / 1e6, note: 'x'.repeat(200) })
const numberIn = ({ content }: any) => Math.round((content.temperature.value - 10) * 1e6)

describe('A full disk', () => {
  const disk = temporaryFolder()
  let gateway: GatewayProcess | undefined
  before(function () {
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', disk]).status !== 0) { console.log('      skipped: no disk of its own can be mounted here (needs root)'); this.skip() }
  })
  after(async () => {
    await gateway?.kill()
    spawnSync('umount', [disk])
  })

  it('stops acknowledgements, shows in /readyz, loses nothing that was acknowledged, and ends when there is room', async function () {
    this.timeout(120_000)
    gateway = await GatewayProcess.start(join(disk, 'data'))
    const users = new Users(gateway.ready), [owner, city] = await Promise.all([users.party('owner'), users.party('subscriber')])
    const source = await users.pair(owner)
    await (await users.device(source)).publishAsync('zigbee2mqtt/k', climate(0), { qos: 1 })
    const [stream] = await users.streamsOf(owner)
    await users.deal(owner, city, stream!.streamId)
    await users.leave()

    const filler = join(disk, 'filler'), free = () => { const { bavail, bsize } = statfsSync(disk); return bavail * bsize }
    writeFileSync(filler, Buffer.alloc(free() - 200_000))
    const acknowledged = new Set<number>(), ready = async () => (await fetch(`${users.http}/readyz`)).status
    let device: MqttClient | undefined, sent = 0
    const publish = async (enough: () => boolean | Promise<boolean>) => {
      while (!await enough()) {
        if (!device?.connected) {
          device?.end(true)
          device = await connectAsync(users.mqtt, { username: source.username, password: source.password, reconnectPeriod: 0 })
          device.on('error', () => { /* the gateway closes what it cannot keep */ })
        }
        for (let n = 0; n < 10; n++) { const number = ++sent; device.publish('zigbee2mqtt/k', climate(number), { qos: 1 }, error => { if (!error) acknowledged.add(number) }) }
        await delay(5)
      }
    }
    const until = Date.now() + 30_000
    await publish(async () => await ready() === 503 || Date.now() > until)
    assert.equal(await ready(), 503, 'the disk is full, and it says that it is ready')
    const before = acknowledged.size
    assert.ok(before > 100, `${before}`)
    await delay(300)

    rmSync(filler)
    await publish(async () => await ready() === 200 && acknowledged.size > before + 100)
    assert.ok(gateway.isAlive, gateway.stderr)
    device!.end(true)
    await gateway.kill()
    gateway = await GatewayProcess.start(join(disk, 'data'), { mqtt: gateway.port, http: Number(new URL(users.http).port) })
    const replay = users.subscribe(city, stream!.streamId, 'envelope=1&from=earliest'), last = Math.max(...acknowledged)
    while (!replay.got.some(message => numberIn(message) === last)) await delay(20)
    const seen = new Set(replay.got.map(numberIn))
    assert.deepEqual([...acknowledged].filter(number => !seen.has(number)), [], 'acknowledged and lost')
    replay.close()
  })
})
