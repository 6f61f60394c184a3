// A decoded payload → flat figures, whether a decoder writes plain fields, fields with a unit, a history, or a list of measurements.
import { isRecord, numberOf, own, type JsonRecord } from '#adapters/json.ts'
import { spelledUnit } from '#adapters/lorawan/units.ts'

export interface Told {
  readonly name: string
  readonly raw: unknown
  /** The unit that the message itself gives. */
  readonly unit?: string
  /** Where it stands in the decoded payload. */
  readonly path: string
}

/** What was measured together. `record` is where the set's own time would stand; undefined: the uplink's. */
export interface ToldSet {
  readonly told: readonly Told[]
  readonly record?: JsonRecord
  readonly path: string
}

/** SenseCAP's measurement ids (https://sensecap-docs.seeed.cc/measurement_list.html) → a name of the common fields and the unit. */
const SENSECAP: ReadonlyMap<number, readonly [name: string, unit: string]> = new Map([
  [4097, ['airtemperature', '°C']], [4098, ['airhumidity', '%']], [4099, ['lightintensity', 'lx']], [4100, ['co2', 'ppm']],
  [4101, ['barometricpressure', 'Pa']], [4102, ['soiltemperature', '°C']], [4103, ['soilmoisture', '%']], [4104, ['winddirection', '°']],
  [4105, ['windspeed', 'm/s']], [4108, ['soilconductivity', 'mS/cm']], [4113, ['rainfallhourly', 'mm/h']], [4190, ['uvindex', '']],
  [4191, ['peakwindgust', 'm/s']],
])

/** How ChirpStack's own Cayenne LPP codec groups what it decodes, `{"temperatureSensor":{"1":21.5}}` → names of the common fields. */
const CAYENNE: ReadonlyMap<string, string> = new Map([
  ['temperatureSensor', 'temperature'], ['humiditySensor', 'humidity'], ['barometer', 'barometer'], ['illuminanceSensor', 'illuminance'],
  ['presenceSensor', 'presence'],
])
const CAYENNE_CHANNEL = /^\d{1,3}$/

/** Names of fields that hold several figures. */
export const GROUP_NAMES: readonly string[] = ['history', 'messages', ...CAYENNE.keys()]

export function toldBy(payload: JsonRecord): readonly ToldSet[] {
  const told: Told[] = [], later: ToldSet[] = []
  for (const name of Object.keys(payload)) {
    const raw = payload[name]
    if (name === 'history' && Array.isArray(raw)) later.push(...historyOf(raw))
    else if (name === 'messages' && Array.isArray(raw)) told.push(...raw.flat().flatMap(measurementOf))
    else if (isRecord(raw) && CAYENNE.has(name)) told.push(...channelsOf(name, raw))
    else if (isRecord(raw)) told.push(...valueWithUnit(name, raw))
    else if (!Array.isArray(raw)) told.push({ name, raw, path: name })
  }
  return [{ told, path: '' }, ...later]
}

/** Records of what the device measured while it had no connection (Milesight). Each has its own time. */
function historyOf(list: readonly unknown[]): ToldSet[] {
  return list.flatMap((record, i): ToldSet[] => {
    const path = `history[${i}]`
    return isRecord(record) ? [{ told: plainFields(record, path), record, path }] : []
  })
}

function plainFields(record: JsonRecord, path: string): Told[] {
  return Object.keys(record).flatMap((name): Told[] => {
    const raw = record[name]
    return typeof raw === 'object' ? [] : [{ name, raw, path: `${path}.${name}` }]
  })
}

function channelsOf(group: string, channels: JsonRecord): Told[] {
  return Object.keys(channels).filter(channel => CAYENNE_CHANNEL.test(channel))
    .map((channel): Told => ({ name: `${CAYENNE.get(group)!}_${channel}`, raw: channels[channel], path: `${group}.${channel}` }))
}

/** `{"displayName":"…","unit":"°C","value":21.5}` (Decentlab and others). */
function valueWithUnit(name: string, record: JsonRecord): Told[] {
  const raw = own(record, 'value'), unit = own(record, 'unit')
  if (raw === undefined || typeof raw === 'object') return []
  return [{ name, raw, ...typeof unit === 'string' && { unit: spelledUnit(unit) }, path: `${name}.value` }]
}

/** `{"type":"report_telemetry","measurementId":4097,"measurementValue":21.5}` (SenseCAP). */
function measurementOf(message: unknown, i: number): Told[] {
  if (!isRecord(message)) return []
  const known = SENSECAP.get(numberOf(own(message, 'measurementId')) ?? 0)
  return known ? [{ name: known[0], raw: own(message, 'measurementValue'), unit: known[1], path: `messages[${i}].measurementValue` }] : []
}
