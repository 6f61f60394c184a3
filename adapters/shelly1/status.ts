// The `status` of a Shelly Motion or TRV: the only first-generation devices whose figures come together, as JSON.
import { isRecord, numberOf, own, type JsonRecord } from '#adapters/json.ts'
import type { Quantity } from '#adapters/quantity.ts'
import type { Reading, Refusal } from '#adapters/reading.ts'

interface StatusField {
  readonly path: readonly [string] | readonly [string, string]
  readonly quantity: Quantity
  readonly unit: string
  /** For yes/no fields: the words for true and for false. */
  readonly words?: readonly [string, string]
}

/** `timestamp` is when motion was last seen, not when the message was made. */
const FIELDS: readonly StatusField[] = [
  { path: ['motion'], quantity: 'motion', unit: '', words: ['detected', 'clear'] },
  { path: ['vibration'], quantity: 'vibration', unit: '', words: ['detected', 'clear'] },
  { path: ['lux'], quantity: 'illuminance', unit: 'lx' },
  { path: ['lux', 'value'], quantity: 'illuminance', unit: 'lx' },
  { path: ['bat'], quantity: 'battery', unit: '%' },
  { path: ['bat', 'value'], quantity: 'battery', unit: '%' },
  { path: ['bat', 'voltage'], quantity: 'batteryVoltage', unit: 'V' },
]
const SCALES: ReadonlyMap<unknown, string> = new Map([['C', '°C'], ['F', '°F']])

export interface StatusReadings { readonly readings: readonly Reading[], readonly refused: readonly Refusal[] }

export function readStatus(device: string, status: JsonRecord): StatusReadings {
  const readings: Reading[] = [], refused: Refusal[] = []
  for (const { path, quantity, unit, words } of FIELDS) {
    const raw = valueAt(status, path), field = path.join('.')
    if (raw === undefined || raw === null || isRecord(raw)) continue
    const value = words ? wordOf(raw, words) : numberOf(raw)
    if (value === undefined) refused.push({ code: 'BAD_PAYLOAD', field, detail: 'Not what this field may say.' })
    else readings.push({ device, quantity, value, unit, field })
  }
  const tmp = own(status, 'tmp'), temperature = isRecord(tmp) ? temperatureOf(device, tmp) : undefined
  if (temperature && 'code' in temperature) refused.push(temperature)
  else if (temperature) readings.push(temperature)
  return { readings, refused }
}

/** `tmp` says its scale, and whether its sensor works. */
function temperatureOf(device: string, tmp: JsonRecord): Reading | Refusal | undefined {
  const raw = own(tmp, 'value')
  if (raw === undefined || raw === null || own(tmp, 'is_valid') === false) return undefined
  const value = numberOf(raw), unit = SCALES.get(own(tmp, 'units'))
  if (value === undefined) return { code: 'BAD_PAYLOAD', field: 'tmp.value', detail: 'Not a finite number.' }
  if (unit === undefined) return { code: 'AMBIGUOUS', field: 'tmp.value', detail: 'Neither Celsius nor Fahrenheit is told.' }
  return { device, quantity: 'temperature', value, unit, field: 'tmp.value' }
}

function valueAt(record: JsonRecord, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => isRecord(value) ? own(value, key) : undefined, record)
}

function wordOf(raw: unknown, [yes, no]: readonly [string, string]): string | undefined {
  return raw === true ? yes : raw === false ? no : undefined
}
