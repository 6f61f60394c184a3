// Devices over TLS by somebody else's client, and over WebSocket through the gateway's own HTTP port, as far as a subscriber.
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { WebSocket } from 'ws'
import { connectAsync } from 'mqtt'
import { hasOpenssl } from '#test/support/certificates.ts'
import { sluiceJson } from '#test/support/command-line.ts'
import { GatewayProcess } from '#test/support/process.ts'
import { Running, Users, type Paired, type PartyKey } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const run = promisify(execFile)
const TOPIC = 'zigbee2mqtt/kitchen'

describe('mosquitto_pub over TLS', () => {
  let dir: string, process: GatewayProcess, users: Users, owner: PartyKey, home: Paired, mqtts: URL
  const settings = (more = {}) => ({ SLUICE_MQTTS_CERTIFICATE_FILE: join(dir, 'server.pem'), SLUICE_MQTTS_KEY_FILE: join(dir, 'server.key'), SLUICE_MQTTS_PORT: '0', ...more })
  const open = async (more = {}) => {
    process = await GatewayProcess.start(temporaryFolder(), {}, settings(more))
    users = new Users(process.ready)
    mqtts = new URL((process.ready as unknown as { mqtts: string }).mqtts)
    owner = await users.party('owner')
    home = await users.pair(owner)
  }
  const publish = (payload: object, ...more: string[]) =>
    run('mosquitto_pub', ['-h', '127.0.0.1', '-p', mqtts.port, '-u', home.username, '-P', home.password, '-t', TOPIC, '-q', '1', '-m', JSON.stringify(payload), ...more])

  before(async function () {
    const isMissing = spawnSync('mosquitto_pub', ['--help']).error !== undefined
    if (isMissing || !hasOpenssl) { console.log(`      skipped: ${isMissing ? 'mosquitto_pub (Debian: mosquitto-clients)' : 'openssl'} is not installed`); this.skip() }
    dir = join(temporaryFolder(), 'tls')
    await sluiceJson(['certificate', 'trial', '--dir', dir, '--name', '127.0.0.1,localhost', '--device', 'kitchen'])
  })
  afterEach(() => process?.kill('SIGTERM'))

  for (const version of ['tlsv1.2', 'tlsv1.3']) {
    it(`(${version}) is heard by a subscriber, where it trusts the authority of the trial`, async () => {
      await open()
      await publish({ temperature: 20 }, '--cafile', join(dir, 'ca.pem'), '--tls-version', version)
      const city = await users.party('subscriber'), [stream] = await users.streamsOf(owner)
      await users.deal(owner, city, stream!.streamId)
      const watcher = users.subscribe(city, stream!.streamId, '')
      assert.ok(await watcher.opened)
      await publish({ temperature: 21.5 }, '--cafile', join(dir, 'ca.pem'), '--tls-version', version)
      await watcher.count(1)
      assert.equal(watcher.got[0].temperature.value, 21.5)
      watcher.close()
    })
  }

  it('does not go on where it does not trust it', async () => {
    await open()
    await assert.rejects(publish({ temperature: 20 }, '--capath', '/etc/ssl/certs'), /certificate verify failed|TLS error/i)
  })

  it('needs a certificate of its own where the gateway asks for one', async () => {
    await open({ SLUICE_MQTTS_CLIENT_CA_FILE: join(dir, 'ca.pem') })
    const trusting = ['--cafile', join(dir, 'ca.pem')]
    await assert.rejects(publish({ temperature: 20 }, ...trusting))
    await publish({ temperature: 20 }, ...trusting, '--cert', join(dir, 'kitchen.pem'), '--key', join(dir, 'kitchen.key'))
    assert.deepEqual((await users.streamsOf(owner)).map(({ device }) => device), ['kitchen'])
  })

  it('is not understood as something else: a device without TLS at this port is let go', async () => {
    await open()
    await assert.rejects(run('mosquitto_pub', ['-h', '127.0.0.1', '-p', mqtts.port, '-u', home.username, '-P', home.password, '-t', TOPIC, '-m', '{}'], { timeout: 20_000 }), /lost|error/i)
    await publish({ temperature: 20 }, '--cafile', join(dir, 'ca.pem'))
  })
})

describe('MQTT over WebSocket at the HTTP port', () => {
  let running: Running
  afterEach(() => running.stop())
  const connect = ({ username, password }: Paired) => connectAsync(`${running.http.replace('http', 'ws')}/mqtt`, { username, password, reconnectPeriod: 0, clientId: 'browser' })

  it('is heard by a subscriber, beside the live streams at the same port', async () => {
    running = await Running.start()
    const [owner, city] = await Promise.all([running.party('owner'), running.party('subscriber')])
    const device = await connect(await running.pair(owner))
    await device.publishAsync(TOPIC, '{"temperature":20}', { qos: 1 })
    const [stream] = await running.streamsOf(owner)
    await running.deal(owner, city, stream!.streamId)
    const watcher = running.subscribe(city, stream!.streamId, '')
    assert.ok(await watcher.opened)
    await device.publishAsync(TOPIC, '{"temperature":21.5}', { qos: 2 })
    await watcher.count(1)
    assert.equal(watcher.got[0].temperature.value, 21.5)
    watcher.close()
    await device.endAsync()
  })

  it('is not there where the configuration says so', async () => {
    running = await Running.start({ mqttWebSocket: false })
    const client = new WebSocket(`${running.http.replace('http', 'ws')}/mqtt`, 'mqtt')
    await assert.rejects(once(client, 'open'), /404/)
  })
})
