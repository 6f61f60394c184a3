// What an uplink says besides its payload: when it was received, how well, and where the device is.
import { foldName } from '#adapters/name.ts'
import { isRecord, numberOf, numberOfText, own, type JsonRecord } from '#adapters/json.ts'
import type { DeviceReport, Reading } from '#adapters/reading.ts'
import { instantOfSeconds, parseInstant, parseLocal, plausible, plausibleInstant } from '#adapters/time.ts'

export type Position = NonNullable<DeviceReport['location']>

/** Names (folded) under which decoders put the time of the measurement. */
const TIME_NAMES: ReadonlySet<string> = new Set(['time', 'timestamp', 'datetime', 'measuredat'])
/** Numbers from here on are milliseconds since 1970, smaller ones seconds (it is the year 5138 in seconds). */
const EPOCH_MS_MIN = 1e11

/** Where the device's position comes from, best first: its own receiver, what somebody entered, then whatever the network worked out. */
const SOURCES = ['frm-payload', 'user']

/** The network server's time of reception, then the application server's. Year 0001 is Go's zero time. */
export function receptionOf(frame: JsonRecord, uplink: JsonRecord, receivedAt: number): number | undefined {
  return plausibleInstant(parseInstant(own(uplink, 'received_at')) ?? parseInstant(own(frame, 'received_at')), receivedAt)
}

/** The device's own time: with a zone, in the source's zone, or counted from 1970. */
export function deviceTimeOf(record: JsonRecord, timezone: string | undefined, receivedAt: number): number | undefined {
  for (const name of Object.keys(record)) {
    if (!TIME_NAMES.has(foldName(name))) continue
    const time = plausibleInstant(timeOf(record[name], timezone, receivedAt), receivedAt)
    if (time !== undefined) return time
  }
  return undefined
}

function timeOf(raw: unknown, timezone: string | undefined, receivedAt: number): number | undefined {
  const number = numberOf(raw)
  if (number !== undefined) return number >= EPOCH_MS_MIN ? plausible(number) : instantOfSeconds(number)
  return parseInstant(raw) ?? (timezone === undefined ? undefined : parseLocal(raw, timezone, receivedAt))
}

/** Strength and quality as the best of the radio gateways heard them. Their places are theirs, not the device's. */
export function signalOf(uplink: JsonRecord, device: string, observedAt: number | undefined): readonly Reading[] {
  const list = own(uplink, 'rx_metadata')
  if (!Array.isArray(list)) return []
  let best: { readonly rssi: number, readonly gateway: JsonRecord, readonly index: number } | undefined
  for (const [index, gateway] of (list as unknown[]).entries()) {
    const rssi = isRecord(gateway) ? numberOf(own(gateway, 'rssi')) : undefined
    if (rssi !== undefined && rssi > (best?.rssi ?? -Infinity)) best = { rssi, gateway: gateway as JsonRecord, index }
  }
  if (!best) return []
  const snr = numberOf(own(best.gateway, 'snr')), field = `uplink_message.rx_metadata[${best.index}].`
  const rssi: Reading = { device, quantity: 'rssi', value: best.rssi, unit: 'dBm', observedAt, field: `${field}rssi` }
  return snr === undefined ? [rssi] : [rssi, { device, quantity: 'snr', value: snr, unit: 'dB', observedAt, field: `${field}snr` }]
}

/** What the payload says itself, then the network's locations of the device. */
export function positionOf(uplink: JsonRecord, payload: JsonRecord | undefined, measurements: readonly JsonRecord[]): Position | undefined {
  const locations = own(uplink, 'locations'), told = payload && positionInPayload(payload)
  if (told) return told
  for (const measurement of measurements) {
    const position = positionIn(own(measurement, 'position'))
    if (position) return position
  }
  if (!isRecord(locations)) return undefined
  for (const source of [...SOURCES, ...Object.keys(locations)]) {
    const position = positionIn(own(locations, source))
    if (position) return position
  }
  return undefined
}

/** `latitude` and `longitude` of their own, or together in `gps_1` (Cayenne LPP), `gps`, `position` or `location`. */
function positionInPayload(payload: JsonRecord): Position | undefined {
  const latitude = coordinate(payload, ['latitude', 'latitudeDeg', 'lat'])
  const longitude = coordinate(payload, ['longitude', 'longitudeDeg', 'lon', 'lng'])
  if (latitude !== undefined && longitude !== undefined) return place(latitude, longitude)
  for (const name of Object.keys(payload)) {
    const position = /^(?:gps|position|location)(?:_\d{1,3})?$/i.test(name) ? positionIn(payload[name]) : undefined
    if (position) return position
  }
  return undefined
}

/** The network leaves a zero out, so one of the two may be missing (Greenwich, the equator); where both are there is no position. */
export function positionIn(record: unknown): Position | undefined {
  if (!isRecord(record)) return undefined
  const latitude = numberOf(own(record, 'latitude')), longitude = numberOf(own(record, 'longitude'))
  return latitude === undefined && longitude === undefined ? undefined : place(latitude ?? 0, longitude ?? 0)
}

function coordinate(record: JsonRecord, names: readonly string[]): number | undefined {
  for (const name of names) {
    const raw = own(record, name), value = numberOf(raw) ?? numberOfText(raw)
    if (value !== undefined) return value
  }
  return undefined
}

/** 0, 0 is what receivers say that have no fix. */
function place(latitude: number, longitude: number): Position | undefined {
  const isPlace = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 && (latitude !== 0 || longitude !== 0)
  return isPlace ? [longitude, latitude] : undefined
}
