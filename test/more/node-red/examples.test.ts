// Each example as a user imports it, unchanged, in each Node-RED, seen to work with a real gateway.
import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasChromium, openBrowser } from '#test/support/chromium.ts'
import { hasInflux, Influx } from '#test/support/influx.ts'
import { freePort } from '#test/support/mosquitto.ts'
import { MAJORS } from '#benchmarks/peers/node-red-hosts.ts'
import { NodeRed, type Watch } from '#test/support/node-red.ts'
import { Receiver } from '#test/support/receiver.ts'
import { Scene } from '#test/more/node-red/scene.ts'

const FOLDER = join(import.meta.dirname, '..', '..', '..', 'node-red-flows')
const { 'node-red': { nodes } } = JSON.parse(readFileSync(join(FOLDER, 'package.json'), 'utf8'))
const NAMES = [
  '01-first-stream', '02-plug-on-a-live-chart', '03-air-quality-to-influx',
  '04-consent-withdrawn', '05-threshold-to-a-webhook', '06-replay-without-a-gap',
]
const room = (temperature: number) => JSON.stringify({ temperature, humidity: 44, battery: 90 })
const air = (n: number) => JSON.stringify([
  { bn: 'urn:dev:mac:0a1b2c3d4e5f6071:', bt: 1_777_889_730 + n, n: 'pm2.5', u: 'ug/m3', v: n }, { n: 'pm10', u: 'ug/m3', v: 2 * n },
])

/** Resolves when a browser has drawn a line through two readings; throws for an error in the page. */
async function seesLine(url: string): Promise<void> {
  const browser = await openBrowser(), page = await browser.newPage()
  try {
    const failed = new Promise<never>((_, fail) => page.on('pageerror', fail))
    await page.goto(url)
    await Promise.race([page.waitForFunction(`document.getElementById('line').points.numberOfItems >= 2`), failed])
    assert.match(await page.innerText('output'), /^\d+ W$/)
  } finally { await browser.close() }
}

