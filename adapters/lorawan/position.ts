// Where a device says, or its network knows, that it is.
import { isRecord, numberOf, numberOfText, own, type JsonRecord } from '#adapters/json.ts'
import type { DeviceReport } from '#adapters/reading.ts'

const LATITUDES = ['latitude', 'latitudeDeg', 'lat'] as const, LONGITUDES = ['longitude', 'longitudeDeg', 'lon', 'lng'] as const

export type Position = NonNullable<DeviceReport['location']>

/** Names under which a decoded payload may have a position; `position_1` is one too. */
export const POSITION_NAMES = [...LATITUDES, ...LONGITUDES, 'gps', 'position', 'location', 'gpsLocation'] as const

/**
 * In a decoded payload: `latitude` and `longitude` of their own, or together in `gps_1` (Cayenne LPP), `gps`, `position` or `location`, or
 * by the number of their channel in `gpsLocation` (the same, by ChirpStack).
 */
export function positionInPayload(payload: JsonRecord): Position | undefined {
  const latitude = coordinate(payload, LATITUDES)
  const longitude = coordinate(payload, LONGITUDES)
  if (latitude !== undefined && longitude !== undefined) return place(latitude, longitude)
  for (const name of Object.keys(payload)) {
    const position = /^(?:gps|position|location)(?:_\d{1,3})?$/i.test(name) ? positionIn(payload[name]) : undefined
    if (position) return position
  }
  const channels = own(payload, 'gpsLocation'), first = isRecord(channels) ? Object.keys(channels)[0] : undefined
  return first === undefined ? undefined : positionIn(own(channels as JsonRecord, first))
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
