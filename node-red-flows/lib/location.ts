// A place on earth as users write it.
import { GatewayError } from './gateway-error.ts'

export type Location = readonly [longitude: number, latitude: number]

/** `4.35,50.85` or [4.35, 50.85], in degrees (WGS 84). Throws BAD_REQUEST for anything else. */
export function locationOf(value: unknown): Location {
  const parts: readonly unknown[] = Array.isArray(value) ? value : String(value).split(',').map(part => part.trim())
  const [longitude, latitude] = parts.map(part => part === '' ? NaN : Number(part))
  if (parts.length !== 2 || !isWithin(longitude, 180) || !isWithin(latitude, 90)) {
    throw new GatewayError('BAD_REQUEST', 'A location is longitude,latitude in degrees, such as 4.35,50.85.')
  }
  return [longitude, latitude]
}

function isWithin(degrees: number | undefined, most: number): degrees is number {
  return degrees !== undefined && Math.abs(degrees) <= most
}
