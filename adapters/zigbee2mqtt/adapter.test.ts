import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MEMORY_BYTES_MAX, type Decoded, type Memory } from '#adapters/adapter.ts'
import { isRecord, type JsonRecord } from '#adapters/json.ts'
import { zigbee2mqtt } from '#adapters/zigbee2mqtt/adapter.ts'
import { DEVICE_LIST_BYTES_MAX } from '#adapters/zigbee2mqtt/declared.ts'
import { NUMBER_RULES, placeOf } from '#adapters/zigbee2mqtt/properties.ts'
import { AIR_PRESSURE_KPA_MAX } from '#adapters/zigbee2mqtt/usual.ts'
import { adapterContract, assertSound, fixturesOf } from '#test/contract/adapter.contract.ts'

const SAMPLES = join(import.meta.dirname, '../../../shared/samples/zigbee2mqtt')
const ARRIVAL = Date.UTC(2026, 4, 4, 10, 15, 30, 250)

const decode = (topic: string, payload: unknown, memory?: Memory): Decoded =>
  zigbee2mqtt.decode({ topic, payload: Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)), qos: 0, retain: false, receivedAt: ARRIVAL }, memory, {})
const brief = ({ readings }: Decoded) => readings.map(({ device, quantity, value, unit }) => [device, quantity, value, unit])

adapterContract(zigbee2mqtt, fixturesOf(import.meta.dirname))

describe('Zigbee2MQTT topics', () => {
  it('are those below the default base, with one memory for all', () => {
    for (const topic of ['zigbee2mqtt/kitchen', 'zigbee2mqtt/a/b c/d', 'zigbee2mqtt/bridge/devices', 'zigbee2mqtt/0x00158d0001a2b3c4/availability']) assert.equal(zigbee2mqtt.recognise(topic), 'zigbee2mqtt', topic)
  })

  it('are no others, nor any with a wildcard or without a name', () => {
    for (const topic of ['zigbee2mqtt', 'zigbee2mqtt/', 'zigbee2mqtt/a/', 'zigbee2mqtt/a/+', 'zigbee2mqtt/#', 'zigbee2mqtt/a#b', 'Zigbee2MQTT/kitchen', 'tele/zigbee2mqtt/SENSOR', '/zigbee2mqtt/kitchen']) {
      assert.equal(zigbee2mqtt.recognise(topic), undefined, topic)
    }
  })

  it('below another base share the memory of that base, its bridge included', () => {
    for (const topic of ['home/z2m/kitchen', 'home/z2m/kitchen/availability', 'home/z2m/kitchen/set', 'home/z2m/bridge/devices', 'home/z2m/bridge/request/device/rename']) assert.equal(zigbee2mqtt.adopt?.(topic), 'home/z2m', topic)
    for (const topic of ['kitchen', '/kitchen', 'home/+/kitchen', '$SYS/x', 'home/']) assert.equal(zigbee2mqtt.adopt?.(topic), undefined, topic)
  })

  it('of the bridge hold no readings, whatever is in them', () => {
    for (const topic of ['zigbee2mqtt/bridge/info', 'zigbee2mqtt/bridge/logging', 'zigbee2mqtt/bridge/response/device/remove', 'zigbee2mqtt/kitchen/get', 'zigbee2mqtt/kitchen/set/temperature', 'home/z2m/bridge/event']) {
      assert.deepEqual(decode(topic, { temperature: 20 }).refused.map(({ code }) => code), ['NO_READING'], topic)
    }
  })
})

describe("Zigbee2MQTT's list of devices", () => {
  const device = (name: string, property = 'voc', unit = 'ppb') => ({ friendly_name: name, definition: { exposes: [{ type: 'numeric', property, unit, access: 1 }] } })
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
    assert.deepEqual(learn([device('a', 'temperature', '°C'), device('b', 'power', 'W'), device('c', 'action_duration', 's')]), { devices: {} })
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
    assert.deepEqual(brief(decode('zigbee2mqtt/a', { pressure: AIR_PRESSURE_KPA_MAX })), [['a', 'pressure', AIR_PRESSURE_KPA_MAX, 'kPa']])
    assert.deepEqual(brief(decode('zigbee2mqtt/a', { pressure: AIR_PRESSURE_KPA_MAX + 0.1 })), [['a', 'pressure', AIR_PRESSURE_KPA_MAX + 0.1, 'hPa']])
  })
})

describe("Zigbee2MQTT's documented messages and device definitions (skipped where ../shared/samples is absent)", () => {
  before(function () {
    if (!existsSync(SAMPLES)) this.skip()
  })

  it('the messages of the documentation decode to what they say', () => {
    const lines = readFileSync(join(SAMPLES, 'docs-messages.tsv'), 'utf8').trim().split('\n').map(line => line.split('\t') as [string, string])
    assert.deepEqual(lines.map(([topic, payload]) => brief(decode(topic, payload))), [
      [['FRIENDLY_NAME', 'temperature', 27.34, '°C'], ['FRIENDLY_NAME', 'humidity', 44.72, '%']], [], [['FRIENDLY_NAME', 'motion', 'detected', '']], [], [], [], [],
    ])
  })

  it('with its definition declared, every number that has a quantity comes in its declared unit', () => {
    let compared = 0
    for (const { model, exposes } of definitions()) {
      const declared = declaredIn(exposes), memory = decode('zigbee2mqtt/bridge/devices', [{ friendly_name: model, definition: { exposes } }]).memory
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
      const decoded = decode('zigbee2mqtt/a', Object.fromEntries([...declared].map(([property, unit]) => [property, sizes[unit ?? ''] ?? 0.5])))
      const differing = decoded.readings.filter(({ field, unit }) => unit !== '' && declared.get(field) !== undefined && unit !== declared.get(field))
      assert.deepEqual(differing.filter(({ quantity }) => quantity !== 'batteryVoltage').map(({ field, unit }) => [field, unit]), [], model)
    }
  })

  it('each of the properties in the table is a place of its own', () => {
    for (const property of NUMBER_RULES.keys()) assert.deepEqual(placeOf(property), { base: property })
  })

  function definitions(): readonly { readonly model: string, readonly exposes: readonly unknown[] }[] {
    return JSON.parse(readFileSync(join(SAMPLES, 'exposes-sample.json'), 'utf8'))
  }

  function declaredIn(exposes: readonly unknown[], found = new Map<string, string | undefined>()): Map<string, string | undefined> {
    for (const expose of exposes.filter(isRecord)) {
      if (expose['type'] === 'numeric' && (expose['access'] as number) & 1) found.set(expose['property'] as string, (expose['unit'] as string | undefined)?.trim())
      if (expose['type'] !== 'composite' && Array.isArray(expose['features'])) declaredIn(expose['features'], found)
    }
    return found
  }
})
