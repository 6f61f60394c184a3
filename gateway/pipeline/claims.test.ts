// Topics that devices declare: who may claim them, how many, and what the decoder makes of messages on them.
import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'
import type { Adapter, Memory } from '#adapters/adapter.ts'
import { judgeSensor } from '#adapters/home-assistant/classes.ts'
import type { Packet } from '#adapters/packet.ts'
import { Devices } from '#gateway/devices/devices.ts'
import { Sources, type Source } from '#gateway/devices/sources.ts'
import { Claims, CLAIMS_PER_SOURCE_MAX, KEYS_PER_TOPIC_MAX } from '#gateway/pipeline/claims.ts'
import { Decoder } from '#gateway/pipeline/decode.ts'
import { openState } from '#gateway/state/database.ts'
import { spellingsOf } from '#semantic-models/units.ts'
import { temporaryFolder, TurnedClock } from '#test/support/temporary.ts'

const claiming = (name: Adapter['name']): Adapter => ({
  name, recognise: () => undefined, claims: memory => memory['topics'] as string[],
  decode: () => ({ readings: [], refused: [], devices: [], memory: undefined }),
})
const topics = (...claimed: string[]): Memory => ({ topics: claimed })

describe('Claims to topics', () => {
  const one = claiming('home-assistant'), other = claiming('senml')

  it('follow the memory that makes them, and tell what changed hands', () => {
    const claims = new Claims(), first = topics('a', 'b')
    assert.deepEqual(claims.replace(one, 'k', undefined, first), ['a', 'b'])
    assert.deepEqual(claims.replace(one, 'k', first, topics('b', 'c')), ['a', 'c'])
    assert.deepEqual([claims.of('a'), claims.of('c')?.key, claims.keysOf('b', one)], [undefined, 'k', ['k']])
    assert.deepEqual(claims.replace(one, 'k', topics('b', 'c'), undefined), ['b', 'c'])
    assert.equal(claims.of('b'), undefined)
  })

  it('are many to one topic, up to the limit, and of one dialect', () => {
    const claims = new Claims()
    for (let n = 0; n <= KEYS_PER_TOPIC_MAX; n++) claims.replace(one, `k${n}`, undefined, topics('hub'))
    claims.replace(other, 'o', undefined, topics('hub'))
    assert.equal(claims.keysOf('hub', one).length, KEYS_PER_TOPIC_MAX)
    assert.deepEqual(claims.keysOf('hub', other), [])
    claims.replace(one, 'k0', topics('hub'), undefined)
    assert.equal(claims.of('hub')?.key, 'k1')
  })

  it('are bounded: the oldest goes first', () => {
    const claims = new Claims()
    for (let n = 0; n <= CLAIMS_PER_SOURCE_MAX; n++) claims.replace(one, 'k', undefined, topics(`t${n}`))
    assert.deepEqual([claims.of('t0'), claims.of('t1')?.key, claims.of(`t${CLAIMS_PER_SOURCE_MAX}`)?.key], [undefined, 'k', 'k'])
  })
})

