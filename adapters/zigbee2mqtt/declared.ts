// What the bridge declares of its devices, as far as a message does not tell by itself: unusual units, and phases.
import { MEMORY_BYTES_MAX, type Memory } from '#adapters/adapter.ts'
import { isRecord, numberOf, own, type JsonRecord } from '#adapters/json.ts'
import { propertyOf } from '#adapters/zigbee2mqtt/properties.ts'
import { supplyOf, usualUnit, type Supply } from '#adapters/zigbee2mqtt/usual.ts'

/** The list of a large home: some four kilobytes a device, as the bridge describes all that each can do. */
export const DEVICE_LIST_BYTES_MAX = 1_048_576

/** What is known of one device beyond its messages. */
export interface Declared { readonly units: JsonRecord, readonly isThreePhase: boolean }

const UNKNOWN: Declared = { units: {}, isThreePhase: false }
const IN_STATE = 1

export function declaredOf(memory: Memory | undefined, name: string): Declared {
  const device = own(devicesOf(memory), name)
  if (!isRecord(device)) return UNKNOWN
  const units = own(device, 'units')
  return { units: isRecord(units) ? units : UNKNOWN.units, isThreePhase: own(device, 'phases') === 3 }
}

/**
 * Keeps, of the bridge's list, only what differs from the usual: some forty bytes for each device that differs, so that MEMORY_BYTES_MAX
 * lasts for about two hundred of them. Devices beyond that are read with the usual units.
 */
export function remember(list: readonly unknown[]): Memory {
  const devices: [string, JsonRecord][] = []
  let bytes = bytesOf({ devices: {} })
  for (const device of list) {
    const [name, entry] = declarationOf(device)
    if (name === undefined || entry === undefined) continue
    bytes += bytesOf({ [name]: entry })
    if (bytes > MEMORY_BYTES_MAX) break
    devices.push([name, entry])
  }
  return { devices: Object.fromEntries(devices) }
}

/** Remembers that a device has three phases, once a message has shown it, while there is room. */
export function rememberThreePhases(memory: Memory | undefined, name: string): Memory | undefined {
  const devices = devicesOf(memory), known = own(devices, name)
  const made = { devices: { ...devices, [name]: { ...(isRecord(known) ? known : {}), phases: 3 } } }
  return bytesOf(made) <= MEMORY_BYTES_MAX ? made : memory
}

function devicesOf(memory: Memory | undefined): JsonRecord {
  const devices = memory && own(memory, 'devices')
  return isRecord(devices) ? devices : {}
}

function declarationOf(device: unknown): readonly [name?: string, entry?: JsonRecord] {
  if (!isRecord(device)) return []
  const name = own(device, 'friendly_name'), definition = own(device, 'definition')
  const exposes = isRecord(definition) ? own(definition, 'exposes') : undefined
  if (typeof name !== 'string' || !Array.isArray(exposes)) return []
  const units = new Map<string, string>()
  collect(exposes, units)
  const properties = [...units.keys()].map(propertyOf), supply = supplyOf(properties)
  const unusual = [...units].filter(([property, unit]) => unit !== '' && isUnusual(property, unit, supply))
  const isThreePhase = properties.some(({ tells }) => tells.isThreePhase)
  if (unusual.length === 0 && !isThreePhase) return []
  return [name, { ...(unusual.length > 0 && { units: Object.fromEntries(unusual) }), ...(isThreePhase && { phases: 3 }) }]
}

function isUnusual(property: string, unit: string, supply: Supply): boolean {
  const rule = propertyOf(property).number
  return rule !== undefined && unit !== usualUnit(rule, supply)
}

/**
 * Properties with a number that a state can hold, each with its unit or ''. The parts of a composite are not in the state by themselves.
 */
function collect(exposes: readonly unknown[], units: Map<string, string>): void {
  for (const expose of exposes) {
    if (!isRecord(expose) || own(expose, 'type') === 'composite') continue
    const features = own(expose, 'features'), property = own(expose, 'property'), unit = own(expose, 'unit')
    if (Array.isArray(features)) collect(features, units)
    if (own(expose, 'type') !== 'numeric' || typeof property !== 'string' || !((numberOf(own(expose, 'access')) ?? 0) & IN_STATE)) continue
    units.set(property, typeof unit === 'string' ? unit.trim() : '')
  }
}

function bytesOf(value: JsonRecord): number {
  return Buffer.byteLength(JSON.stringify(value))
}
