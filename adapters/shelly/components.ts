// What Shelly's components report, as data: component → field → quantity and the unit that the vendor documents.
import type { Quantity } from '#adapters/quantity.ts'
import type { Phase } from '#adapters/reading.ts'

export interface Field {
  /** Where the value stands in the component's status. */
  readonly path: readonly string[]
  readonly quantity: Quantity
  readonly unit: string
  readonly phase?: Phase
  /** For yes/no fields: the words for true and for false. */
  readonly words?: readonly [string, string]
}

export interface Component {
  /** Of two fields with one quantity and phase the first that has a value counts. */
  readonly fields: readonly Field[]
  /** Number 0 is the device itself. Where false, even number 0 is a channel, as another component may measure the same. */
  readonly isDevice: boolean
  readonly phases?: 3
}

const field = (path: string, quantity: Quantity, unit = '', phase?: Phase): Field => ({ path: path.split('.'), quantity, unit, phase })
const yesNo = (path: string, quantity: Quantity, words: readonly [string, string]): Field => ({ ...field(path, quantity), words })
const device = (...fields: Field[]): Component => ({ fields, isDevice: true })
const channel = (...fields: Field[]): Component => ({ fields, isDevice: false })

/** What every component with a meter on the mains calls its figures. Counters are in watt-hours since they were last reset. */
const METER = [
  field('apower', 'powerActive', 'W'), field('aprtpower', 'powerApparent', 'VA'), field('voltage', 'voltage', 'V'),
  field('current', 'current', 'A'), field('pf', 'powerFactor'), field('freq', 'frequency', 'Hz'),
  field('aenergy.total', 'energyImport', 'Wh'), field('ret_aenergy.total', 'energyExport', 'Wh'),
]

/** LED drivers measure behind the power supply, so volts and amperes are direct current, and there are no watts of the mains. */
const LED = [field('voltage', 'voltageDc', 'V'), field('current', 'currentDc', 'A')]

const PHASES = [['a', 'L1'], ['b', 'L2'], ['c', 'L3']] as const

/** `total_current` is left out: a sum of currents is no current of any wire. The frequency is L1's, as the model has one. */
const EM = [
  field('total_act_power', 'powerActive', 'W'), field('total_aprt_power', 'powerApparent', 'VA'), field('a_freq', 'frequency', 'Hz'),
  ...PHASES.flatMap(([letter, phase]) => [
    field(`${letter}_voltage`, 'voltage', 'V', phase), field(`${letter}_current`, 'current', 'A', phase),
    field(`${letter}_act_power`, 'powerActive', 'W', phase), field(`${letter}_aprt_power`, 'powerApparent', 'VA', phase),
    field(`${letter}_pf`, 'powerFactor', '', phase),
  ]),
  field('n_current', 'current', 'A', 'N'),
]

const EM_DATA = [
  field('total_act', 'energyImport', 'Wh'), field('total_act_ret', 'energyExport', 'Wh'),
  ...PHASES.flatMap(([letter, phase]) => [
    field(`${letter}_total_act_energy`, 'energyImport', 'Wh', phase), field(`${letter}_total_act_ret_energy`, 'energyExport', 'Wh', phase),
  ]),
]

const EM1 = [
  field('act_power', 'powerActive', 'W'), field('aprt_power', 'powerApparent', 'VA'), field('voltage', 'voltage', 'V'),
  field('current', 'current', 'A'), field('pf', 'powerFactor'), field('freq', 'frequency', 'Hz'),
]

const ALARM = ['detected', 'clear'] as const
/** Documented as `state`, sent as `value`. */
const PRESENCE = ['value', 'state'].map(path => yesNo(path, 'occupancy', ['occupied', 'free']))

/** Components that are not here (input, cloud, mqtt, script …) measure nothing that has a quantity. */
export const COMPONENTS: ReadonlyMap<string, Component> = new Map<string, Component>([
  ['switch', device(...METER)],
  ['pm1', device(...METER)],
  ['cover', device(...METER)],
  ['light', device(...METER)],
  ['em', { ...device(...EM), phases: 3 }],
  ['emdata', { ...device(...EM_DATA), phases: 3 }],
  ['em1', channel(...EM1)],
  ['em1data', channel(field('total_act_energy', 'energyImport', 'Wh'), field('total_act_ret_energy', 'energyExport', 'Wh'))],
  ['rgb', channel(...LED)],
  ['rgbw', channel(...LED)],
  ['rgbcct', channel(...LED)],
  ['cct', channel(...LED)],
  ['temperature', device(field('tC', 'temperature', '°C'), field('tF', 'temperature', '°F'))],
  ['humidity', device(field('rh', 'humidity', '%'))],
  ['illuminance', device(field('lux', 'illuminance', 'lx'))],
  ['voltmeter', channel(field('voltage', 'voltageDc', 'V'))],
  ['flood', device(yesNo('alarm', 'leak', ALARM))],
  ['smoke', device(yesNo('alarm', 'smoke', ALARM))],
  ['presence', device(field('num_objects', 'peoplePresent'))],
  ['presencezone', channel(...PRESENCE, field('num_objects', 'peoplePresent'))],
  ['devicepower', device(field('battery.percent', 'battery', '%'), field('battery.V', 'batteryVoltage', 'V'))],
  ['blutrv', channel(field('current_C', 'temperature', '°C'), field('battery', 'battery', '%'), field('rssi', 'rssi', 'dBm'))],
  ['bthomedevice', channel(field('battery', 'battery', '%'), field('rssi', 'rssi', 'dBm'))],
  ['wifi', device(field('rssi', 'rssi', 'dBm'))],
  ['sys', device(field('uptime', 'uptime', 's'))],
])

/** A component that carries another's counters under a name of its own: both are one device. */
const COMPANIONS: ReadonlyMap<string, string> = new Map([['em1data', 'em1'], ['emdata', 'em']])

const KEY = /^([a-z0-9_]+)(?::(\d{1,5}))?$/

/** `switch:0` → its kind, and the device that it is inside of `prefix`: the prefix itself, or `<prefix>.switch:1`. */
export function componentOf(prefix: string, key: string): { readonly component: Component, readonly device: string } | undefined {
  const [, kind = '', number = '0'] = KEY.exec(key) ?? []
  const component = COMPONENTS.get(kind)
  if (!component) return undefined
  return { component, device: component.isDevice && number === '0' ? prefix : `${prefix}.${COMPANIONS.get(kind) ?? kind}:${number}` }
}
