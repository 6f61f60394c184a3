// Home Assistant discovery: the contract, templates that are never evaluated, the table of classes, and the bounds of what is remembered.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { MEMORY_BYTES_MAX, type Memory } from '#adapters/adapter.ts'
import { homeAssistant } from '#adapters/home-assistant/adapter.ts'
import { BINARY_SENSORS, judgeSensor } from '#adapters/home-assistant/classes.ts'
import { numberBy, parseTemplate, PATH_STEPS_MAX, TEMPLATE_LENGTH_MAX, valueAt } from '#adapters/home-assistant/template.ts'
import { isPlainTopic, parseConfigTopic, TOPIC_LENGTH_MAX } from '#adapters/home-assistant/topic.ts'
import { adapterContract, fixturesOf } from '#test/contract/adapter.contract.ts'

adapterContract(homeAssistant, fixturesOf(import.meta.dirname))

const packet = (topic: string, payload: unknown) => {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
  return { topic, payload: Buffer.from(text), qos: 0, retain: false, receivedAt: Date.UTC(2026, 4, 4) } as const
}
const decode = (topic: string, payload: unknown, memory?: Memory) => homeAssistant.decode(packet(topic, payload), memory, {})
const declare = (object: string, config: object, memory?: Memory) => decode(`homeassistant/sensor/${object}/config`, config, memory)
const temperature = (topic: string, more: object = {}) =>
  ({ dev: { ids: ['d'] }, stat_t: topic, dev_cla: 'temperature', unit_of_meas: '°C', ...more })

describe('Which topics declare', () => {
  it('have a component and an object, and may have a node', () => {
    const of = (topic: string) => {
      const { component, node, object, stem } = parseConfigTopic(topic) ?? {}
      return [component, node, object, stem]
    }
    assert.deepEqual(of('homeassistant/sensor/a/b/config'), ['sensor', 'a', 'b', 'homeassistant/sensor/a/b'])
    assert.deepEqual(of('homeassistant/sensor/b/config'), ['sensor', 'b', 'b', 'homeassistant/sensor/b'])
    assert.deepEqual(of('my/own/device/x/config'), ['device', 'x', 'x', 'my/own/device/x'])
    for (const topic of [
      'homeassistant/sensor/config', 'homeassistant/status', 'homeassistant/toaster/b/config', 'sensor/b/config',
      'homeassistant/sensor/b/state', 'homeassistant/sensor/+/config', 'homeassistant/sensor/a/b/c/config',
      'homeassistant/sensor/a b/config', 'tasmota/discovery/AA/config',
    ]) assert.deepEqual(of(topic), [undefined, undefined, undefined, undefined], topic)
  })

  it('below another prefix count only for a source that was paired so', () => {
    assert.equal(homeAssistant.recognise('ha/sensor/a/b/config'), undefined)
    assert.equal(homeAssistant.adopt?.('ha/sensor/a/b/config'), 'a')
    assert.equal(homeAssistant.adopt?.('any/other'), 'any/other')
    assert.equal(homeAssistant.adopt?.('any/+'), undefined)
  })
})

