import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MEMORY_BYTES_MAX, type Decoded, type Memory } from '#adapters/adapter.ts'
import { tasmota } from '#adapters/tasmota/adapter.ts'
import { VL53_CM_MAX } from '#adapters/tasmota/fields.ts'
import { PARTS_MAX } from '#adapters/tasmota/measure.ts'
import { NAME_LENGTH_MAX, SENSORS_MAX } from '#adapters/tasmota/sensors.ts'
import { adapterContract, assertSound, fixturesOf } from '#test/contract/adapter.contract.ts'

const SAMPLES = join(import.meta.dirname, '../../../shared/samples/tasmota')
const ARRIVAL = Date.UTC(2026, 4, 4, 10, 15, 31)

const decode = (topic: string, payload: unknown, memory?: Memory, timezone?: string): Decoded => {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
  return tasmota.decode({ topic, payload: Buffer.from(text), qos: 0, retain: false, receivedAt: ARRIVAL }, memory, { timezone })
}
const brief = ({ readings }: Decoded) => readings.map(({ device, quantity, value, unit }) => [device, quantity, value, unit])
const devicesIn = ({ readings }: Decoded) => [...new Set(readings.map(({ device }) => device))]

adapterContract(tasmota, fixturesOf(import.meta.dirname))

describe('Tasmota topics', () => {
  it('have the prefix first or last, and the topic as the key', () => {
    for (const [topic, key] of [
      ['tele/heatpump/SENSOR', 'heatpump'], ['stat/heatpump/STATUS10', 'heatpump'], ['heatpump/tele/LWT', 'heatpump'],
      ['tele/home/attic/STATE', 'home/attic'], ['home/attic/stat/RESULT', 'home/attic'],
      ['stat/garage/PCF8574_INP', 'garage'], ['tele/garage/INFO1', 'garage'],
      ['tasmota/discovery/AABBCCDDEEFF/config', 'tasmota/discovery/AABBCCDDEEFF'],
    ]) assert.equal(tasmota.recognise(topic!), key, topic)
  })

  it('are no others', () => {
    for (const topic of [
      'tele/SENSOR', 'tele//SENSOR', 'tele/heatpump/sensor', 'tele/+/SENSOR', 'tele/heatpump/#',
      'heatpump/SENSOR', 'cmnd/heatpump/Power', 'telex/heatpump/SENSOR',
    ]) assert.equal(tasmota.recognise(topic), undefined, topic)
    for (const topic of ['kitchen/temperature', 'SENSOR', '$SYS/SENSOR', 'a/+/SENSOR']) {
      assert.equal(tasmota.adopt?.(topic), undefined, topic)
    }
  })

  it('that are discovery, info and warnings hold no readings', () => {
    for (const topic of ['tasmota/discovery/AABBCCDDEEFF/sensors', 'tele/a/INFO2', 'tele/a/WARNING', 'stat/a/STATUS5', 'stat/a/LOGGING']) {
      const { refused } = decode(topic, { sn: { Temperature: 1 }, ENERGY: { Power: 1 } })
      assert.deepEqual(refused.map(({ code }) => code), ['NO_READING'], topic)
    }
  })
})

