import assert from 'node:assert/strict'
import {
  assertNeverFalls, assertWithin, between, correlation, describeDevice, mean, planOf, watch,
} from '#simulators/devices/device.contract.ts'
import { zigbee2mqtt } from '#simulators/devices/zigbee2mqtt.ts'

type Values = Readonly<Record<string, number>>

const payloads = (model: string, options = {}): readonly (Values & { readonly atMs: number })[] =>
  watch(model, options).map(({ atMs, message }) => ({ ...JSON.parse(message.payload) as Values, atMs }))
const words = (model: string, key: string, options = {}) =>
  watch(model, options).map(({ atMs, message }) => ({ atMs, value: (JSON.parse(message.payload) as Record<string, unknown>)[key] }))
const all = (values: readonly Values[], key: string) => values.map(value => value[key]!)

for (const model of Object.keys(zigbee2mqtt.models)) describeDevice(model)

describe('zigbee2mqtt', () => {
  it('says of its bridge and of every device that they are online, retained, and leaves a will', () => {
    const [source] = planOf('z2m-climate', { count: 2 })
    assert.deepEqual(zigbee2mqtt.birth(source!, 0), [
      { topic: 'zigbee2mqtt/bridge/state', payload: '{"state":"online"}', retain: true },
      { topic: 'zigbee2mqtt/kitchen_climate/availability', payload: '{"state":"online"}', retain: true },
      { topic: 'zigbee2mqtt/living_room_climate/availability', payload: '{"state":"online"}', retain: true },
    ])
    assert.deepEqual(zigbee2mqtt.will(source!), { topic: 'zigbee2mqtt/bridge/state', payload: '{"state":"offline"}', retain: true })
  })

  it('publishes flat objects without a time', () => {
    for (const model of Object.keys(zigbee2mqtt.models)) {
      for (const value of payloads(model, { hours: 1 })) {
        assert.ok(Object.values(value).every(member => typeof member !== 'object'))
        assert.ok(!('last_seen' in value) && Number.isInteger(value.linkquality))
      }
    }
  })

  it('has a climate that a home has, drier where it is warmer', () => {
    const day = payloads('z2m-climate')
    assert.deepEqual(Object.keys(day[0]!).sort(), ['atMs', 'battery', 'humidity', 'linkquality', 'pressure', 'temperature', 'voltage'])
    assertWithin('temperature', all(day, 'temperature'), 14, 30)
    assertWithin('humidity', all(day, 'humidity'), 15, 90)
    assertWithin('pressure in hPa', all(day, 'pressure'), 960, 1050)
    assertWithin('voltage in mV', all(day, 'voltage'), 2500, 3000)
    const rooms = payloads('z2m-climate', { count: 6, hours: 6 })
    assert.ok(correlation(all(rooms, 'temperature'), all(rooms, 'humidity')) < -0.3, 'the warm rooms are the dry ones')
  })

  it('measures air that people have breathed', () => {
    const week = payloads('z2m-air', { hours: 168, periodS: 600 })
    assertWithin('CO2', all(week, 'co2'), 400, 2600)
    assertWithin('PM2.5', all(week, 'pm25'), 0, 150)
    assertWithin('VOC index', all(week, 'voc_index'), 1, 500)
    const during = (from: number, to: number) => mean(all(between(week, from, to), 'co2'))
    assert.ok(during(3, 6) > during(12, 15) + 30, 'more by night, when all are in, than at noon')
    assert.ok(correlation(all(week, 'co2'), all(week, 'voc_index')) > 0.3)
  })

  it('counts energy that only rises, and agrees with the power', () => {
    const day = payloads('z2m-plug', { periodS: 30 })
    assertNeverFalls('energy', all(day, 'energy'))
    const used = day.at(-1)!.energy! - day[0]!.energy!
    assert.ok(Math.abs(used - mean(all(day, 'power')) * 24 / 1000) < 0.05 * used + 0.02)
    assertWithin('voltage', all(day, 'voltage'), 215, 240)
    for (const { power, current, voltage } of day) assert.ok(Math.abs(power! / voltage! / 0.82 - current!) < 0.02)
  })

  it('opens doors and stirs by day, and never in the dead of night', () => {
    for (const [model, key, isQuiet] of [['z2m-contact', 'contact', true], ['z2m-motion', 'occupancy', false]] as const) {
      const seen = words(model, key, { hours: 168 })
      assert.ok(between(seen, 0.5, 6).every(({ value }) => value === isQuiet))
      assert.ok(seen.some(({ value }) => value === !isQuiet))
    }
  })

  it('hardly ever leaks', () => {
    const month = words('z2m-leak', 'water_leak', { hours: 720, periodS: 300, count: 3 })
    assert.ok(month.filter(({ value }) => value === true).length < month.length / 1000)
    assert.ok(month.every(({ value }) => typeof value === 'boolean'))
  })

  it('sees light by day', () => {
    const light = payloads('z2m-motion')
    assert.ok(mean(all(between(light, 12, 16), 'illuminance')) > 100)
    assertWithin('lux by night', all(between(light, 1, 5), 'illuminance'), 0, 10)
  })
})
