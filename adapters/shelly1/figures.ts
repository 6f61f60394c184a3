// What first-generation Shellys publish on their topics, as data: kind/figure → quantity and the unit that the vendor documents.
import type { Quantity } from '#adapters/quantity.ts'

export interface Figure {
  readonly quantity: Quantity
  readonly unit: string
  /** For what is no number: what may be sent → the fixed word; undefined says nothing just now. */
  readonly words?: Readonly<Record<string, string | undefined>>
  /** Numbers that stand for "not measured": no probe connected, no calibration made. */
  readonly absent?: readonly number[]
  /** Measured by the phase where the device has three, and by the clamp where it has none. */
  readonly isOfMeter?: true
  /** Even number 0 is a part beside the device: a probe or an input. The name of that part. */
  readonly part?: string
}

type More = Omit<Figure, 'quantity' | 'unit'>

const figure = (topic: string, quantity: Quantity, unit: string, more?: More) => [topic, { quantity, unit, ...more }] as const
const yesNo = (topic: string, quantity: Quantity, yes: string, no: string, word = 'detected', opposite = 'clear') =>
  [topic, { quantity, unit: '', words: { [yes]: word, [no]: opposite } }] as const

const METER = { isOfMeter: true } as const
/** A sensor that fails, or that is not there, says so by an impossible number. */
const NO_PROBE = { absent: [999, -999] } as const
const NO_FIGURE = { absent: [-1] } as const

/**
 * Relays, lights and shutters count watt-minutes since they were last started; clamps count watt-hours, and keep them. Not here: the state
 * of outputs and inputs, limits, the device's own warmth (`temperature`), Fahrenheit twins, and `emeter/N/energy` beside its `total`.
 */
export const FIGURES: ReadonlyMap<string, Figure> = new Map<string, Figure>([
  ...['relay', 'roller', 'light'].flatMap(kind => [
    figure(`${kind}/power`, 'powerActive', 'W'), figure(`${kind}/energy`, 'energyImport', 'Wmin'),
  ]),
  figure('emeter/power', 'powerActive', 'W', METER), figure('emeter/reactive_power', 'powerReactive', 'var', METER),
  figure('emeter/voltage', 'voltage', 'V', METER), figure('emeter/current', 'current', 'A', METER),
  figure('emeter/pf', 'powerFactor', '', METER),
  figure('emeter/total', 'energyImport', 'Wh', METER), figure('emeter/total_returned', 'energyExport', 'Wh', METER),
  figure('voltage/', 'voltage', 'V'),
  figure('adc/', 'voltageDc', 'V', { part: 'adc' }),
  figure('ext_temperature/', 'temperature', '°C', { ...NO_PROBE, part: 'ext_temperature' }),
  figure('ext_humidity/', 'humidity', '%', { ...NO_PROBE, part: 'ext_temperature' }),
  figure('sensor/temperature', 'temperature', '°C', NO_PROBE), figure('sensor/humidity', 'humidity', '%', NO_PROBE),
  figure('sensor/lux', 'illuminance', 'lx', NO_FIGURE), figure('sensor/battery', 'battery', '%', NO_FIGURE),
  yesNo('sensor/flood', 'leak', 'true', 'false'), yesNo('sensor/smoke', 'smoke', 'true', 'false'),
  yesNo('sensor/motion', 'motion', 'true', 'false'),
  yesNo('sensor/state', 'contact', 'open', 'close', 'open', 'closed'),
  ['sensor/vibration', { quantity: 'vibration', unit: '', words: { 1: 'detected', 0: 'clear', '-1': undefined } }],
  ['sensor/gas', {
    quantity: 'gasAlarm', unit: '', words: { mild: 'detected', heavy: 'detected', none: 'clear', test: undefined, unknown: undefined },
  }],
  [
    'online/', { quantity: 'availability', unit: '', words: { true: 'online', false: 'offline' } },
  ],
])