describe('The places of Tasmota sensors', () => {
  it('do not change, in whichever order and company the sensors come', () => {
    const first = decode('tele/x/SENSOR', { BME280: { Temperature: 1, Humidity: null }, SHT3X: { Humidity: 2 } })
    assert.deepEqual(devicesIn(first), ['x'])
    const reversed = { SHT3X: { Humidity: 2 }, BME280: { Temperature: 1, Pressure: 1000 }, DS18B20: { Temperature: 5 } }
    const second = decode('tele/x/SENSOR', reversed, first.memory)
    assert.equal(second.readings.length, 4)
    assert.deepEqual(devicesIn(second), ['x', 'x.DS18B20'])
    assert.deepEqual(devicesIn(decode('tele/x/SENSOR', { DS18B20: { Temperature: 5 } }, second.memory)), ['x.DS18B20'])
  })

  it('are told for each quantity, where a sensor begins to measure what another already does', () => {
    const { memory } = decode('tele/x/SENSOR', { BME280: { Temperature: 1, Humidity: null }, SHT3X: { Humidity: 2 } })
    assert.deepEqual(brief(decode('tele/x/SENSOR', { BME280: { Temperature: 1, Humidity: 3 }, SHT3X: { Humidity: 2 } }, memory)), [
      ['x', 'temperature', 1, 'C'], ['x.BME280', 'humidity', 3, '%'], ['x', 'humidity', 2, '%'],
    ])
  })

  it('are remembered until the memory is full, and what comes then is a device of its own', () => {
    let memory: Memory | undefined
    for (let i = 0; i < 400; i++) memory = decode('tele/x/SENSOR', { [`SENSOR number ${i}`]: { Temperature: i } }, memory).memory
    assert.ok(Buffer.byteLength(JSON.stringify(memory)) <= MEMORY_BYTES_MAX)
    const later = decode('tele/x/SENSOR', { 'SENSOR number 0': { Temperature: 1 }, LATE: { Illuminance: 1 } }, memory)
    assert.deepEqual(devicesIn(later), ['x', 'x.LATE'])
  })
})

describe('The limits of a Tasmota report', () => {
  it('are so many sensors, with names of such a length', () => {
    const sensors = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`DS18B20-${i + 1}`, { Temperature: i }]))
    assert.equal(decode('tele/x/SENSOR', sensors(SENSORS_MAX)).readings.length, SENSORS_MAX)
    assert.equal(decode('tele/x/SENSOR', sensors(SENSORS_MAX + 1)).readings.length, SENSORS_MAX)
    assert.equal(decode('tele/x/SENSOR', { ['n'.repeat(NAME_LENGTH_MAX)]: { Temperature: 1 } }).readings.length, 1)
    assert.equal(decode('tele/x/SENSOR', { ['n'.repeat(NAME_LENGTH_MAX + 1)]: { Temperature: 1 } }).readings.length, 0)
  })

  it('are so many outputs', () => {
    const list = (n: number) => Array.from({ length: n }, (_, i) => i)
    assert.equal(decode('tele/x/SENSOR', { SPM: { Power: list(PARTS_MAX) } }).readings.length, PARTS_MAX)
    assert.deepEqual(decode('tele/x/SENSOR', { SPM: { Power: list(PARTS_MAX + 1) } }).readings.length, PARTS_MAX)
  })

  it('are as far as a VL53 sees', () => {
    const units = (value: number) => decode('tele/x/SENSOR', { VL53L0X: { Distance: value } }).readings.map(({ unit }) => unit)
    assert.deepEqual([26.3, VL53_CM_MAX, VL53_CM_MAX + 1].map(units), [['cm'], [], ['mm']])
  })
})

