import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MEMORY_BYTES_MAX, type Decoded, type Memory } from '#adapters/adapter.ts'
import { isRecord, type JsonRecord } from '#adapters/json.ts'
import { zigbee2mqtt } from '#adapters/zigbee2mqtt/adapter.ts'
import { DEVICE_LIST_BYTES_MAX } from '#adapters/zigbee2mqtt/declared.ts'
import { NAME_LENGTH_MAX, NAMES_MAX, propertyOf } from '#adapters/zigbee2mqtt/properties.ts'
import { NUMBER_RULES } from '#adapters/zigbee2mqtt/tables.ts'
import { AIR_PRESSURE_KPA_MAX } from '#adapters/zigbee2mqtt/usual.ts'
import { adapterContract, assertSound, fixturesOf } from '#test/contract/adapter.contract.ts'

const SAMPLES = join(import.meta.dirname, '../../../shared/samples/zigbee2mqtt')
const ARRIVAL = Date.UTC(2026, 4, 4, 10, 15, 30, 250)

const decode = (topic: string, payload: unknown, memory?: Memory): Decoded => {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
  return zigbee2mqtt.decode({ topic, payload: Buffer.from(text), qos: 0, retain: false, receivedAt: ARRIVAL }, memory, {})
}
const brief = ({ readings }: Decoded) => readings.map(({ device, quantity, value, unit }) => [device, quantity, value, unit])

adapterContract(zigbee2mqtt, fixturesOf(import.meta.dirname))

describe('Zigbee2MQTT topics', () => {
  it('are those below the default base, with one memory for all', () => {
    for (const topic of ['zigbee2mqtt/kitchen', 'zigbee2mqtt/a/b c/d', 'zigbee2mqtt/bridge/devices', 'zigbee2mqtt/a/availability']) {
      assert.equal(zigbee2mqtt.recognise(topic), 'zigbee2mqtt', topic)
    }
  })

  it('are no others, nor any with a wildcard or without a name', () => {
    for (const topic of [
      'zigbee2mqtt', 'zigbee2mqtt/', 'zigbee2mqtt/a/', 'zigbee2mqtt/a/+', 'zigbee2mqtt/#', 'zigbee2mqtt/a#b',
      'Zigbee2MQTT/a', 'tele/zigbee2mqtt/SENSOR',
    ]) assert.equal(zigbee2mqtt.recognise(topic), undefined, topic)
  })

  it('below another base share the memory of that base, its bridge included', () => {
    for (const topic of [
      'home/z2m/kitchen', 'home/z2m/kitchen/availability', 'home/z2m/kitchen/set',
      'home/z2m/bridge/devices', 'home/z2m/bridge/request/device/rename',
    ]) assert.equal(zigbee2mqtt.adopt?.(topic), 'home/z2m', topic)
    for (const topic of ['kitchen', '/kitchen', 'home/+/kitchen', '$SYS/x', 'home/']) {
      assert.equal(zigbee2mqtt.adopt?.(topic), undefined, topic)
    }
  })

  it('of the bridge hold no readings, whatever is in them', () => {
    for (const topic of [
      'zigbee2mqtt/bridge/info', 'zigbee2mqtt/bridge/logging', 'zigbee2mqtt/bridge/response/device/remove',
      'zigbee2mqtt/kitchen/get', 'zigbee2mqtt/kitchen/set/temperature', 'home/z2m/bridge/event',
    ]) {
      assert.deepEqual(decode(topic, { temperature: 20 }).refused.map(({ code }) => code), ['NO_READING'], topic)
    }
  })
})