for (const major of MAJORS) describe(`The examples in Node-RED ${major} (skipped where no npm registry is reachable)`, () => {
  let scene: Scene, nodeRed: NodeRed, watch: Watch
  before(async function () {
    scene = await Scene.start()
    const started = await NodeRed.start(major, { SLUICE_URL: scene.users.http })
    if (!started) return this.skip()
    nodeRed = started
  })
  after(async () => {
    await nodeRed?.kill('SIGTERM')
    await scene.stop()
  })
  afterEach(() => watch?.close())

  /** Imports an example, with what its user fills in as global environment variables. */
  async function run(name: string, env: Readonly<Record<string, string>>): Promise<void> {
    watch = await nodeRed.watch()
    await nodeRed.deploy(await nodeRed.example(name), env)
  }
  const offerRoom = (name: string, more: { attributes?: readonly string[], isAgreed?: boolean } = {}) =>
    scene.offer({ dialect: 'zigbee2mqtt', topic: `zigbee2mqtt/${name}`, payload: room(20), attributes: ['temperature'], ...more })
  const isConnected = ({ fill, shape }: { fill?: string, shape?: string }) => fill === 'green' && shape === 'dot'

  it('finds every node type registered and enabled, and each in an example', async () => {
    const sets = await nodeRed.nodeSets()
    assert.deepEqual(sets.filter(({ enabled, err }) => !enabled || err), [])
    assert.deepEqual(sets.flatMap(({ types }) => types).sort(), Object.keys(nodes).sort())
    assert.deepEqual(await nodeRed.exampleNames(), NAMES)
    const used = new Set((await Promise.all(NAMES.map(name => nodeRed.example(name)))).flat().map(({ type }) => type))
    assert.deepEqual(Object.keys(nodes).filter(type => !used.has(type)), [])
  })

  it('01 finds a stream, agrees, and shows its messages', async () => {
    const { device, streamId, offerId } = await offerRoom('first', { isAgreed: false })
    await run(NAMES[0]!, { SLUICE_KEY: scene.city.key, SLUICE_STREAM: streamId, SLUICE_OFFER: offerId })
    await watch.status('first-stream', ({ fill, shape }) => fill === 'red' && shape === 'ring')
    await nodeRed.press('first-find')
    const streams = await watch.debug('first-found')
    assert.ok(streams.some((stream: any) => stream.streamId === streamId))
    await nodeRed.press('first-order')
    const agreement = await watch.debug('first-agreed')
    assert.deepEqual([agreement.streamId, agreement.state], [streamId, 'active'])
    await watch.status('first-stream', isConnected)
    await device.publishAsync('zigbee2mqtt/first', room(21.5), { qos: 1 })
    const { topic, payload: { type, temperature } } = await watch.debug('first-message')
    assert.deepEqual([topic, type, temperature.value], [streamId, 'IndoorEnvironmentObserved', 21.5])
  })

  it(`02 pairs a plug, simulates it, and draws its power${hasChromium ? '' : ' (not drawn: there is no Chromium)'}`, async () => {
    await run(NAMES[1]!, { SLUICE_OWNER_KEY: scene.owner.key })
    const page = await fetch(`${nodeRed.url}/sluice/plug`)
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/)
    assert.match(await page.text(), /<svg/)
    const live = await nodeRed.output('/sluice/plug/live')
    await nodeRed.press('plug-begin')
    const { sourceId, mqtt } = await watch.debug('plug-access')
    assert.equal(mqtt, scene.users.mqtt)
    await live.until(() => live.got.length >= 3, 'three readings of the plug')
    if (hasChromium) await seesLine(`${nodeRed.url}/sluice/plug`)
    await nodeRed.press('plug-stop')
    await watch.status('plug-simulator', ({ fill }) => fill === 'grey')
    live.close()
    assert.ok(live.got.every(({ watts, at }) => watts > 0 && !Number.isNaN(Date.parse(at))), JSON.stringify(live.got))
    assert.ok((await scene.users.streamsOf(scene.owner)).some(stream => stream.sourceId === sourceId && stream.type === 'ACMeasurement'))
  })

  const whereInflux = hasInflux ? it : it.skip
  whereInflux('03 writes air quality to InfluxDB, also what came before InfluxDB did (skipped where there is no influxd)', async () => {
    const port = await freePort()
    const { device, streamId } = await scene.offer({ dialect: 'senml', topic: 'senml/roof', payload: air(0), attributes: ['pm25', 'pm10'] })
    await run(NAMES[2]!, { SLUICE_KEY: scene.city.key, SLUICE_STREAM: streamId, INFLUX_URL: `http://127.0.0.1:${port}` })
    await watch.status('air-stream', isConnected)
    const publish = (from: number, to: number) =>
      Promise.all(Array.from({ length: to - from + 1 }, (_, index) => device.publishAsync('senml/roof', air(from + index), { qos: 1 })))
    await publish(1, 10)
    await watch.status('air-result', ({ text }) => text?.endsWith('ECONNREFUSED') === true)
    const influx = await Influx.start({ port })
    try {
      await publish(11, 250)
      await watch.status('air-result', ({ text }) => text === '250 written')
      const rows = await influx.rows('SELECT count(pm25), sum(pm10) FROM AirQualityObserved')
      assert.deepEqual(rows.map(({ count, sum }) => [count, sum]), [[250, 250 * 251]])
    } finally { await influx.kill() }
  })

  it('04 says why a stream ends when its owner withdraws, and goes on with a new consent', async () => {
    const attributes = ['temperature'], { device, streamId, consentId } = await offerRoom('consent', { attributes })
    await run(NAMES[3]!, { SLUICE_KEY: scene.city.key, SLUICE_STREAM: streamId })
    await watch.status('consent-stream', isConnected)
    await watch.status('consent-events', isConnected)
    await device.publishAsync('zigbee2mqtt/consent', room(21), { qos: 1 })
    await watch.debug('consent-message', ({ temperature }) => temperature === 21)
    await scene.users.ok(scene.owner.key, 'POST', `/v1/consents/${consentId}/withdraw`)
    const { code, why, stream } = await watch.debug('consent-notice')
    assert.deepEqual([code, why, stream], ['CONSENT_WITHDRAWN', 'The owner has withdrawn the consent.', streamId])
    const status = await watch.status('consent-stream', ({ fill }) => fill === 'red')
    assert.deepEqual(status, { fill: 'red', shape: 'ring', text: 'consent withdrawn' })
    assert.equal((await watch.debug('consent-change', ({ state }) => state !== 'active')).before, 'active')
    await scene.consent(streamId, attributes)
    assert.equal((await watch.debug('consent-change', ({ state }) => state === 'active')).event, 'agreement-active')
    await watch.status('consent-stream', isConnected)
    await device.publishAsync('zigbee2mqtt/consent', room(22), { qos: 1 })
    await watch.debug('consent-message', ({ temperature }) => temperature === 22)
  })

  it('05 calls a webhook above the threshold, once a minute at most, with a signature that holds', async () => {
    const receiver = await Receiver.start(), secret = randomBytes(24)
    const { device, streamId } = await offerRoom('alert', { attributes: ['temperature', 'relativeHumidity'] })
    try {
      const webhook = { WEBHOOK_URL: `${receiver.url}/hook`, WEBHOOK_SECRET: `whsec_${secret.toString('base64')}` }
      await run(NAMES[4]!, { SLUICE_KEY: scene.city.key, SLUICE_STREAM: streamId, ...webhook })
      await watch.status('alert-stream', isConnected)
      for (const temperature of [25, 25.1, 26, 24]) await device.publishAsync('zigbee2mqtt/alert', room(temperature), { qos: 1 })
      const { path, headers, body } = await receiver.at(0)
      assert.equal(path, '/hook')
      const signed = `${headers['webhook-id'] as string}.${headers['webhook-timestamp'] as string}.${body}`
      assert.equal(headers['webhook-signature'], `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`)
      assert.ok(Math.abs(Date.now() / 1000 - Number(headers['webhook-timestamp'])) < 60)
      const { type, data } = JSON.parse(body)
      assert.deepEqual([type, data.stream, data.temperature, data.relativeHumidity], ['temperature.high', streamId, 25.1, undefined])
      await watch.debug('alert-answer', status => Number(status) === 204)
      assert.equal(receiver.got.length, 1)
    } finally { receiver.stop() }
  })

  it('06 counts what comes, and shows what it costs', async () => {
    const { device, streamId } = await offerRoom('count')
    await run(NAMES[5]!, { SLUICE_KEY: scene.city.key, SLUICE_STREAM: streamId })
    await watch.status('replay-stream', isConnected)
    for (const temperature of [21, 22]) await device.publishAsync('zigbee2mqtt/count', room(temperature), { qos: 1 })
    const { received, again, gaps } = await watch.debug('replay-counts', counts => counts.received === 2)
    assert.deepEqual([received, again, gaps], [2, 0, 0])
    const billed = (usage: any[]) => usage.find(agreement => agreement.streamId === streamId)
    assert.equal(billed(await watch.debug('replay-bill', usage => billed(usage)?.messages === 2)).amount, '0.002000')
  })
})