describe("Tasmota's documented messages (skipped where ../shared/samples is absent)", () => {
  before(function () {
    if (!existsSync(SAMPLES)) this.skip()
  })

  const lines = (name: string) =>
    readFileSync(join(SAMPLES, name), 'utf8').trim().split('\n').map(line => line.split('\t') as [topic: string, payload: string])
  const valid = () => [...lines('docs-messages.tsv'), ...lines('ha-core-payloads.tsv')]
  const found = (part: string) =>
    valid().filter(([, payload]) => payload.includes(part)).map(([topic, payload]) => decode(topic, payload, undefined, 'Europe/Berlin'))

  it('are all recognised and soundly decoded, and none is malformed', () => {
    for (const [topic, payload] of valid()) {
      assert.notEqual(tasmota.recognise(topic), undefined, topic)
      const decoded = decode(topic, payload, undefined, 'Europe/Berlin')
      assertSound(decoded, ARRIVAL)
      assert.deepEqual(decoded.refused.filter(({ code }) => code !== 'NO_READING'), [], `${topic} ${payload}`)
    }
  })

  it('that are broken are refused as such', () => {
    const broken = lines('docs-messages-invalid.tsv').map(([topic, payload]) => [topic, payload.replace(/^INVALID /, '')] as const)
    assert.ok(broken.length >= 10)
    for (const [topic, payload] of broken.filter(([topic]) => tasmota.recognise(topic) !== undefined)) {
      assert.deepEqual(decode(topic, payload).refused.map(({ code, field }) => [code, field]), [['BAD_PAYLOAD', '']], payload)
    }
  })

  it('of an energy meter give eight quantities, at the time that the clocks showed', () => {
    const [status, telemetry] = found('TotalStartTime":"2018-11-14')
    assert.deepEqual(brief(status!), [
      ['pow1', 'energyImport', 6.404, 'kWh'], ['pow1', 'powerActive', 2629, 'W'], ['pow1', 'powerApparent', 2645, 'VA'],
      ['pow1', 'powerReactive', 288, 'VAr'],
      ['pow1', 'powerFactor', 0.99, ''], ['pow1', 'voltage', 226, 'V'], ['pow1', 'current', 11.677, 'A'],
    ])
    assert.equal(status!.readings[0]!.observedAt, Date.UTC(2018, 10, 15, 7, 54, 18))
    assert.deepEqual(brief(telemetry!).slice(0, 2), [['pow1', 'energyImport', 6.294, 'kWh'], ['pow1', 'powerActive', 2635, 'W']])
    assert.deepEqual(brief(found('"Total":0.640')[0]!), [
      ['tasmota-E8A6E4', 'energyImport', 0.64, 'kWh'], ['tasmota-E8A6E4', 'powerActive', 0, 'W'], ['tasmota-E8A6E4', 'powerFactor', 0, ''],
      ['tasmota-E8A6E4', 'voltage', 0, 'V'], ['tasmota-E8A6E4', 'current', 0, 'A'],
    ])
  })

  it('of climate sensors give what they measure', () => {
    assert.deepEqual(brief(found('SCD40":{"Carbon')[0]!), [
      ['tasmota', 'co2', 618, 'ppm'], ['tasmota', 'temperature', 23.8, 'C'],
      ['tasmota', 'humidity', 61.1, '%'], ['tasmota', 'dewPoint', 15.8, 'C'],
    ])
    assert.deepEqual(brief(found('"030597946B04","Temperature":20.9')[0]!), [['ds1820', 'temperature', 20.9, 'C']])
    assert.deepEqual(brief(found('{"Illuminance":8}')[0]!), [['tasmota', 'illuminance', 8, 'lx']])
    assert.deepEqual(found('{"DHT11"').map(brief), [[['tasmota', 'temperature', 20.5, 'C']], [['tasmota', 'temperature', 20, 'C']]])
    assert.deepEqual(brief(found('01191ED79190')[0]!), [['tasmota', 'temperature', 12.3, 'C']])
  })

  it('of wind, tariffs, phases and analogue inputs give what they measure', () => {
    assert.deepEqual(brief(found('TX23')[0]!), [['tasmota', 'windSpeed', 12.3, 'km/h']])
    assert.deepEqual(brief(found('TotalTariff')[0]!), [
      ['tasmota', 'energyImportTariff1', 1.2, 'kWh'], ['tasmota', 'energyImportTariff2', 3.4, 'kWh'],
    ])
    assert.deepEqual(found('Phase1')[0]!.readings.map(({ value, phase }) => [value, phase]), [[1.2, 'L1'], [3.4, 'L2']])
    assert.deepEqual(brief(found('"Temperature1"')[0]!), [
      ['tasmota.ANALOG1', 'temperature', 1.2, 'C'], ['tasmota.ANALOG2', 'temperature', 3.4, 'C'],
      ['tasmota.ANALOG3', 'illuminance', 5.6, 'lx'],
    ])
    assert.deepEqual(brief(found('CTEnergy1')[0]!), [
      ['tasmota.CTEnergy1', 'energyImport', 0.5, 'kWh'], ['tasmota.CTEnergy1', 'powerActive', 2300, 'W'],
      ['tasmota.CTEnergy1', 'voltage', 230, 'V'], ['tasmota.CTEnergy1', 'current', 10, 'A'],
    ])
  })
})
