// A newcomer's way to devices without passwords: a trial certificate, its registration, and somebody else's client that shows it.
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connectAsync, type MqttClient } from 'mqtt'
import { hasOpenssl } from '#test/support/certificates.ts'
import { filesOf, makeCertificate } from '#test/support/device-certificates.ts'
import { sluiceJson } from '#test/support/command-line.ts'
import { Running, type Paired, type PartyKey } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const run = promisify(execFile)
const READING = JSON.stringify({ temperature: 20 })
const REFUSED = /not authori[sz]ed|bad user ?name or password|connection refused/i

describe('mosquitto_pub with a device certificate', () => {
  let dir: string, running: Running, owner: PartyKey, home: Paired & { mqtts: string }
  const file = (name: string) => join(dir, name), shows = (name: string) => ['--cert', file(`${name}.pem`), '--key', file(`${name}.key`)]
  const asOwner = () => ({ SLUICE_URL: running.http, SLUICE_KEY: owner.key })
  const certificate = (...argv: string[]) => sluiceJson(['certificate', ...argv], asOwner())
  const add = (name: string, { sourceId }: Paired = home) => certificate('add', sourceId, '--file', file(`${name}.pem`))
  const change = (verb: string) => sluiceJson(['source', verb, home.sourceId], asOwner())
  const open = async (data = temporaryFolder(), more: object = {}) => {
    running = await Running.start({ data, mqtts: { port: 0, certificateFile: file('server.pem'), keyFile: file('server.key'), ...more } })
  }
  const publish = (device: string, ...more: string[]) => {
    const address = ['-h', '127.0.0.1', '-p', new URL(home.mqtts).port, '--cafile', file('ca.pem')]
    return run('mosquitto_pub', [...address, '-q', '1', '-t', `zigbee2mqtt/${device}`, '-m', READING, ...more], { timeout: 20_000 })
  }
  const optionsOf = (certificateFile: string, keyFile: string) => (
    { ca: readFileSync(file('ca.pem')), cert: readFileSync(certificateFile), key: readFileSync(keyFile), reconnectPeriod: 0 })
  const closing = (client: MqttClient) => new Promise<void>(resolve => client.once('close', () => resolve()))
  const devicesOf = async ({ sourceId }: Paired) => (await running.streamsOf(owner)).filter(stream => stream.sourceId === sourceId).map(({ device }) => device)

  before(async function () {
    const isMissing = spawnSync('mosquitto_pub', ['--help']).error !== undefined
    if (isMissing || !hasOpenssl) {
      console.log(`      skipped: ${isMissing ? 'mosquitto_pub (Debian: mosquitto-clients)' : 'openssl'} is not installed`)
      this.skip()
    }
    dir = join(temporaryFolder(), 'tls')
    await sluiceJson(['certificate', 'trial', '--dir', dir, '--name', '127.0.0.1,localhost', '--device', 'kitchen,garage,spare'])
  })
  beforeEach(async () => {
    await open()
    owner = await running.party('owner')
    home = await running.pair(owner) as typeof home
  })
  afterEach(() => running?.stop())

  for (const version of ['tlsv1.2', 'tlsv1.3']) {
    it(`(${version}) is the source that it was registered for, and no other`, async () => {
      const barn = await running.pair(owner)
      await add('kitchen')
      await add('garage', barn)
      await publish('kitchen', ...shows('kitchen'), '--tls-version', version)
      await publish('garage', ...shows('garage'), '--tls-version', version)
      await publish('named', ...shows('kitchen'), '-u', home.username, '-P', home.password, '--tls-version', version)
      assert.deepEqual([await devicesOf(home), await devicesOf(barn)], [['kitchen', 'named'], ['garage']])
      for (const wrong of [shows('spare'), [], [...shows('kitchen'), '-u', barn.username], [...shows('kitchen'), '-u', home.username, '-P', 'guess']]) {
        await assert.rejects(publish('x', ...wrong, '--tls-version', version), REFUSED)
      }
      assert.deepEqual((await running.streamsOf(owner)).length, 3)
    })
  }

  it('proves nothing with the certificate alone, or with another key', async () => {
    await add('kitchen')
    await assert.rejects(publish('x', '--cert', file('kitchen.pem'), '--key', file('spare.key')))
    await assert.rejects(publish('x', '--cert', file('kitchen.pem')))
    assert.deepEqual(await devicesOf(home), [])
  })

  it('is nobody while its source is suspended or once the certificate is taken back, and a new password leaves it in place', async () => {
    const { fingerprint } = await add('kitchen')
    await change('suspend')
    await assert.rejects(publish('x', ...shows('kitchen')), REFUSED)
    await change('resume')
    await change('rotate')
    await publish('kitchen', ...shows('kitchen'))
    await certificate('remove', home.sourceId, fingerprint)
    await assert.rejects(publish('x', ...shows('kitchen')), REFUSED)
    await add('kitchen')
    await publish('again', ...shows('kitchen'))
    await change('remove')
    await assert.rejects(publish('x', ...shows('kitchen')), REFUSED)
    assert.deepEqual(await devicesOf(home), ['kitchen', 'again'])
  })

  it('is cut off with the certificate, by a new password, and when its source is suspended, while its neighbour stays', async () => {
    const { fingerprint } = await add('kitchen')
    await add('garage')
    const connect = async (name: string) => {
      const client = await connectAsync(home.mqtts, optionsOf(file(`${name}.pem`), file(`${name}.key`)))
      return Object.assign(client, { closed: closing(client) })
    }
    const [kitchen, garage] = [await connect('kitchen'), await connect('garage')]
    await certificate('remove', home.sourceId, fingerprint)
    await kitchen.closed
    await garage.publishAsync('zigbee2mqtt/garage', READING, { qos: 1 })
    await change('rotate')
    await garage.closed
    const back = await connect('garage')
    await change('suspend')
    await back.closed
    await assert.rejects(connect('garage'), REFUSED)
  })

  it('is over when its certificate is', async () => {
    const until = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 1_000), { certificateFile, keyFile } = filesOf(makeCertificate('brief', { until }), dir)
    const { sourceId } = home
    assert.equal((await certificate('add', sourceId, '--file', certificateFile)).until, until.toISOString())
    const options = optionsOf(certificateFile, keyFile), client = await connectAsync(home.mqtts, options)
    await closing(client)
    assert.ok(Date.now() > until.getTime())
    await assert.rejects(connectAsync(home.mqtts, options), REFUSED)
  })

  it('is still its source after a restart, and in a gateway that was restored from a backup', async () => {
    await add('kitchen')
    const archive = join(temporaryFolder(), 'backup.tar'), restored = join(temporaryFolder(), 'restored'), { data, operatorKey } = running
    await sluiceJson(['backup', '--to', archive], { SLUICE_URL: running.http, SLUICE_KEY: operatorKey })
    await sluiceJson(['restore', archive, '--data', restored])
    for (const directory of [data, restored]) {
      await running.stop()
      await open(directory)
      home = { ...home, mqtts: running.mqtts! }
      await publish('kitchen', ...shows('kitchen'))
      assert.deepEqual(await devicesOf(home), ['kitchen'])
    }
  })

  it('has to be registered where the gateway lets nobody in without a certificate, whatever password it brings', async () => {
    const { data } = running, password = ['-u', home.username, '-P', home.password]
    await add('kitchen')
    await running.stop()
    await open(data, { clientCertificates: 'required' })
    home = { ...home, mqtts: running.mqtts! }
    for (const wrong of [password, [...shows('spare'), ...password]]) await assert.rejects(publish('x', ...wrong))
    await publish('kitchen', ...shows('kitchen'), ...password)
    assert.deepEqual(await devicesOf(home), ['kitchen'])
  })
})