describe("Zigbee2MQTT's list of devices", () => {
  const device = (name: string, property = 'voc', unit = 'ppb') =>
    ({ friendly_name: name, definition: { exposes: [{ type: 'numeric', property, unit, access: 1 }] } })
  const learn = (devices: readonly unknown[]) => decode('zigbee2mqtt/bridge/devices', devices).memory

  it('is learned for about two hundred unusual devices, and the others are read as usual', () => {
    const memory = learn(Array.from({ length: 1000 }, (_, i) => device(`sensor ${i}`)))!
    const known = memory['devices'] as JsonRecord, count = Object.keys(known).length
    assert.ok(Buffer.byteLength(JSON.stringify(memory)) <= MEMORY_BYTES_MAX)
    assert.ok(count > 180, `${count} devices`)
    assert.equal(decode(`zigbee2mqtt/sensor ${count - 1}`, { voc: 1 }, memory).readings.length, 1)
    assert.equal(decode(`zigbee2mqtt/sensor ${count}`, { voc: 1 }, memory).refused[0]?.code, 'AMBIGUOUS')
  })

  it('costs nothing for devices that are as usual', () => {
    const usual = [device('a', 'temperature', '°C'), device('b', 'power', 'W'), device('c', 'action_duration', 's')]
    assert.deepEqual(learn(usual), { devices: {} })
  })

  it('may be longer than other payloads, up to its own limit', () => {
    const padded = (bytes: number) => `[${' '.repeat(bytes - 2)}]`
    assert.equal(decode('zigbee2mqtt/bridge/devices', padded(DEVICE_LIST_BYTES_MAX)).refused[0]?.code, 'NO_READING')
    assert.equal(decode('zigbee2mqtt/bridge/devices', padded(DEVICE_LIST_BYTES_MAX + 1)).refused[0]?.code, 'BAD_PAYLOAD')
  })

  it('replaces the one before, and a broken one does not', () => {
    const first = learn([device('a')]), next = decode('zigbee2mqtt/bridge/devices', [device('b')], first).memory
    assert.deepEqual(Object.keys(next!['devices'] as JsonRecord), ['b'])
    assert.equal(decode('zigbee2mqtt/bridge/devices', '[{', first).memory, first)
    assert.equal(decode('zigbee2mqtt/bridge/devices', '{"friendly_name":"a"}', first).memory, first)
  })

  it('takes names from the prototype of objects for what they are: names', () => {
    const memory = learn([device('__proto__'), device('constructor')])
    assert.deepEqual(brief(decode('zigbee2mqtt/__proto__', { voc: 1 }, memory)), [['__proto__', 'voc', 1, 'ppb']])
    assert.equal(decode('zigbee2mqtt/toString', { voc: 1 }, memory).refused[0]?.code, 'AMBIGUOUS')
  })
})

describe('A Zigbee2MQTT pressure without a declared unit', () => {
  it('is in kPa up to the limit and in hPa above it', () => {
    const unitOf = (pressure: number) => decode('zigbee2mqtt/a', { pressure }).readings[0]?.unit
    assert.equal(unitOf(AIR_PRESSURE_KPA_MAX), 'kPa')
    assert.equal(unitOf(AIR_PRESSURE_KPA_MAX + 0.1), 'hPa')
  })
})

describe('A Zigbee2MQTT property', () => {
  it('of the table is itself, at no endpoint', () => {
    for (const [name, rule] of NUMBER_RULES) {
      const { base, number, channel, phase } = propertyOf(name)
      assert.deepEqual([base, number, channel, phase], [name, rule, undefined, undefined])
    }
  })

  it('may be at an endpoint or in a phase, and a setting is neither', () => {
    const place = (name: string) => {
      const { base, channel, phase, letter, number } = propertyOf(name)
      return number && [base, channel, phase, letter]
    }
    assert.deepEqual(place('power_l12'), ['power', 'l12', undefined, undefined])
    assert.deepEqual(place('temperature_top_left'), ['temperature', 'top_left', undefined, undefined])
    assert.deepEqual(place('energy_phase_c'), ['energy', undefined, 'L3', undefined])
    assert.deepEqual(place('current_Y'), ['current', undefined, 'L2', 'y'])
    for (const name of [
      'power_on_behavior', 'temperature_calibration', 'voltage_phase_ab', 'power_ab', 'humidity_max', 'energy_today',
      'temperature_phase_b', 'external_temperature_2', 'constructor', '__proto__',
    ]) assert.equal(place(name), undefined, name)
  })

  it('stays what it is when more names came than are remembered, or longer ones', () => {
    const before = propertyOf('power_l1')
    for (let i = 0; i <= NAMES_MAX; i++) propertyOf(`name ${i}`)
    assert.deepEqual(propertyOf('power_l1'), before)
    assert.equal(propertyOf(`${'n'.repeat(NAME_LENGTH_MAX)}`).number, undefined)
    assert.equal(propertyOf(`temperature_${'0'.repeat(NAME_LENGTH_MAX)}`).number, undefined)
  })
})

