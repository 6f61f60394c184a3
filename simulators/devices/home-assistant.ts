// Home Assistant's MQTT discovery: devices declare in retained messages which topics they will use, and then speak there
// (home-assistant.io, MQTT discovery). ESPHome nodes declare each entity by itself and say bare values; a plant sensor declares all of
// its components in one message and says one JSON object. Each device has its own connection.
import type { DeviceSetup, Family, Message, Report } from '#simulators/devices/device.ts'
import { battery, sensor } from '#simulators/devices/instruments.ts'
import { opening, roomClimate } from '#simulators/devices/room.ts'
import { socket } from '#simulators/devices/socket.ts'
import type { DevicePlan } from '#simulators/source-plan.ts'

/** What is declared of one entity, in the abbreviations that devices use to save memory. */
interface Entity {
  readonly name: string
  readonly dev_cla?: string
  readonly unit_of_meas?: string
  readonly stat_cla?: 'measurement' | 'total_increasing'
}

interface Kind {
  /** Absent: the whole device is declared in one message. */
  readonly component?: 'sensor' | 'binary_sensor'
  readonly maker: string
  /** By object id; of a plant sensor, by the member of its JSON. */
  readonly entities: Readonly<Record<string, Entity>>
}

const PREFIX = 'homeassistant'
const HOUR_MS = 3_600_000

const measured = (name: string, dev_cla: string, unit_of_meas: string): Entity => ({ name, dev_cla, unit_of_meas, stat_cla: 'measurement' })

const KINDS: Readonly<Record<string, Kind>> = {
  'esphome-climate': {
    component: 'sensor', maker: 'Espressif', entities: {
      temperature: measured('Temperature', 'temperature', '°C'), humidity: measured('Humidity', 'humidity', '%'),
      pressure: measured('Pressure', 'atmospheric_pressure', 'hPa'), co2: measured('CO2', 'carbon_dioxide', 'ppm'),
    },
  },
  'esphome-meter': {
    component: 'sensor', maker: 'Espressif', entities: {
      power: measured('Power', 'power', 'W'), voltage: measured('Voltage', 'voltage', 'V'), current: measured('Current', 'current', 'A'),
      energy: { name: 'Energy', dev_cla: 'energy', unit_of_meas: 'kWh', stat_cla: 'total_increasing' },
    },
  },
  'esphome-door': { component: 'binary_sensor', maker: 'Espressif', entities: { opening: { name: 'Opening', dev_cla: 'door' } } },
  'ha-plant': {
    maker: 'Own make', entities: {
      moisture: measured('Soil moisture', 'moisture', '%'), conductivity: measured('Soil conductivity', 'conductivity', 'µS/cm'),
      temp: measured('Soil temperature', 'temperature', '°C'), lux: measured('Light', 'illuminance', 'lx'),
      batt: measured('Battery', 'battery', '%'),
    },
  },
}

const macOf = ({ address }: DevicePlan) => address.slice(-12).toLowerCase()
const kindOf = ({ model }: DevicePlan): Kind => KINDS[model] ?? { maker: '', entities: {} }
/** The node: what its owner called it, and where several have one name the end of its MAC. */
const nodeOf = (device: DevicePlan) => `${device.name.replaceAll('_', '-')}-${macOf(device).slice(-6)}`
const statusOf = (device: DevicePlan, payload: 'online' | 'offline'): Message => ({ topic: `${nodeOf(device)}/status`, payload, retain: true })

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

function declarations(device: DevicePlan): readonly Message[] {
  const { component } = kindOf(device)
  const declared = component ? entityByEntity(device, component) : [wholeDevice(device)]
  return declared.map(([topic, config]) => ({ topic: `${PREFIX}/${topic}/config`, payload: JSON.stringify(config), retain: true }))
}

type Declared = readonly [topic: string, config: object]

function aboutDevice(device: DevicePlan): object {
  return { ids: macOf(device), name: nodeOf(device), mf: kindOf(device).maker, mdl: device.model }
}

function entityByEntity(device: DevicePlan, component: string): readonly Declared[] {
  const node = nodeOf(device)
  return Object.entries(kindOf(device).entities).map(([object, entity]) => [`${component}/${node}/${object}`, {
    ...entity, stat_t: `${node}/${component}/${object}/state`, avty_t: `${node}/status`, uniq_id: `${macOf(device)}-${component}-${object}`,
    dev: aboutDevice(device),
  }])
}

/** Topics begin at a base, and each value is found in the JSON by its template. */
function wholeDevice(device: DevicePlan): Declared {
  const components = Object.entries(kindOf(device).entities).map(([member, entity]) => [member, {
    p: 'sensor', ...entity, val_tpl: `{{ value_json.${member} }}`, uniq_id: `${macOf(device)}_${member}`,
  }])
  return [`device/${macOf(device)}`, {
    '~': nodeOf(device), dev: aboutDevice(device), o: { name: 'plant-sensor' }, stat_t: '~/state', avty_t: '~/status',
    cmps: Object.fromEntries(components) as object,
  }]
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
