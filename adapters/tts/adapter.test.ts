// The Things Stack: the contract, the tables, the worked example of the models' page, and the network's own sample messages.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Decoded, Memory } from '#adapters/adapter.ts'
import { foldName } from '#adapters/name.ts'
import { tts } from '#adapters/tts/adapter.ts'
import { FAMILIES } from '#adapters/lorawan/families.ts'
import { NUMBER_FIELDS, WORD_FIELDS } from '#adapters/lorawan/fields.ts'
import { lookUp } from '#adapters/lorawan/lookup.ts'
import { adapterContract, fixturesOf } from '#test/contract/adapter.contract.ts'

const SAMPLES = join(import.meta.dirname, '../../../shared/samples/ttn')
const RECEIVED_AT = Date.UTC(2026, 4, 4, 10, 15, 31)

adapterContract(tts, fixturesOf(import.meta.dirname))

const decode = (frame: unknown, topic = 'v3/app/devices/dev/up', memory?: Memory) => {
  const payload = Buffer.from(JSON.stringify(frame))
  return tts.decode({ topic, payload, qos: 0, retain: false, receivedAt: RECEIVED_AT }, memory, {})
}
const decodePayload = (payload: unknown, versions?: unknown) =>
  decode({ received_at: '2026-05-04T10:15:30Z', uplink_message: { decoded_payload: payload, version_ids: versions } })
const bare = ({ readings }: Decoded) => readings.map(({ quantity, value, unit }) => [quantity, value, unit])
const told = (payload: unknown, versions?: unknown) => bare(decodePayload(payload, versions))

describe('Which topics are The Things Stack\'s', () => {
  it('names the device with its application and tenant', () => {
    assert.equal(tts.recognise('v3/city@ttn/devices/bin-17/up'), 'city@ttn/bin-17')
    assert.equal(tts.recognise('v3/city/devices/bin-17/down/queued'), 'city/bin-17')
    for (const topic of [
      'v3/city/devices/bin-17', 'v3/city/devices/up', 'v3/city/devices/a/b/up', 'v2/city/devices/a/up', 'x/v3/city/devices/a/up',
      'v3/city/devices/a/up/more',
    ]) assert.equal(tts.recognise(topic), undefined, topic)
  })

  it('takes what a bridge put behind a prefix only for a source that was paired so', () => {
    assert.equal(tts.adopt?.('bridge/ttn/v3/city@ttn/devices/bin-17/up'), 'city@ttn/bin-17')
    assert.equal(tts.adopt?.('bridge/ttn/other'), undefined)
  })
})

describe('The tables of field names', () => {
  it('hold folded names, each once for one range', () => {
    const seen = new Set<string>()
    for (const { names, unit, range, quantity } of NUMBER_FIELDS) {
      for (const name of names) {
        assert.equal(foldName(name), name)
        const key = `${name} ${unit} ${range?.join()}`
        assert.ok(!seen.has(key), `${quantity}: ${key}`)
        seen.add(key)
      }
    }
    const words = WORD_FIELDS.flatMap(({ names }) => names), numbers = new Set(NUMBER_FIELDS.flatMap(({ names }) => names))
    assert.equal(new Set(words).size, words.length)
    assert.deepEqual(words.filter(name => numbers.has(name) || foldName(name) !== name), [])
  })

  it('leave no number between the ranges of a name without a meaning that a neighbour has', () => {
    assert.deepEqual(told({ battery: 5 }), [['batteryVoltage', 5, 'V']])
    assert.deepEqual(told({ battery: 5.01 }), [['battery', 5.01, '%']])
    assert.deepEqual(told({ battery: 100 }), [['battery', 100, '%']])
    assert.deepEqual(told({ battery: 1.49 }), [['battery', 1.49, '%']])
    assert.deepEqual(told({ battery: 3250 }), [['batteryVoltage', 3250, 'mV']])
    assert.deepEqual(told({ pressure: 599 }), [])
    assert.deepEqual(told({ pressure: 600 }), [['pressure', 600, 'hPa']])
    assert.deepEqual(told({ pressure: 101325 }), [['pressure', 101325, 'Pa']])
    assert.deepEqual(told({ pressure: 101 }), [], 'kilopascals may be a pipe\'s')
    assert.deepEqual(told({ air_pressure_kPa: 101 }), [['pressure', 101, 'kPa']])
  })

  it('find a name in any convention, with its unit and channel, and no other name by accident', () => {
    assert.equal(lookUp('airTemperature', undefined)?.numbers[0]?.quantity, 'temperature')
    assert.deepEqual([lookUp('distance3_cm', undefined)?.unit, lookUp('distance3_cm', undefined)?.channel], ['cm', '3'])
    assert.equal(lookUp('CO2_ppm', undefined)?.unit, 'ppm')
    for (const name of [
      'targetTemperature', 'temperatureBoard', 'light_level', 'digital_in_1', 'analog_in_2', 'pm10_alarm', 'co21', 'um2_5', 'TempChange',
      'total_in', 'region_count', 'eco2', 'toString', '__proto__', 'constructor', '', '\u0000', '温度',
    ]) {
      assert.equal(lookUp(name, undefined), undefined, name)
    }
  })
})

