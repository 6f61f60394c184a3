// The network's normalized payload: a list of measurements in documented units (lorawan-devices, lib/payload.json).
import { isRecord, numberOf, own, type JsonRecord } from '#adapters/json.ts'
import type { Quantity } from '#adapters/quantity.ts'
import { WORD_FIELDS, type WordField } from '#adapters/lorawan/fields.ts'
import { judgeWord, type Judged } from '#adapters/lorawan/values.ts'

interface NormalizedField {
  readonly path: readonly string[]
  readonly quantity: Quantity
  readonly unit: string
  readonly word?: WordField
}

const field = (path: string, quantity: Quantity, unit: string): NormalizedField => ({ path: path.split('.'), quantity, unit })
const yesNo = (path: string, name: string): NormalizedField => {
  const word = WORD_FIELDS.find(({ names }) => names.includes(name))!
  return { path: path.split('.'), quantity: word.quantity, unit: '', word }
}

/** Not here, as no quantity is the same: soil.pH, n, p, k; water.temperature (of water); action.motion.count. */
export const NORMALIZED_FIELDS: readonly NormalizedField[] = [
  field('air.temperature', 'temperature', '°C'), field('air.relativeHumidity', 'humidity', '%'), field('air.pressure', 'pressure', 'hPa'),
  field('air.co2', 'co2', 'ppm'), field('air.lightIntensity', 'illuminance', 'lx'),
  field('soil.temperature', 'soilTemperature', '°C'), field('soil.moisture', 'soilMoisture', '%'),
  // Documented in dS/m, which is the same as mS/cm.
  field('soil.ec', 'soilConductivity', 'mS/cm'),
  field('wind.speed', 'windSpeed', 'm/s'), field('wind.direction', 'windDirection', '°'),
  field('rain.intensity', 'precipitationRate', 'mm/h'), field('rain.cumulative', 'precipitationTotal', 'mm'),
  field('metering.water.total', 'waterVolume', 'L'), field('battery', 'batteryVoltage', 'V'),
  yesNo('water.leak', 'leak'), yesNo('action.motion.detected', 'motiondetected'), yesNo('action.contactState', 'contactstate'),
]

/** What a normalized payload could say: where there is one, the decoded payload is not asked for these again. */
export const NORMALIZED_QUANTITIES: ReadonlySet<Quantity> = new Set(NORMALIZED_FIELDS.map(({ quantity }) => quantity))

export interface NormalizedValue { readonly judged: NonNullable<Judged>, readonly path: string }

export function readMeasurement(measurement: JsonRecord): readonly NormalizedValue[] {
  return NORMALIZED_FIELDS.flatMap((known): NormalizedValue[] => {
    const judged = judge(known, valueAt(measurement, known.path))
    return judged ? [{ judged, path: known.path.join('.') }] : []
  })
}

function judge({ quantity, unit, word }: NormalizedField, raw: unknown): Judged {
  if (word || raw === undefined || raw === null) return word && judgeWord(word, raw)
  const value = numberOf(raw)
  return value === undefined ? { code: 'BAD_PAYLOAD', detail: 'Not a finite number.' } : { quantity, value, unit }
}

function valueAt(record: JsonRecord, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => isRecord(value) ? own(value, key) : undefined, record)
}
