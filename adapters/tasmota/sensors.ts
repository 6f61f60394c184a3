// The sensors of one report: who they are, what each measured, which device it is of, and when.
import type { Decoded, Memory, SourceSettings } from '#adapters/adapter.ts'
import { refused } from '#adapters/decoded.ts'
import { isRecord, numberOf, own, type JsonRecord } from '#adapters/json.ts'
import type { DeviceReport, Reading, Refusal } from '#adapters/reading.ts'
import { fieldsOf, ZIGBEE } from '#adapters/tasmota/fields.ts'
import { measure, type Measured } from '#adapters/tasmota/measure.ts'
import { meter, type Metered } from '#adapters/tasmota/meter.ts'
import { Places } from '#adapters/tasmota/places.ts'
import { instantOfSeconds, parseInstant, parseLocal, plausibleInstant } from '#adapters/time.ts'

/** A report with more sensors, or a longer name, comes from no Tasmota; what is beyond is left out. */
export const SENSORS_MAX = 64
export const NAME_LENGTH_MAX = 64

interface Sensor extends Metered { readonly name: string, readonly isOwnDevice: boolean }

const ANALOG = 'ANALOG'
const CLAMP = /^CTEnergy\d{0,3}$/
const NUMBERED = /^(Temperature|Illuminance)(\d{1,3})$/

/** The device is `<topic>`, or `<topic>.<sensor>` where `Places` says so. */
export function decodeSensors(report: JsonRecord, topic: string, memory: Memory | undefined, settings: SourceSettings, receivedAt: number): Decoded {
  const places = new Places(topic, memory), observedAt = timeOf(report, settings, receivedAt)
  const readings: Reading[] = [], refusals: Refusal[] = [], devices: DeviceReport[] = []
  for (const sensor of sensorsIn(report)) {
    refusals.push(...sensor.refused)
    if (sensor.measured.length === 0) continue
    const device = sensor.isOwnDevice ? `${topic}.${sensor.name}` : places.deviceOf(sensor.name, sensor.measured.map(({ quantity }) => quantity))
    readings.push(...sensor.measured.map(measured => readingOf(measured, device, observedAt)))
    if (sensor.isThreePhase) devices.push({ device, phases: 3 })
  }
  if (readings.length === 0 && refusals.length === 0) return refused('NO_READING', 'No sensor of this report has a quantity.', memory)
  return { readings, refused: refusals, devices, memory: places.memory }
}

/** Epoch where it is sent beside Time, or in its place; else Time with an offset, or as the clocks of the source's zone show it. */
function timeOf(report: JsonRecord, { timezone }: SourceSettings, receivedAt: number): number | undefined {
  const time = own(report, 'Time'), seconds = numberOf(own(report, 'Epoch')) ?? numberOf(time)
  const ms = seconds === undefined ? parseInstant(time) ?? (timezone === undefined ? undefined : parseLocal(time, timezone, receivedAt)) : instantOfSeconds(seconds)
  return plausibleInstant(ms, receivedAt)
}

function sensorsIn(report: JsonRecord): readonly Sensor[] {
  const named = Object.entries(report).filter(([name, value]) => isRecord(value) && name.length <= NAME_LENGTH_MAX) as [string, JsonRecord][]
  return named.flatMap(([name, sensor]) => sensorsOf(name, sensor, report)).slice(0, SENSORS_MAX)
}

function sensorsOf(name: string, sensor: JsonRecord, units: JsonRecord): readonly Sensor[] {
  if (name === 'ENERGY') return [{ name, isOwnDevice: false, ...meter(name, sensor, units) }]
  if (name === 'SPM') return [{ name, isOwnDevice: false, ...meter(name, sensor, units, true) }]
  if (name === ANALOG) return analogSensors(sensor, units)
  if (name === 'ZbReceived' || name === 'ZBReceived') return zigbeeSensors(sensor)
  const fields = fieldsOf(name, sensor)
  return fields ? [{ name, isOwnDevice: false, isThreePhase: false, ...measure(name, sensor, fields, units) }] : []
}

/** Fields with the number of their pin are sensors of their own, and so is each current clamp. */
function analogSensors(analog: JsonRecord, units: JsonRecord): readonly Sensor[] {
  return Object.entries(analog).flatMap(([key, value]): readonly Sensor[] => {
    if (CLAMP.test(key)) return isRecord(value) ? [{ name: key, isOwnDevice: key !== 'CTEnergy', ...meter(`${ANALOG}.${key}`, value, units) }] : []
    const [, field = key, pin] = NUMBERED.exec(key) ?? [], rule = fieldsOf(ANALOG, analog)?.get(field)
    if (!rule) return []
    return [{ name: `${ANALOG}${pin ?? ''}`, isOwnDevice: pin !== undefined, isThreePhase: false, ...measure(ANALOG, { [key]: value }, new Map([[key, rule]]), units) }]
  })
}

/** Devices of a Zigbee bridge, by the name that their owner gave them, else by their short address. */
function zigbeeSensors(received: JsonRecord): readonly Sensor[] {
  return (Object.entries(received).filter(([, device]) => isRecord(device)) as [string, JsonRecord][]).map(([key, device]): Sensor => {
    const given = own(device, 'Name'), name = typeof given === 'string' && given !== '' ? given : key
    return { name: name.slice(0, NAME_LENGTH_MAX), isOwnDevice: true, isThreePhase: false, ...measure(`ZbReceived.${key}`, device, ZIGBEE, device) }
  })
}

function readingOf({ channel, ...measured }: Measured, device: string, observedAt: number | undefined): Reading {
  return { device: channel === undefined ? device : `${device}.${channel}`, ...measured, ...(observedAt !== undefined && { observedAt }) }
}
