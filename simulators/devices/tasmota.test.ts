import assert from 'node:assert/strict'
import { assertNeverFalls, assertWithin, describeDevice, planOf, watch, ZONE } from '#simulators/devices/device.contract.ts'
import { tasmota } from '#simulators/devices/tasmota.ts'
import { localIso } from '#simulators/zone.ts'

interface Sensor {
  readonly Time: string
  readonly ENERGY: Readonly<Record<string, number>>
  readonly AM2301: { readonly Temperature: number, readonly Humidity: number, readonly DewPoint: number }
  readonly DS18B20: { readonly Id: string, readonly Temperature: number }
  readonly TempUnit: string
}

const sensors = (model: string, options = {}) => watch(model, options).filter(({ message }) => message.topic.endsWith('/SENSOR'))
const payloads = (model: string, options = {}) => sensors(model, options).map(({ message }) => JSON.parse(message.payload) as Sensor)

for (const model of Object.keys(tasmota.models)) describeDevice(model)

describe('tasmota', () => {
  it('says Online on its own topic, retained, and leaves Offline as its will', () => {
    const [source] = planOf('tasmota-plug')
    assert.deepEqual(tasmota.birth(source!, 0), [{ topic: 'tele/washer_plug/LWT', payload: 'Online', retain: true }])
    assert.deepEqual(tasmota.will(source!), { topic: 'tele/washer_plug/LWT', payload: 'Offline', retain: true })
  })

  it('sends its state and its sensors together, in local time without a zone', () => {
    const seen = watch('tasmota-climate', { hours: 1 })
    seen.forEach(({ atMs, message }, k) => {
      assert.equal(message.topic, k % 2 === 0 ? 'tele/cellar_climate/STATE' : 'tele/cellar_climate/SENSOR')
      assert.equal((JSON.parse(message.payload) as Sensor).Time, localIso(ZONE, atMs))
    })
  })

  it('has its own idea of the time where clocks are skewed', () => {
    const [seen] = sensors('tasmota-climate', { clockSkewS: 3_600 })
    const { Time } = JSON.parse(seen!.message.payload) as Sensor
    const ahead = Date.parse(`${Time}Z`) - Date.parse(`${localIso(ZONE, seen!.atMs)}Z`)
    assert.ok(Math.abs(ahead) > 10_000 && Math.abs(ahead) <= 3_600_000)
  })

  it('writes numbers with fixed decimals', () => {
    const [plug] = sensors('tasmota-plug', { hours: 1 })
    assert.match(plug!.message.payload, /"Total":\d+\.\d{3},"Yesterday":\d+\.\d{3},"Today":\d+\.\d{3},"Period":\d+,"Power":\d+,/)
    assert.match(plug!.message.payload, /,"Factor":\d\.\d\d,"Voltage":\d{3},"Current":\d+\.\d{3}}}$/)
    const [climate] = sensors('tasmota-climate', { hours: 1 })
    assert.match(climate!.message.payload, /"AM2301":{"Temperature":\d+\.\d,"Humidity":\d+\.\d,"DewPoint":-?\d+\.\d},"TempUnit":"C"}$/)
  })

  it('counts energy that only rises, turns the day at local midnight, and adds up', () => {
    const energy = payloads('tasmota-plug', { hours: 72 }).map(({ ENERGY }) => ENERGY)
    assertNeverFalls('Total', energy.map(({ Total }) => Total!))
    const turns = energy.flatMap(({ Yesterday }, k) => k > 0 && Yesterday !== energy[k - 1]!.Yesterday ? [k] : [])
    assert.ok(turns.length >= 1 && turns.length <= 3)
    for (const k of turns) assert.ok(energy[k]!.Today! < 0.05 && Math.abs(energy[k]!.Yesterday! - energy[k - 1]!.Today!) < 0.05)
    const used = energy.at(-1)!.Total! - energy[0]!.Total!
    const periods = energy.reduce((sum, { Period }) => sum + Period!, 0)
    assert.ok(Math.abs(periods / 1000 - used) < 0.1 * used, `${periods} Wh in periods, ${used} kWh in all`)
  })

  it('has powers that belong together', () => {
    for (const { ENERGY: { Power, ApparentPower, ReactivePower, Factor, Voltage, Current } } of payloads('tasmota-plug', { hours: 48 })) {
      assert.ok(Math.abs(Math.hypot(Power!, ReactivePower!) - ApparentPower!) < 2.5)
      assert.ok(Math.abs(Voltage! * Current! - ApparentPower!) < 0.005 * ApparentPower! + 1 && Factor! <= 1)
    }
  })

  it('has a dew point below the temperature', () => {
    for (const { AM2301: { Temperature, Humidity, DewPoint } } of payloads('tasmota-climate')) {
      assert.ok(DewPoint < Temperature && Humidity > 10 && Humidity < 95)
    }
  })

  it('puts its first probe into the freezer and the next one on the boiler', () => {
    const seen = payloads('tasmota-probe', { count: 2 })
    const [cold, hot] = [seen.filter(({ DS18B20 }) => DS18B20.Temperature < 0), seen.filter(({ DS18B20 }) => DS18B20.Temperature > 0)]
    assertWithin('freezer', cold.map(({ DS18B20 }) => DS18B20.Temperature), -21, -16)
    assertWithin('boiler', hot.map(({ DS18B20 }) => DS18B20.Temperature), 45, 56)
    assert.match(cold[0]!.DS18B20.Id, /^[0-9A-F]{12}$/)
  })
})