describe('A family', () => {
  it('is known by its model, by its fields, and from before', () => {
    const soil = [['soilTemperature', 15, '°C']]
    assert.deepEqual(told({ temperature: 15 }, { brand_id: 'milesight-iot', model_id: 'em500-smtc' }), soil)
    assert.deepEqual(told({ temperature: 15, moisture: 40, ec: 200 })[0], soil[0])
    assert.deepEqual(told({ temperature: 15 }), [['temperature', 15, '°C']])
    const { readings, memory } = decode({ uplink_message: { decoded_payload: { temperature: 15 } } }, undefined, { family: 'soil' })
    assert.deepEqual(readings.map(({ quantity }) => quantity), ['soilTemperature'])
    assert.deepEqual(memory, { family: 'soil' })
  })

  it('can take a meaning away', () => {
    assert.deepEqual(decodePayload({ pressure: 900 }, { model_id: 'em500-pp' }).refused.map(({ code }) => code), ['NO_READING'])
  })

  it('has names of its own and folded fields', () => {
    assert.equal(new Set(FAMILIES.map(({ name }) => name)).size, FAMILIES.length)
    for (const { has, numbers, words, unmapped = [] } of FAMILIES) {
      const names = [...has.flat(), ...[...numbers, ...words].flatMap(field => field.names), ...unmapped]
      assert.deepEqual(names.map(foldName), names)
    }
  })
})

describe('What is not told is not guessed', () => {
  it('refuses gases, volumes and counters without a unit, and takes them with one', () => {
    for (const name of ['no2', 'so2', 'co', 'voc', 'water_volume', 'energy', 'power', 'current', 'weight', 'water_level']) {
      const { readings, refused } = decodePayload({ [name]: 1 })
      assert.deepEqual([readings.length, refused.map(({ code }) => code)], [0, ['AMBIGUOUS']], name)
    }
    assert.deepEqual(told({ no2_ugm3: 18, water_volume_l: 1204, energy_kwh: 3.5, weight_kg: 80 }), [
      ['no2', 18, 'μg/m3'], ['waterVolume', 1204, 'L'], ['energyImport', 3.5, 'kWh'], ['weight', 80, 'kg'],
    ])
  })

  it('refuses a yes that may mean either', () => {
    for (const payload of [{ contact: true }, { door: 1 }, { occupancy: 1 }]) assert.deepEqual(decodePayload(payload).readings, [])
    const words = told({ door_open: true, occupancy: 2, water_leak: 'NoLeak' })
    assert.deepEqual(words, [['contact', 'open', ''], ['occupancy', 'occupied', ''], ['leak', 'clear', '']])
  })
})

describe('The worked example of a waste bin', () => {
  it('gives distance, state and temperature at the network server\'s time, at the device\'s own place', () => {
    const decoded = decode({
      end_device_ids: { device_id: 'bin-17', application_ids: { application_id: 'city' }, dev_eui: '0004A30B001C0530' },
      received_at: '2026-05-04T10:15:30.123456789Z',
      uplink_message: {
        f_port: 85, f_cnt: 42, decoded_payload: { battery: 92, distance: 620, position: 'normal', temperature: 11.5 },
        rx_metadata: [{ gateway_ids: { gateway_id: 'gtw1' }, rssi: -97, snr: 5.2, location: { latitude: 41.66, longitude: -4.73 } }],
        received_at: '2026-05-04T10:15:29.918273645Z',
        locations: { user: { latitude: 41.6523, longitude: -4.7245, source: 'SOURCE_REGISTRY' } },
      },
    }, 'v3/city@ttn/devices/bin-17/up')
    assert.deepEqual(decoded.refused, [])
    assert.deepEqual(bare(decoded), [
      ['battery', 92, '%'], ['distance', 620, 'mm'], ['binState', 'ok', ''], ['temperature', 11.5, '°C'],
      ['rssi', -97, 'dBm'], ['snr', 5.2, 'dB'],
    ])
    for (const { observedAt } of decoded.readings) assert.equal(observedAt, Date.UTC(2026, 4, 4, 10, 15, 29, 918))
    assert.deepEqual(decoded.devices, [{ device: 'city@ttn/bin-17', role: 'wasteContainer', location: [-4.7245, 41.6523] }])
  })
})

describe('The network\'s own sample messages (skipped where ../shared/samples is absent)', () => {
  before(function () {
    if (!existsSync(SAMPLES)) this.skip()
  })

  const sample = (name: string): unknown => JSON.parse(readFileSync(join(SAMPLES, name), 'utf8'))

  it('read the documentation\'s uplink', () => {
    const decoded = decode(sample('tts-v3-08.json'))
    assert.deepEqual(decoded.refused, [])
    assert.deepEqual(bare(decoded), [['temperature', 1, '°C'], ['illuminance', 0.64, 'lx'], ['rssi', -35, 'dBm'], ['snr', 5, 'dB']])
    for (const { observedAt } of decoded.readings) assert.equal(observedAt, Date.UTC(2020, 1, 12, 15, 15, 45, 789))
    assert.deepEqual(decoded.devices[0]?.location, [23.72678801175413, 37.97155556731436])
  })

  it('read a parking bay whose inner time was never set', () => {
    const decoded = decode(sample('tts-v3-09.json'))
    assert.deepEqual(bare(decoded), [['parking', 'occupied', '']])
    assert.equal(decoded.readings[0]?.observedAt, Date.UTC(2021, 1, 4, 19, 19, 28, 681))
    assert.deepEqual(decoded.devices, [{ device: 'app/dev', role: 'parkingSpot' }])
  })

  it('take joins and downlinks for what they are', () => {
    const events = readdirSync(SAMPLES).filter(name => /0[1-7]\.json$/.test(name))
    assert.equal(events.length, 7)
    for (const name of events) {
      for (const event of ['join', 'down/queued', 'down/ack', 'down/failed']) {
        assert.deepEqual(decode(sample(name), `v3/app1/devices/dev1/${event}`).refused.map(({ code }) => code), ['NO_READING'], name)
      }
      assert.deepEqual(decode(sample(name)).refused.map(({ code }) => code), ['BAD_PAYLOAD'], name)
    }
  })
})
