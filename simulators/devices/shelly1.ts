// Shelly, first generation: each device its own connection; one figure as text on each topic below shellies/<id>/
// (shelly-api-docs.shelly.cloud, gen1: MQTT, and the chapters of the devices).
import type { DeviceSetup, Family, Message, Report } from '#simulators/devices/device.ts'
import { battery, mains, meter, rounded, sensor } from '#simulators/devices/instruments.ts'
import { drip, fahrenheit, opening, roomClimate } from '#simulators/devices/room.ts'
import { socket } from '#simulators/devices/socket.ts'
import type { DevicePlan } from '#simulators/source-plan.ts'

/**
 * What the vendor calls a device of each model: in its id, which is its client id too, and in what it announces. Early ones shorten the
 * MAC.
 */
const PRODUCTS: Readonly<Record<string, readonly [name: string, model: string, macDigits: number]>> = {
  'shelly1-em3': ['shellyem3', 'SHEM-3', 12], 'shelly1-plug': ['shellyplug-s', 'SHPLG-S', 6], 'shelly1-ht': ['shellyht', 'SHHT-1', 6],
  'shelly1-door': ['shellydw2', 'SHDW-2', 6], 'shelly1-flood': ['shellyflood', 'SHWT-1', 6],
}
const PHASES = [0, 1, 2] as const
const POWER_FACTOR = 0.95
const WATT_MINUTES_PER_KWH = 60_000
const FIRMWARE = '20230901-080000/v1.14.0-g0a1b2c3'
/** lx from which the door sensor calls it twilight, and bright. */
const TWILIGHT_LX = 30
const BRIGHT_LX = 200

const macOf = ({ address }: DevicePlan) => address.slice(-12)

function idOf(device: DevicePlan): string {
  const [name, , macDigits] = PRODUCTS[device.model] ?? [device.model, '', 12]
  return `${name}-${macOf(device).slice(-macDigits)}`
}

export const shelly1: Family = {
  isHub: false,
  clientId: (_, device) => idOf(device),
  birth: ({ devices }) => devices.flatMap(announced),
  will: ({ devices: [device] }) => device && { topic: `shellies/${idOf(device)}/online`, payload: 'false', retain: true },
  models: {
    'shelly1-em3': { placement: 'indoor', places: ['mains'], make: threePhaseMeter },
    'shelly1-plug': { placement: 'indoor', places: ['washer', 'television', 'fridge'], make: plug },
    'shelly1-ht': { placement: 'indoor', places: ['bedroom', 'bathroom', 'attic'], make: climate },
    'shelly1-door': { placement: 'indoor', places: ['front_door', 'kitchen_window'], make: door },
    'shelly1-flood': { placement: 'indoor', places: ['bathroom', 'cellar'], make: flood },
  },
}

/** That it is there, and, to all and on a topic of its own, who it is. */
function announced(device: DevicePlan): readonly Message[] {
  const id = idOf(device)
  const payload = JSON.stringify({
    id, model: PRODUCTS[device.model]?.[1], mac: macOf(device), ip: '192.168.1.40', new_fw: false, fw_ver: FIRMWARE,
  })
  return [
    { topic: `shellies/${id}/online`, payload: 'true', retain: true },
    { topic: 'shellies/announce', payload }, { topic: `shellies/${id}/announce`, payload },
  ]
}

/** One message for each figure, by what stands behind the id in its topic. */
function publishes({ device }: DeviceSetup, figuresAt: (nowMs: number) => Readonly<Record<string, string | number | boolean>>): Report {
  const id = idOf(device)
  return nowMs => Object.entries(figuresAt(nowMs)).map(([figure, value]) => ({ topic: `shellies/${id}/${figure}`, payload: String(value) }))
}

/** Three clamps on one supply; the roof makes power negative. Its registers are in Wh, and outlive a restart. */
function threePhaseMeter(setup: DeviceSetup): Report {
  const { random, surroundings: { home } } = setup
  const registers = PHASES.map(phase => ({
    drawn: meter(random.between(200_000, 9_000_000), ms => home.phases(ms)[phase]),
    fed: meter(random.between(0, 50_000), ms => -home.phases(ms)[phase]),
  }))
  return publishes(setup, nowMs => Object.assign({}, ...registers.map(({ drawn, fed }, phase) => {
    const watts = (home.phases(nowMs)[phase] ?? 0) * (1 + 0.004 * random.gaussian())
    const { volts, amperes, factor } = mains(watts, home.voltage(phase + 1, nowMs), POWER_FACTOR)
    return behind(`emeter/${phase}`, {
      power: watts, pf: factor, current: amperes, voltage: volts, total: drawn(nowMs), total_returned: fed(nowMs),
    })
  })) as Record<string, string>)
}

function behind(place: string, figures: Readonly<Record<string, number>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [`${place}/${name}`, value.toFixed(2)]))
}

/** Counts watt-minutes since it was last started. `temperature` is its own warmth. */
function plug(setup: DeviceSetup): Report {
  const { random, surroundings: { home } } = setup
  const at = socket(setup, 0)
  const warmth = sensor(random, 0.2, 2)
  return publishes(setup, nowMs => {
    const { watts, kilowattHours } = at(nowMs)
    const celsius = warmth(home.air(nowMs).temperature + 8 + watts * 0.006)
    return {
      'relay/0': 'on', 'relay/0/power': watts.toFixed(2), 'relay/0/energy': Math.floor(kilowattHours * WATT_MINUTES_PER_KWH),
      temperature: celsius.toFixed(2), temperature_f: fahrenheit(celsius).toFixed(2), overtemperature: 0,
    }
  })
}

/** A battery device: it wakes up, tells what it knows, and sleeps again. */
function climate(setup: DeviceSetup): Report {
  const { random } = setup
  const at = roomClimate(setup)
  const temperature = sensor(random, 0.1, 2)
  const humidity = sensor(random, 0.5, 1, 0, 100)
  const charge = battery(random)
  return publishes(setup, nowMs => {
    const room = at(nowMs)
    return {
      'sensor/temperature': temperature(room.temperature), 'sensor/humidity': humidity(room.humidity), 'sensor/battery': charge(nowMs),
      'sensor/ext_power': false, 'sensor/error': 0,
    }
  })
}

function door(setup: DeviceSetup): Report {
  const { random, surroundings: { weather } } = setup
  const isOpen = opening(setup)
  const light = sensor(random, 2, 0, 0)
  const warmth = sensor(random, 0.2, 1)
  const at = roomClimate(setup)
  const charge = battery(random)
  return publishes(setup, nowMs => {
    const lux = light(weather.at(nowMs).illuminance * 0.006)
    return {
      'sensor/state': isOpen(nowMs) ? 'open' : 'close', 'sensor/lux': lux,
      'sensor/illumination': lux < TWILIGHT_LX ? 'dark' : lux < BRIGHT_LX ? 'twilight' : 'bright',
      'sensor/tilt': -1, 'sensor/vibration': 0, 'sensor/temperature': warmth(at(nowMs).temperature), 'sensor/battery': charge(nowMs),
    }
  })
}

function flood(setup: DeviceSetup): Report {
  const drips = drip(setup)
  const at = roomClimate(setup)
  const warmth = sensor(setup.random, 0.2, 2)
  const charge = battery(setup.random)
  return publishes(setup, nowMs => ({
    'sensor/flood': drips(nowMs), 'sensor/temperature': rounded(warmth(at(nowMs).temperature), 2), 'sensor/battery': charge(nowMs),
  }))
}
