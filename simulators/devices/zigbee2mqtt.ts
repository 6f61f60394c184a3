// Zigbee2MQTT: one hub for all devices of a home, each a flat JSON object on its own topic (zigbee2mqtt.io, MQTT topics and messages).
import type { DeviceSetup, Family, Report } from '#simulators/devices/device.ts'
import { battery, rounded, sensor } from '#simulators/devices/instruments.ts'
import { drip, opening, roomClimate, roomMotion } from '#simulators/devices/room.ts'
import { socket } from '#simulators/devices/socket.ts'

const BASE = 'zigbee2mqtt'
const online = JSON.stringify({ state: 'online' })
const offline = JSON.stringify({ state: 'offline' })

export const zigbee2mqtt: Family = {
  isHub: true,
  clientId: () => BASE,
  birth: ({ devices }) => [
    { topic: `${BASE}/bridge/state`, payload: online, retain: true },
    ...devices.map(({ name }) => ({ topic: `${BASE}/${name}/availability`, payload: online, retain: true as const })),
  ],
  will: () => ({ topic: `${BASE}/bridge/state`, payload: offline, retain: true }),
  models: {
    'z2m-climate': { placement: 'indoor', places: ['kitchen', 'living_room', 'bedroom', 'bathroom', 'nursery', 'attic'], make: climate },
    'z2m-air': { placement: 'indoor', places: ['living_room', 'bedroom', 'nursery'], make: air },
    'z2m-plug': { placement: 'indoor', places: ['fridge', 'television', 'desk', 'lamp'], make: plug },
    'z2m-contact': { placement: 'indoor', places: ['front_door', 'kitchen_window', 'bedroom_window'], make: contact },
    'z2m-motion': { placement: 'indoor', places: ['hallway', 'kitchen', 'bathroom'], make: motion },
    'z2m-leak': { placement: 'indoor', places: ['bathroom', 'kitchen', 'cellar'], make: leak },
  },
}

/** Publishes what is measured together with what each radio adds. */
function publishes({ device, random }: DeviceSetup, measured: (nowMs: number) => Readonly<Record<string, unknown>>): Report {
  const link = sensor(random, 7, 0, 1, 255)
  const usualLink = random.between(50, 210)
  return nowMs => [{ topic: `${BASE}/${device.name}`, payload: JSON.stringify({ ...measured(nowMs), linkquality: link(usualLink) }) }]
}

/** Charge in per cent, and the cell's voltage in mV, which sinks with it. */
function cell({ random }: DeviceSetup): (nowMs: number) => { readonly battery: number, readonly voltage: number } {
  const charge = battery(random)
  return nowMs => ({ battery: charge(nowMs), voltage: 2500 + 5 * Math.round(charge(nowMs)) })
}

function climate(setup: DeviceSetup): Report {
  const { random, surroundings } = setup
  const at = roomClimate(setup)
  const temperature = sensor(random, 0.04, 2)
  const humidity = sensor(random, 0.25, 2, 0, 100)
  const pressure = sensor(random, 0.08, 1)
  const power = cell(setup)
  return publishes(setup, nowMs => {
    const room = at(nowMs)
    const outdoors = surroundings.weather.at(nowMs)
    return {
      ...power(nowMs), humidity: humidity(room.humidity), pressure: pressure(outdoors.pressure), temperature: temperature(room.temperature),
    }
  })
}

function air(setup: DeviceSetup): Report {
  const { random, surroundings: { home } } = setup
  const at = roomClimate(setup)
  const temperature = sensor(random, 0.08, 1)
  const humidity = sensor(random, 0.4, 0, 0, 100)
  const co2 = sensor(random, 9, 0, 400)
  const pm25 = sensor(random, 0.6, 0, 0)
  const voc = sensor(random, 3, 0, 1, 500)
  return publishes(setup, nowMs => {
    const [room, all] = [at(nowMs), home.air(nowMs)]
    return {
      co2: co2(all.co2), humidity: humidity(room.humidity), pm25: pm25(all.pm25),
      temperature: temperature(room.temperature), voc_index: voc(all.vocIndex),
    }
  })
}

function plug(setup: DeviceSetup): Report {
  const at = socket(setup, setup.random.between(4, 900))
  return publishes(setup, nowMs => {
    const { amperes, watts, volts, kilowattHours } = at(nowMs)
    return {
      current: rounded(amperes, 2), energy: rounded(kilowattHours, 2), power: rounded(watts, 1), state: 'ON', voltage: rounded(volts, 0),
    }
  })
}

/** Zigbee calls a closed door "contact". */
function contact(setup: DeviceSetup): Report {
  const isOpen = opening(setup)
  const power = cell(setup)
  return publishes(setup, nowMs => ({ ...power(nowMs), contact: !isOpen(nowMs) }))
}

function motion(setup: DeviceSetup): Report {
  const { random, surroundings: { weather, home } } = setup
  const stirs = roomMotion(setup)
  const light = sensor(random, 1.5, 0, 0)
  const charge = battery(random)
  return publishes(setup, nowMs => {
    const { hour, awake } = home.household(nowMs)
    const lamp = awake > 0 && (hour < 8 || hour > 17.5) ? 110 : 0
    return { battery: charge(nowMs), illuminance: light(weather.at(nowMs).illuminance * 0.006 + lamp), occupancy: stirs(nowMs) }
  })
}

function leak(setup: DeviceSetup): Report {
  const drips = drip(setup)
  const charge = battery(setup.random)
  return publishes(setup, nowMs => {
    const percent = charge(nowMs)
    return { battery: percent, battery_low: percent < 10, tamper: false, water_leak: drips(nowMs) }
  })
}
