// Home Assistant's MQTT discovery: devices declare in retained messages which topics they will use, and then speak there
// (home-assistant.io, MQTT discovery). ESPHome nodes declare each entity by itself and say bare values; a plant sensor declares all of
// its components in one message and says one JSON object. Each device has its own connection.
import type { DeviceSetup, Family, Message, Report } from '#simulators/devices/device.ts'
import { declarations, kindOf, macOf, nodeOf } from '#simulators/devices/discovery.ts'
import { battery, sensor } from '#simulators/devices/instruments.ts'
import { opening, roomClimate } from '#simulators/devices/room.ts'
import { socket } from '#simulators/devices/socket.ts'
import type { DevicePlan } from '#simulators/source-plan.ts'

const HOUR_MS = 3_600_000

const statusOf = (device: DevicePlan, payload: 'online' | 'offline'): Message =>
  ({ topic: `${nodeOf(device)}/status`, payload, retain: true })

export const homeAssistant: Family = {
  isHub: false,
  clientId: (_, device) => `${nodeOf(device)}-${macOf(device)}`,
  birth: ({ devices }) => devices.flatMap(device => [...declarations(device), statusOf(device, 'online')]),
  will: ({ devices: [device] }) => device && statusOf(device, 'offline'),
  models: {
    'esphome-climate': { placement: 'indoor', places: ['office', 'nursery', 'bedroom'], make: climate },
    'esphome-meter': { placement: 'indoor', places: ['heat_pump', 'washer', 'freezer'], make: powerMeter },
    'esphome-door': { placement: 'indoor', places: ['front_door', 'bedroom_window'], make: door },
    'ha-plant': { placement: 'indoor', places: ['living_room', 'kitchen'], make: plant },
  },
}

/** ESPHome: a text for each entity, which the broker keeps. */
function speaks({ device }: DeviceSetup, statesAt: (nowMs: number) => Readonly<Record<string, string>>): Report {
  const base = `${nodeOf(device)}/${kindOf(device).component}`
  return nowMs => Object.entries(statesAt(nowMs)).map(([object, payload]) => ({ topic: `${base}/${object}/state`, payload, retain: true }))
}

function climate(setup: DeviceSetup): Report {
  const { random, surroundings: { weather, home } } = setup
  const at = roomClimate(setup)
  const [temperature, humidity] = [sensor(random, 0.05, 1), sensor(random, 0.3, 1, 0, 100)]
  const [pressure, co2] = [sensor(random, 0.1, 1), sensor(random, 12, 0, 400)]
  return speaks(setup, nowMs => {
    const room = at(nowMs)
    return {
      temperature: temperature(room.temperature).toFixed(1), humidity: humidity(room.humidity).toFixed(1),
      pressure: pressure(weather.at(nowMs).pressure).toFixed(1), co2: co2(home.air(nowMs).co2).toFixed(0),
    }
  })
}

function powerMeter(setup: DeviceSetup): Report {
  const at = socket(setup, setup.random.between(10, 3_000))
  return speaks(setup, nowMs => {
    const { watts, volts, amperes, kilowattHours } = at(nowMs)
    return { power: watts.toFixed(1), voltage: volts.toFixed(1), current: amperes.toFixed(3), energy: kilowattHours.toFixed(3) }
  })
}

function door(setup: DeviceSetup): Report {
  const isOpen = opening(setup)
  return speaks(setup, nowMs => ({ opening: isOpen(nowMs) ? 'ON' : 'OFF' }))
}

/** In a pot on a window sill: watered every few days, and drying in between. */
function plant(setup: DeviceSetup): Report {
  const { device, random, surroundings: { weather } } = setup
  const topic = `${nodeOf(device)}/state`
  const [wateredH, phase, salinity] = [random.between(60, 140), random.next(), random.between(14, 22)]
  const at = roomClimate(setup)
  const [moisture, conductivity] = [sensor(random, 0.3, 1, 0, 100), sensor(random, 5, 0, 0)]
  const [temperature, light, charge] = [sensor(random, 0.1, 1), sensor(random, 4, 0, 0), battery(random)]
  return nowMs => {
    const dry = (nowMs / HOUR_MS / wateredH + phase) % 1
    const wet = 14 + 30 * (1 - dry)
    const told = {
      moisture: moisture(wet), conductivity: conductivity(wet * salinity), temp: temperature(at(nowMs).temperature - 0.8),
      lux: light(weather.at(nowMs).illuminance * 0.02), batt: charge(nowMs),
    }
    return [{ topic, payload: JSON.stringify(told) }]
  }
}