describe('The decoder and declared topics', () => {
  let database: DatabaseSync, sources: Sources, decoder: Decoder
  before(() => {
    database = openState(temporaryFolder())
    database.prepare("INSERT INTO parties VALUES ('own_a', 'owner', 'x', 0)").run()
    sources = new Sources(database, new TurnedClock())
    decoder = new Decoder(new Devices(database, new TurnedClock(), sources))
  })
  after(() => database.close())

  const pair = (more: object = {}): Source => sources.pair('own_a', { name: 'home', ...more }).source
  const packet = (topic: string, text: string): Packet =>
    ({ topic, payload: Buffer.from(text), qos: 1, retain: true, receivedAt: Date.UTC(2026, 4, 4) })
  const send = (source: Source, topic: string, payload: unknown) =>
    decoder.decode(source, packet(topic, typeof payload === 'string' ? payload : JSON.stringify(payload)))
  const sensor = (device: string, topic: string, more: object = {}) =>
    ({ dev: { ids: [device] }, dev_cla: 'temperature', unit_of_meas: '°C', stat_t: topic, ...more })
  const said = (answer: ReturnType<Decoder['decode']>) => answer?.decoded.readings.map(({ device, value }) => [device, value])

  it('knows a topic once it was declared, in that source alone, and no more once that was taken back', () => {
    const source = pair()
    assert.equal(send(source, 'esp/t/state', '20'), undefined)
    send(source, 'homeassistant/sensor/esp/t/config', sensor('esp-1', 'esp/t/state'))
    assert.deepEqual(said(send(source, 'esp/t/state', '20.5')), [['esp-1', 20.5]])
    assert.equal(send(pair(), 'esp/t/state', '20.5'), undefined)
    send(source, 'homeassistant/sensor/esp/t/config', '')
    assert.equal(send(source, 'esp/t/state', '21'), undefined)
  })

  it('follows a declaration to another topic', () => {
    const source = pair()
    send(source, 'homeassistant/sensor/esp/t/config', sensor('esp-1', 'old'))
    send(source, 'homeassistant/sensor/esp/t/config', sensor('esp-1', 'new'))
    assert.equal(send(source, 'old', '20'), undefined)
    assert.deepEqual(said(send(source, 'new', '20')), [['esp-1', 20]])
  })

  it('gives a message that devices share to each of them, and refuses only what none understands', () => {
    const source = pair()
    const at = (key: string) => ({ val_tpl: `{{ value_json.${key} }}`, avty_t: 'hub/up' })
    send(source, 'homeassistant/sensor/a/config', sensor('a', 'hub/s', at('a')))
    send(source, 'homeassistant/sensor/b/config', sensor('b', 'hub/s', at('b')))
    assert.deepEqual(said(send(source, 'hub/s', { a: 1, b: 2 })), [['a', 1], ['b', 2]])
    const half = send(source, 'hub/s', { b: 3 })
    assert.deepEqual([said(half), half?.decoded.refused], [[['b', 3]], []])
    assert.deepEqual(said(send(source, 'hub/up', 'offline')), [['a', 'offline'], ['b', 'offline']])
    assert.deepEqual(send(source, 'hub/s', {})?.decoded.refused.map(({ code }) => code), ['NO_READING'])
    assert.deepEqual(send(source, 'hub/s', { a: 'x', b: 1 })?.decoded.refused.map(({ code }) => code), ['BAD_PAYLOAD'])
  })

  it('leaves a topic that another dialect knows to it, unless the source was paired with this one', () => {
    const config = sensor('k', 'zigbee2mqtt/kitchen', { val_tpl: '{{ value_json.temperature }}' })
    for (const [dialect, expected] of [[undefined, 'zigbee2mqtt'], ['home-assistant', 'home-assistant']] as const) {
      const source = pair({ dialect })
      send(source, 'homeassistant/sensor/k/config', config)
      assert.equal(send(source, 'zigbee2mqtt/kitchen', { temperature: 20 })?.adapter.name, expected)
    }
  })

  it('asks who declared a topic before the dialect of the source that would take any', () => {
    const source = pair({ dialect: 'zigbee2mqtt' })
    send(source, 'homeassistant/sensor/esp/t/config', sensor('esp-1', 'esp/t/state'))
    assert.deepEqual(said(send(source, 'esp/t/state', '20')), [['esp-1', 20]])
    assert.equal(send(source, 'esp/other/state', '20')?.adapter.name, 'zigbee2mqtt')
  })
})

describe('The units of Home Assistant', () => {
  it('are in the unit table, class by class', () => {
    for (const [deviceClass, unit] of [
      ['temperature', '°C'], ['temperature', '°F'], ['humidity', '%'], ['illuminance', 'lx'], ['carbon_dioxide', 'ppm'],
      ['pm25', 'µg/m³'], ['wind_speed', 'km/h'], ['wind_direction', '°'], ['irradiance', 'W/m²'], ['power', 'kW'],
      ['reactive_power', 'var'], ['apparent_power', 'VA'], ['energy', 'Wh'], ['gas', 'm³'], ['gas', 'ft³'], ['water', 'L'],
      ['distance', 'cm'], ['sound_pressure', 'dBA'], ['pressure', 'inHg'], ['volatile_organic_compounds_parts', 'ppb'],
      ['power_factor', '%'], ['weight', 'kg'], ['voltage', 'mV'], ['precipitation_intensity', 'mm/h'],
    ] as const) {
      const judged = judgeSensor({ deviceClass, unit, stateClass: undefined, name: '', isDiagnostic: false })
      assert.ok(typeof judged === 'object', deviceClass)
      const spellings = spellingsOf('home-assistant', judged.quantity)
      assert.ok(spellings.has(judged.unit) || spellings.has(judged.unit.normalize('NFKC')), `${deviceClass} ${unit}`)
    }
  })
})
