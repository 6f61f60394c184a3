// Devices by somebody else's client: mosquitto_pub, one message of each dialect, from the wire to the subscriber and to RDF.
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import jsonld from 'jsonld'
import { contextDocument } from '#semantic-models/contexts.ts'
import { Running, type Paired, type PartyKey } from '#test/support/running.ts'

const run = promisify(execFile)

interface Scene {
  readonly dialect: string
  readonly topic: string
  readonly payload: object
  readonly source?: object
  readonly device?: object
  /** By model: attribute → [value, unitCode]. */
  readonly expected: Readonly<Record<string, Readonly<Record<string, readonly [unknown, string?]>>>>
  readonly observedAt?: string
}

const SCENES: readonly Scene[] = [
  {
    dialect: 'zigbee2mqtt', topic: 'zigbee2mqtt/Living room/air', payload: { temperature: 21.37, humidity: 44.72, co2: 812, pm25: 7, voc_index: 104, battery: 88, linkquality: 91, last_seen: '2026-05-04T12:15:30+02:00' }, observedAt: '2026-05-04T10:15:30.000Z',
    expected: { IndoorEnvironmentObserved: { temperature: [21.37, 'CEL'], relativeHumidity: [0.4472, 'C62'] }, AirQualityObserved: { co2: [812, '59'], pm25: [7, 'GQ'], typeofLocation: ['indoor'] }, DeviceMeasurement: { numValue: [104, 'C62'], controlledProperty: ['vocIndex'] } },
  },
  {
    dialect: 'tasmota', topic: 'tele/heater/SENSOR', source: { timezone: 'Europe/Madrid' }, observedAt: '2026-05-04T10:15:30.000Z',
    payload: { Time: '2026-05-04T12:15:30', ENERGY: { TotalStartTime: '2024-01-01T00:00:00', Total: 12.345, Yesterday: 1.5, Today: 0.5, Power: 1830, ApparentPower: 1842, ReactivePower: 210, Factor: 0.99, Voltage: 229, Current: 8.043 } },
    expected: { ACMeasurement: { totalActivePower: [1830, 'WTT'], totalReactivePower: [210, 'D44'], totalApparentPower: [1842, 'D46'], totalActiveEnergyImport: [12.345, 'KWH'], totalPowerFactor: [0.99, 'C62'], phaseVoltage: [{ L1: 229 }, 'VLT'], current: [{ L1: 8.043 }, 'AMP'], phaseType: ['singlePhase'] } },
  },
  {
    dialect: 'shelly', topic: 'shellypro3em-0a1b2c3d4e5f/events/rpc', observedAt: '2026-05-04T10:15:30.250Z',
    payload: { src: 'shellypro3em-0a1b2c3d4e5f', dst: 'x/events', method: 'NotifyStatus', params: { ts: 1777889730.25, 'em:0': { id: 0, a_current: 1.5, a_voltage: 230.1, a_act_power: 345.2, b_current: 0.2, b_voltage: 231, b_act_power: -46.2, n_current: null, total_act_power: 299 } } },
    expected: { ThreePhaseAcMeasurement: { totalActivePower: [299, 'WTT'], phaseVoltage: [{ L1: 230.1, L2: 231 }, 'VLT'], current: [{ L1: 1.5, L2: 0.2 }, 'AMP'], activePower: [{ L1: 345.2, L2: -46.2 }, 'WTT'] } },
  },
  {
    dialect: 'senml', topic: 'senml/roof', source: { placement: 'outdoor' }, observedAt: '2026-05-04T10:15:30.000Z',
    payload: [{ bn: 'urn:dev:mac:0a1b2c3d4e5f6071:', bt: 1777889730, n: 'temperature', u: 'Cel', v: -3.5 }, { n: 'humidity', u: '%RH', v: 91 }, { n: 'pressure', u: 'Pa', v: 100870 }, { n: 'wind_speed', u: 'm/s', v: 4.2 }],
    expected: { WeatherObserved: { temperature: [-3.5, 'CEL'], relativeHumidity: [0.91, 'C62'], atmosphericPressure: [1008.7, 'A97'], windSpeed: [4.2, 'MTS'] } },
  },
  {
    dialect: 'tts', topic: 'v3/city@ttn/devices/bin-3/up', observedAt: '2026-05-04T10:15:29.918Z', device: { emptyMm: 1550 },
    payload: {
      end_device_ids: { device_id: 'bin-3', application_ids: { application_id: 'city' } }, received_at: '2026-05-04T10:15:30.123456789Z',
      uplink_message: { f_port: 85, f_cnt: 42, decoded_payload: { battery: 92, distance: 620, position: 'normal', temperature: 11.5 }, received_at: '2026-05-04T10:15:29.918273645Z', rx_metadata: [{ gateway_ids: { gateway_id: 'g' }, rssi: -97, location: { latitude: 1, longitude: 2 } }], locations: { user: { latitude: 41.6523, longitude: -4.7245 } } },
    },
    expected: { WasteContainer: { temperature: [11.5, 'CEL'], fillingLevel: [0.6, 'C62'], status: ['ok'] } },
  },
]

