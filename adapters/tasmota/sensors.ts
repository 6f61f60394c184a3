// The sensors of one report: who they are, what each measured, which device it is of, and when.
import type { Decoded, Memory, SourceSettings } from '#adapters/adapter.ts'
import { refused } from '#adapters/decoded.ts'
import { isRecord, numberOf, own, type JsonRecord } from '#adapters/json.ts'
import type { DeviceReport, Reading, Refusal } from '#adapters/reading.ts'
import { fieldsOf, ZIGBEE } from '#adapters/tasmota/fields.ts'
import { measure, type Measured, type Measurement } from '#adapters/tasmota/measure.ts'
import { meter, type Metered } from '#adapters/tasmota/meter.ts'
import { Places } from '#adapters/tasmota/places.ts'
import { instantOfSeconds, parseInstant, parseLocal, plausibleInstant } from '#adapters/time.ts'

/** A report with more sensors, or a longer name, comes from no Tasmota; what is beyond is left out. */
export const SENSORS_MAX = 64
export const NAME_LENGTH_MAX = 64

/** Whose report it is, when it came, and what is known beside it. */
export interface Origin {
  readonly device: string
  readonly memory: Memory | undefined
  readonly settings: SourceSettings
  readonly receivedAt: number
}

/** `isShared` where it may be the device of the topic itself, if it is the first that measures what it measures. */
interface Sensor extends Metered { readonly name: string, readonly isShared: boolean }

const ANALOG = 'ANALOG'
const CLAMP = /^CTEnergy(\d{0,3})$/
const NUMBERED = /^(Temperature|Illuminance)(\d{1,3})$/

/** Readings of the device `<topic>`, or of `<topic>.<sensor>` where `Places` says so. */
export function decodeSensors(report: JsonRecord, origin: Origin): Decoded {
  const { device: topic, memory } = origin, places = new Places(topic, memory), observedAt = timeOf(report, origin)
  const readings: Reading[] = [], refusals: Refusal[] = [], devices: DeviceReport[] = []
  for (const { name, isShared, measured, refused: refusedHere, isThreePhase } of sensorsIn(report)) {
    refusals.push(...refusedHere)
    if (measured.length === 0) continue
    const deviceOf = isShared ? places.devicesOf(name, measured.map(({ quantity }) => quantity)) : () => `${topic}.${name}`
    readings.push(...measured.map(each => readingOf(each, deviceOf(each.quantity), observedAt)))
    if (isThreePhase) devices.push({ device: deviceOf(measured[0]!.quantity), phases: 3 })
  }
  if (readings.length + refusals.length === 0) return refused('NO_READING', 'No sensor of this report has a quantity.', memory)
  return { readings, refused: refusals, devices, memory: places.memory }
}

/** Epoch where it is sent beside Time, or in its place; else Time with an offset, or as the clocks of the source's zone show it. */
function timeOf(report: JsonRecord, { settings: { timezone }, receivedAt }: Origin): number | undefined {
  const time = own(report, 'Time'), seconds = numberOf(own(report, 'Epoch')) ?? numberOf(time)
  if (seconds !== undefined) return plausibleInstant(instantOfSeconds(seconds), receivedAt)
  const local = timezone === undefined ? undefined : parseLocal(time, timezone, receivedAt)
  return plausibleInstant(local ?? parseInstant(time), receivedAt)
}

function sensorsIn(report: JsonRecord): readonly Sensor[] {
  const sensors = Object.entries(report).flatMap(([name, value]) => isNamed(name) && isRecord(value) ? sensorsOf(name, value, report) : [])
  return sensors.slice(0, SENSORS_MAX)
}

function isNamed(name: string): boolean {
  return name.length <= NAME_LENGTH_MAX
}

function sensorsOf(name: string, sensor: JsonRecord, units: JsonRecord): readonly Sensor[] {
  switch (name) {
    case 'ENERGY': return [sensorOf(name, meter(name, sensor, units))]
    case 'SPM': return [sensorOf(name, meter(name, sensor, units, true))]
    case 'ZbReceived': case 'ZBReceived': return zigbeeSensors(sensor)
    case ANALOG: return analogSensors(sensor, units)
  }
  const fields = fieldsOf(name, sensor)
  return fields ? [sensorOf(name, measure(name, sensor, fields, units))] : []
}

/** Fields with the number of their pin are sensors of their own, and so is each current clamp. */
function analogSensors(analog: JsonRecord, units: JsonRecord): readonly Sensor[] {
  const fields = fieldsOf(ANALOG, analog)
  return Object.entries(analog).flatMap(([key, value]): readonly Sensor[] => {
    const clamp = CLAMP.exec(key)
    if (clamp && isRecord(value)) return [sensorOf(key, meter(`${ANALOG}.${key}`, value, units), clamp[1] === '')]
    const [, field = key, pin = ''] = NUMBERED.exec(key) ?? [], rule = fields?.get(field)
    return rule ? [sensorOf(ANALOG + pin, measure(ANALOG, { [key]: value }, new Map([[key, rule]]), units), pin === '')] : []
  })
}

/** Devices of a Zigbee bridge, by the name that their owner gave them, else by their short address. */
function zigbeeSensors(received: JsonRecord): readonly Sensor[] {
  return Object.entries(received).flatMap(([key, device]): readonly Sensor[] => {
    const given = isRecord(device) ? own(device, 'Name') : undefined, name = typeof given === 'string' && given !== '' ? given : key
    return isRecord(device) && isNamed(name) ? [sensorOf(name, measure(`ZbReceived.${key}`, device, ZIGBEE, device), false)] : []
  })
}

function sensorOf(name: string, measurement: Measurement & { readonly isThreePhase?: boolean }, isShared = true): Sensor {
  return { name, isShared, isThreePhase: false, ...measurement }
}

function readingOf({ channel, quantity, value, unit, phase, field }: Measured, device: string, observedAt: number | undefined): Reading {
  return { device: channel === undefined ? device : `${device}.${channel}`, quantity, value, unit, phase, observedAt, field }
}
