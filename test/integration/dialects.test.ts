// Dialects whose devices tell a figure at a time, or declare first what they will say: from a real connection to streams.
import assert from 'node:assert/strict'
import { Running, type PartyKey } from '#test/support/running.ts'

describe('A source that was paired without a dialect', function () {
  let running: Running, owner: PartyKey
  before(async () => {
    running = await Running.start()
    owner = await running.party('owner')
  })
  after(() => running.stop())

  const streamsAfter = async (messages: readonly (readonly [topic: string, payload: unknown])[]) => {
    const { sourceId, ...credentials } = await running.pair(owner, { dialect: undefined, location: [4.35, 50.85] })
    const device = await running.device(credentials, `client-of-${sourceId}`)
    for (const [topic, payload] of messages) {
      await device.publishAsync(topic, typeof payload === 'string' ? payload : JSON.stringify(payload), { qos: 1 })
    }
    const streams = (await running.streamsOf(owner)).filter(stream => stream.sourceId === sourceId)
    const isMeasured = (name: string) => !['location', 'refDevice'].includes(name)
    return streams.map(({ type, attributes, device: key }) => [key, type, attributes.filter(isMeasured)])
  }

  it('makes one three-phase stream of a first-generation Shelly\'s topics', async () => {
    assert.deepEqual(await streamsAfter([
      ['shellies/shellyem3-aa/online', 'true'], ['shellies/shellyem3-aa/emeter/0/power', '812.4'],
      ['shellies/shellyem3-aa/emeter/1/power', '9'], ['shellies/shellyem3-aa/emeter/0/total', '1204977.3'],
    ]), [['shellyem3-aa', 'ThreePhaseAcMeasurement', ['activePower', 'activeEnergyImport']]])
  })

  it('makes a waste container of a bin behind ChirpStack', async () => {
    const event = { time: new Date().toISOString(), deviceInfo: {}, object: { distance: 620, position: 'normal', temperature: 11.5 } }
    const streams = await streamsAfter([['application/a/device/01/event/up', event]])
    assert.deepEqual(streams.map(([key, type]) => [key, type]), [['a/01', 'DeviceMeasurement'], ['a/01', 'WasteContainer']].sort())
  })

  it('makes one room of what a device declared in two messages', async () => {
    const dev = { ids: ['02005e0053a1'], name: 'attic' }
    assert.deepEqual(await streamsAfter([
      ['homeassistant/sensor/attic/t/config', { '~': 'attic', dev, stat_t: '~/sensor/t/state', dev_cla: 'temperature', unit_of_meas: '°C' }],
      ['homeassistant/sensor/attic/h/config', { '~': 'attic', dev, stat_t: '~/sensor/h/state', dev_cla: 'humidity', unit_of_meas: '%' }],
      ['attic/sensor/t/state', '21.5'], ['attic/sensor/h/state', '44.2'],
    ]), [['02005e0053a1', 'IndoorEnvironmentObserved', ['temperature', 'relativeHumidity']]])
  })
})