describe('mosquitto_pub as the device', () => {
  let running: Running, owner: PartyKey, city: PartyKey
  before(async function () {
    if (spawnSync('mosquitto_pub', ['--help']).error) { console.log('      skipped: mosquitto_pub is not installed (Debian: mosquitto-clients)'); this.skip() }
    running = await Running.start()
    ;[owner, city] = await Promise.all([running.party('owner'), running.party('subscriber')])
  })
  after(() => running?.stop())

  const publish = ({ username, password }: Paired, topic: string, payload: object, qos = '1') =>
    run('mosquitto_pub', ['-h', '127.0.0.1', '-p', new URL(running.mqtt).port, '-u', username, '-P', password, '-t', topic, '-q', qos, '-m', JSON.stringify(payload)])

  for (const { dialect, topic, payload, source = {}, device, expected, observedAt } of SCENES) {
    it(`speaks ${dialect}, and a subscriber gets the right quantities, units, values and times`, async () => {
      const paired = await running.pair(owner, { dialect, location: [4.35, 50.85], ...source })
      await publish(paired, topic, payload)
      if (device) {
        const [known] = (await running.ok(owner.key, 'GET', '/v1/devices')).filter(({ sourceId }: any) => sourceId === paired.sourceId)
        await running.ok(owner.key, 'PATCH', `/v1/devices/${known.deviceId}`, device)
        await publish(paired, topic, { ...payload, received_at: '2026-05-04T10:15:31.123456789Z' })
      }
      const streams = (await running.streamsOf(owner)).filter(({ sourceId }) => sourceId === paired.sourceId)
      const watchers = await Promise.all(streams.filter(({ type }) => type in expected).map(async stream => {
        await running.deal(owner, city, stream.streamId, { attributes: 'all' })
        const watcher = running.subscribe(city, stream.streamId, '')
        await watcher.opened
        return { stream, watcher }
      }))
      assert.deepEqual(watchers.map(({ stream }) => stream.type).sort(), Object.keys(expected).sort())
      await publish(paired, topic, later(payload), '2')
      for (const { stream, watcher } of watchers) {
        await watcher.count(1)
        const [entity] = watcher.got
        for (const [attribute, [value, unitCode]] of Object.entries(expected[stream.type]!)) assert.deepEqual([entity[attribute].value, entity[attribute].unitCode], [value, unitCode], attribute)
        if (observedAt) assert.equal(entity.dateObserved.value['@value'].slice(0, 18), observedAt.slice(0, 18))
        const rdf = await (jsonld.toRDF(entity, { format: 'application/n-quads', safe: true, documentLoader: (url: string) => { const document = contextDocument(url); return document ? Promise.resolve({ documentUrl: url, document }) : Promise.reject(new Error(url)) } } as never) as unknown as Promise<string>)
        assert.ok(!rdf.includes('/default-context/'), rdf)
        watcher.close()
      }
    })
  }

  it('is refused without credentials, and without the right ones', async () => {
    const paired = await running.pair(owner)
    for (const credentials of [[], ['-u', paired.username, '-P', 'guess']]) {
      await assert.rejects(run('mosquitto_pub', ['-h', '127.0.0.1', '-p', new URL(running.mqtt).port, ...credentials, '-t', 'zigbee2mqtt/k', '-m', '{}']), /not authori[sz]ed|bad user name/i)
    }
  })
})

/** The same message a moment later, so that it is no duplicate. */
function later(payload: any): object {
  const text = JSON.stringify(payload)
  if (Array.isArray(payload)) return payload.map((record, n) => n === 0 ? { ...record, bt: record.bt + 0.5 } : record)
  return JSON.parse(text.replace('30+02:00', '30.5+02:00').replace('1777889730.25', '1777889730.5').replace('29.918273645', '29.938273645').replace('"Time":"2026-05-04T12:15:30"', '"Time":"2026-05-04T12:15:31"')) as object
}
