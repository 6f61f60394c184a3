// What devices declare of themselves to Home Assistant: ESPHome nodes entity by entity, a plant sensor all in one message
// (home-assistant.io, MQTT discovery: configuration of entities, of devices, abbreviations).
import type { Message } from '#simulators/devices/device.ts'
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

export const macOf = ({ address }: DevicePlan) => address.slice(-12).toLowerCase()
export const kindOf = ({ model }: DevicePlan): Kind => KINDS[model] ?? { maker: '', entities: {} }
/** The node: what its owner called it, and where several have one name the end of its MAC. */
export const nodeOf = (device: DevicePlan) => `${device.name.replaceAll('_', '-')}-${macOf(device).slice(-6)}`

/** In the order in which a device publishes them, retained. */
export function declarations(device: DevicePlan): readonly Message[] {
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