describe('A value template', () => {
  const payload = { a: { b: [1.25, { c: '7' }] }, 'x y': 3, t: 21.449 }
  const read = (text: string) => {
    const template = parseTemplate(text)
    return template ? numberBy(template, valueAt(payload, template.path ?? [])) : 'refused'
  }

  it('is read where it is a path with simple filters', () => {
    assert.equal(read('{{ value_json.a.b[0] }}'), 1.25)
    assert.equal(read('{{value_json.a[\'b\'][1]["c"]|float}}'), 7)
    assert.equal(read("{{ value_json['x y'] | int }}"), 3)
    assert.equal(read('{{ value_json.t | float(0) | round(1) }}'), 21.4)
    assert.equal(read('{{- value_json.t | round -}}'), 21)
    assert.equal(read('{{ value_json.t | int }}'), 21)
    assert.equal(read('{{ value_json.none | is_defined | default(5) }}'), undefined)
    assert.equal(read("{{ value_json.none | default('') }}"), undefined)
    assert.equal(numberBy(parseTemplate('{{ value | float | round(2) }}')!, '1.005'), 1.01)
    assert.equal(numberBy(parseTemplate('{{ value | round(1) }}')!, '-0.04'), 0)
  })

  it('is refused where it is anything else', () => {
    for (const text of [
      '', 'value', '{{ }}', '{{ value_json.a * 2 }}', '{{ value_json.a + value_json.b }}', '{{ (value_json.a) }}',
      '{% if value %}1{% endif %}',
      '{{ value_json.a }}{{ value }}', '{{ value_json.a }} °C', '{{ states("x") }}', '{{ value_json.a.b() }}', '{{ value_json[a] }}',
      '{{ value_json.a | multiply(2) }}', '{{ value_json.a | round(-1) }}', '{{ value_json.a | round(11) }}',
      '{{ value_json.a | round(1.5) }}',
      '{{ value_json.a | default(value_json.b) }}', '{{ value.__class__ }}', '{{ value[0] }}', '{{ valuer }}', "{{ value_json['a\\'b'] }}",
      '{{ value_json.a | float if value else 0 }}', '{{ now() }}', '{{ value_json["a"]b }}',
    ]) assert.equal(parseTemplate(text), undefined, text)
  })

  it('reaches only what the payload itself holds', () => {
    for (const path of [['__proto__'], ['constructor', 'name'], ['a', 'toString'], ['a', 'b', 'length']]) {
      assert.equal(valueAt(payload, path), undefined, path.join('.'))
    }
  })

  it('is read up to its length and depth, and not beyond', () => {
    const long = (length: number) => `{{ value_json.${'a'.repeat(length - '{{ value_json. }}'.length)} }}`
    assert.ok(parseTemplate(long(TEMPLATE_LENGTH_MAX)))
    assert.equal(parseTemplate(long(TEMPLATE_LENGTH_MAX + 1)), undefined)
    assert.ok(parseTemplate(`{{ value_json${'.a'.repeat(PATH_STEPS_MAX)} }}`))
    assert.equal(parseTemplate(`{{ value_json${'.a'.repeat(PATH_STEPS_MAX + 1)} }}`), undefined)
  })

  it('of any text is parsed or refused, quickly', () => {
    const piece = fc.constantFrom(
      '{{', '}}', ' value_json', 'value', '.a', "['b']", '[0]', '|', 'float', 'round(1)', '(', ')', ' ', "'", '"', '\\',
    )
    fc.assert(fc.property(fc.oneof(fc.string(), fc.array(piece, { maxLength: 40 }).map(pieces => pieces.join(''))), text => {
      const before = performance.now(), template = parseTemplate(text)
      assert.ok(performance.now() - before < 100)
      if (template) assert.match(text, /^\s*\{\{[\s-]*value/)
    }), { numRuns: 500 })
  })
})

describe('The table of device classes', () => {
  const of = (deviceClass: string | undefined, unit: string | undefined, name = '', more: object = {}) => {
    const judged = judgeSensor({ deviceClass, unit, stateClass: undefined, name, isDiagnostic: false, ...more })
    return typeof judged === 'object' ? judged.quantity : typeof judged === 'string' ? 'ambiguous' : undefined
  }

  it('tells quantities by class, unit and name', () => {
    assert.equal(of('temperature', '°F', 'outside'), 'temperature')
    assert.equal(of('temperature', '°C', 'dew point'), 'dewPoint')
    assert.equal(of('temperature', '°C', 'target temperature'), undefined)
    assert.equal(of('temperature', '°C', 'cpu temperature'), undefined)
    assert.equal(of('temperature', '°C', 'soil temperature'), 'soilTemperature')
    assert.equal(of('temperature', '°C', 'ground floor board room temperature'), 'temperature')
    assert.equal(of('moisture', '%', 'plant moisture'), 'soilMoisture')
    assert.equal(of('temperature', '°C', 'esp32 kitchen'), 'temperature')
    assert.equal(of('pressure', 'hPa'), 'pressure')
    assert.equal(of('pressure', 'psi'), 'ambiguous')
    assert.equal(of('atmospheric_pressure', 'kPa'), 'pressure')
    assert.equal(of('precipitation', 'mm', '', { stateClass: 'total_increasing' }), 'precipitationTotal')
    assert.equal(of('precipitation', 'mm'), 'ambiguous')
    assert.equal(of('energy', 'kWh', 'daily yield'), undefined)
    assert.equal(of('signal_strength', 'dBm'), 'rssi')
    assert.equal(of('signal_strength', 'dB'), undefined)
    assert.equal(of('toString', 'x'), undefined)
  })

  it('tells them by unit and name where there is no class', () => {
    assert.equal(of(undefined, '°C', 'outside'), 'temperature')
    assert.equal(of(undefined, '%', 'living room humidity'), 'humidity')
    assert.equal(of(undefined, '%', 'valve'), 'ambiguous')
    assert.equal(of(undefined, 'µg/m³', 'pm 2 5'), 'pm25')
    assert.equal(of(undefined, 'μg/m³', 'pm 10'), 'pm10')
    assert.equal(of(undefined, 'constructor'), undefined)
    assert.equal(of(undefined, undefined, 'temperature'), undefined)
  })

  it('gives binary sensors one pair of words a quantity', () => {
    const pairs = new Map<string, string>()
    for (const [quantity, ...words] of BINARY_SENSORS.values()) {
      assert.equal(pairs.get(quantity) ?? words.join(), words.join())
      pairs.set(quantity, words.join())
    }
  })
})

describe('What is remembered of a declaring device', () => {
  it('claims its declarations, its state topics and its availability', () => {
    const { memory } = declare('x', temperature('x/s', { avty_t: 'x/up' }))
    assert.deepEqual([...homeAssistant.claims!(memory!)].sort(), ['homeassistant/sensor/x/config', 'x/s', 'x/up'])
    assert.deepEqual(homeAssistant.claims!({ device: 'd', entities: 3 }), [])
  })

  it('is found by the identifiers, the connections, or the node', () => {
    const keyOf = (config: unknown) => homeAssistant.keyOf!(packet('homeassistant/sensor/node/x/config', config))
    assert.equal(keyOf({ dev: { ids: ['a', 'b'] } }), 'a')
    assert.equal(keyOf({ device: { identifiers: 7 } }), '7')
    assert.equal(keyOf({ dev: { cns: [['mac', '02:00:5e:00:53:01']] } }), '02:00:5e:00:53:01')
    assert.equal(keyOf({ dev: { ids: '' } }), 'node')
    assert.equal(keyOf({ dev: { ids: 'x'.repeat(129) } }), 'node')
    assert.equal(keyOf({}), 'node')
    assert.equal(keyOf(''), undefined)
    assert.equal(homeAssistant.keyOf!(packet('x/s', { dev: { ids: 'a' } })), undefined)
  })

  it('stays whoever it was while one is declared anew, and after another went', () => {
    let memory = declare('a', temperature('a/s')).memory
    memory = declare('b', temperature('b/s'), memory).memory
    memory = declare('a', temperature('a/t'), memory).memory
    assert.equal(decode('a/t', '1', memory).readings[0]?.device, 'd')
    assert.equal(decode('b/s', '1', memory).readings[0]?.device, 'd.b')
    memory = decode('homeassistant/sensor/a/config', '', memory).memory
    memory = declare('c', { ...temperature('c/s'), dev_cla: 'humidity', unit_of_meas: '%' }, memory).memory
    assert.equal(decode('b/s', '1', memory).readings[0]?.device, 'd.b')
    memory = decode('homeassistant/sensor/b/config', '', memory).memory
    assert.equal(decode('homeassistant/sensor/c/config', '', memory).memory, undefined)
  })

  it('is bounded: what does not fit is refused, and what was declared before stays', () => {
    let memory: Memory | undefined, count = 0
    for (; count < 500; count++) {
      const next = declare(`sensor_${count}`, temperature(`some/where/${count}`), memory)
      if (next.memory === memory) break
      memory = next.memory
    }
    assert.ok(count > 40 && count < 200, `${count} entities`)
    assert.ok(Buffer.byteLength(JSON.stringify(memory)) <= MEMORY_BYTES_MAX)
    assert.match(declare(`sensor_${count}`, temperature(`some/where/${count}`), memory).refused[0]!.detail, /more than the 8192 bytes/)
    assert.equal(decode('some/where/0', '1', memory).readings.length, 1)
  })

  it('has topics of at most 256 characters without wildcards', () => {
    assert.ok(isPlainTopic('t'.repeat(TOPIC_LENGTH_MAX)))
    for (const topic of ['t'.repeat(TOPIC_LENGTH_MAX + 1), '', 'a/+', '#', 'a\0']) assert.ok(!isPlainTopic(topic))
  })
})

describe('Volts and amperes', () => {
  const volts = (...classes: readonly (readonly [string, string])[]) => {
    let memory = declare('v', { ...temperature('v/s'), dev_cla: 'voltage', unit_of_meas: 'V' }).memory
    for (const [deviceClass, unit] of classes) {
      memory = declare(deviceClass, { ...temperature(`${deviceClass}/s`), dev_cla: deviceClass, unit_of_meas: unit }, memory).memory
    }
    return decode('v/s', '3', memory).readings[0]?.quantity
  }

  it('are of the mains beside a power, of the battery beside one, and else of unknown kind', () => {
    assert.equal(volts(), 'voltageDc')
    assert.equal(volts(['battery', '%']), 'batteryVoltage')
    assert.equal(volts(['battery', '%'], ['power', 'W']), 'voltage')
  })
})