describe("Zigbee2MQTT's documented messages and device definitions (skipped where ../shared/samples is absent)", () => {
  before(function () {
    if (!existsSync(SAMPLES)) this.skip()
  })

  it('the messages of the documentation decode to what they say', () => {
    const text = readFileSync(join(SAMPLES, 'docs-messages.tsv'), 'utf8')
    const lines = text.trim().split('\n').map(line => line.split('\t') as [string, string])
    assert.deepEqual(lines.map(([topic, payload]) => brief(decode(topic, payload))), [
      [['FRIENDLY_NAME', 'temperature', 27.34, '°C'], ['FRIENDLY_NAME', 'humidity', 44.72, '%']], [],
      [['FRIENDLY_NAME', 'motion', 'detected', '']], [], [], [], [],
    ])
  })

  it('with its definition declared, every number that has a quantity comes in its declared unit', () => {
    let compared = 0
    for (const { model, exposes } of definitions()) {
      const declared = declaredIn(exposes)
      const { memory } = decode('zigbee2mqtt/bridge/devices', [{ friendly_name: model, definition: { exposes } }])
      const decoded = decode(`zigbee2mqtt/${model}`, Object.fromEntries([...declared.keys()].map(property => [property, 12.5])), memory)
      assertSound(decoded, ARRIVAL)
      assert.deepEqual(decoded.refused.filter(({ code }) => code !== 'NO_READING'), [], model)
      for (const { field, unit } of decoded.readings) {
        if (declared.get(field) !== undefined) assert.equal(unit, declared.get(field), `${model} ${field}`)
        compared++
      }
    }
    assert.ok(compared > 150, `${compared} numbers compared`)
  })

  it('without it, nothing comes in another unit than the declared one, but batteries in volts', () => {
    for (const { model, exposes } of definitions()) {
      const declared = declaredIn(exposes)
      const sizes: Record<string, number> = { kPa: 99, hPa: 1009 }
      const state = Object.fromEntries([...declared].map(([property, unit]) => [property, sizes[unit ?? ''] ?? 0.5]))
      const { readings } = decode('zigbee2mqtt/a', state)
      const differing = readings.filter(({ field, unit }) => unit !== '' && unit !== (declared.get(field) ?? unit))
      assert.deepEqual(differing.filter(({ quantity }) => quantity !== 'batteryVoltage').map(({ field, unit }) => [field, unit]), [], model)
    }
  })

  function definitions(): readonly { readonly model: string, readonly exposes: readonly unknown[] }[] {
    return JSON.parse(readFileSync(join(SAMPLES, 'exposes-sample.json'), 'utf8'))
  }

  function declaredIn(exposes: readonly unknown[], found = new Map<string, string | undefined>()): Map<string, string | undefined> {
    for (const expose of exposes.filter(isRecord)) {
      if (expose['type'] === 'numeric' && (expose['access'] as number) & 1) {
        found.set(expose['property'] as string, (expose['unit'] as string | undefined)?.trim())
      }
      if (expose['type'] !== 'composite' && Array.isArray(expose['features'])) declaredIn(expose['features'], found)
    }
    return found
  }
})
