// Where the sun stands, and what a clear sky lets through: the day curve behind every outdoor signal.

/** [longitude, latitude] in degrees (WGS 84), as GeoJSON orders them. */
export type Location = readonly [longitude: number, latitude: number]

const DAY_MS = 86_400_000
const YEAR_DAYS = 365.2425
const radians = (degrees: number) => degrees * Math.PI / 180

/** Day of the year with fraction, 0 at the start of January 1st (UTC). */
export function dayOfYear(ms: number): number {
  return (ms - Date.UTC(new Date(ms).getUTCFullYear(), 0, 1)) / DAY_MS
}

/** Mean solar time at a longitude in hours, 12 at noon (the equation of time, at most 16 minutes, is left out). */
export function solarHour(ms: number, [longitude]: Location): number {
  const hours = (ms % DAY_MS) / 3_600_000 + longitude / 15
  return ((hours % 24) + 24) % 24
}

/** Elevation of the sun above the horizon in degrees, with Cooper's declination (1969). */
export function sunElevation(ms: number, location: Location): number {
  const latitude = radians(location[1])
  const declination = radians(-23.44) * Math.cos(2 * Math.PI * (dayOfYear(ms) + 10) / YEAR_DAYS)
  const hourAngle = radians(15 * (solarHour(ms, location) - 12))
  const sine = Math.sin(latitude) * Math.sin(declination) + Math.cos(latitude) * Math.cos(declination) * Math.cos(hourAngle)
  return Math.asin(sine) * 180 / Math.PI
}

/** Global radiation on level ground under a clear sky in W/m² (Haurwitz 1945). */
export function clearSkyRadiation(elevation: number): number {
  const sine = Math.sin(radians(elevation))
  return sine > 0 ? 1098 * sine * Math.exp(-0.057 / sine) : 0
}
