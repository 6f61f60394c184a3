// The weather over a town: one for all of its devices, so that what they report agrees; any moment can be asked for, in any order.
import { noise, seedOf } from '#simulators/random.ts'
import { clearSkyRadiation, dayOfYear, solarHour, sunElevation, type Location } from '#simulators/sun.ts'

export interface Air {
  /** °C in the shade. */
  readonly temperature: number
  /** % relative. */
  readonly humidity: number
  /** Water vapour in g/m³. */
  readonly vapour: number
  /** hPa at the station. */
  readonly pressure: number
  /** Share of the sky, 0 to 1. */
  readonly cloud: number
  /** Global radiation in W/m². */
  readonly solar: number
  /** lx under the open sky. */
  readonly illuminance: number
  /** m/s. */
  readonly windSpeed: number
  readonly windGust: number
  /** Degrees from north where it comes from, 0 to just under 360. */
  readonly windDirection: number
  /** mm/h. */
  readonly rainRate: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const YEAR_DAYS = 365.2425
/** Warmest day of the year north of the equator: mid July. */
const WARMEST_DAY = 197
/** Lumen per watt of daylight. */
const DAYLIGHT_EFFICACY = 118
/** Rain that saturates the air. */
const SOAKING_MM_PER_HOUR = 0.8

/** Saturation pressure of water vapour in hPa (Magnus, with the coefficients of Sonntag 1990). */
const saturation = (celsius: number) => 6.112 * Math.exp(17.62 * celsius / (243.12 + celsius))
/** Water in saturated air in g/m³. */
export const saturatedVapour = (celsius: number) => 216.7 * saturation(celsius) / (273.15 + celsius)

const SIGNALS = ['cloud', 'shreds', 'shower', 'front', 'damp', 'eddy', 'pressure', 'wind', 'puff', 'vane', 'flutter', 'gust'] as const
type Signal = (typeof SIGNALS)[number]

export class Weather {
  readonly location: Location
  readonly #seeds: Readonly<Record<Signal, number>>
  #last: { readonly ms: number, readonly air: Air } | undefined

  constructor(seed: number, location: Location) {
    this.location = location
    this.#seeds = Object.fromEntries(SIGNALS.map(signal => [signal, seedOf(seed, 'weather', signal)])) as Record<Signal, number>
  }

  /** The last answer is kept: all that a message tells is asked for the same moment. */
  at(ms: number): Air {
    if (this.#last?.ms !== ms) this.#last = { ms, air: this.#airAt(ms) }
    return this.#last.air
  }

  #airAt(ms: number): Air {
    const elevation = sunElevation(ms, this.location)
    const cloud = this.#cloud(ms)
    const rainRate = this.#rainRate(ms, cloud)
    const daily = this.#dailyTemperature(ms)
    const temperature = daily + this.#diurnalTemperature(ms, cloud)
    const dewPoint = this.#dewPoint(ms, daily, temperature, rainRate)
    const solar = clearSkyRadiation(elevation) * (1 - 0.75 * cloud ** 3.4) // Kasten and Czeplak 1980
    return {
      temperature,
      humidity: 100 * saturation(dewPoint) / saturation(temperature),
      vapour: 216.7 * saturation(dewPoint) / (273.15 + temperature),
      pressure: 1014 + 16 * this.#wander('pressure', ms, 4 * DAY_MS) - 6 * (cloud - 0.5),
      cloud, solar, illuminance: solar * DAYLIGHT_EFFICACY + twilight(elevation), ...this.#wind(ms), rainRate,
    }
  }

  #cloud(ms: number): number {
    const cover = 0.5 + 0.6 * this.#wander('cloud', ms, 14 * HOUR_MS) + 0.25 * this.#wander('shreds', ms, 2 * HOUR_MS)
    return Math.min(1, Math.max(0, cover))
  }

  /** Without the hour of the day: climate of the latitude, season, and the weather of these days. */
  #dailyTemperature(ms: number): number {
    const latitude = this.location[1]
    const season = Math.cos(2 * Math.PI * (dayOfYear(ms) - WARMEST_DAY) / YEAR_DAYS) * Math.sign(latitude)
    return 27 - 0.33 * Math.abs(latitude) + 0.17 * Math.abs(latitude) * season + 4 * this.#wander('front', ms, 2.5 * DAY_MS)
  }

  /** Warmest about three hours after noon; clouds flatten the day. */
  #diurnalTemperature(ms: number, cloud: number): number {
    const hour = solarHour(ms, this.location)
    return 5.5 * (1 - 0.6 * cloud) * Math.cos(2 * Math.PI * (hour - 15) / 24) + 0.4 * this.#wander('eddy', ms, HOUR_MS)
  }

  /** A mass of air keeps its water over the day, whatever the temperature does, unless rain brings more. */
  #dewPoint(ms: number, daily: number, temperature: number, rainRate: number): number {
    const dry = Math.min(temperature - 0.8, daily - 5 + 2.5 * this.#wander('damp', ms, 1.5 * DAY_MS))
    return dry + (temperature - 0.6 - dry) * Math.min(1, rainRate / SOAKING_MM_PER_HOUR)
  }

  #rainRate(ms: number, cloud: number): number {
    const shower = this.#wander('shower', ms, 1.5 * HOUR_MS)
    return cloud > 0.75 && shower > 0.25 ? 6 * (shower - 0.25) * (cloud - 0.75) / 0.25 : 0
  }

  #wind(ms: number): Pick<Air, 'windSpeed' | 'windGust' | 'windDirection'> {
    const afternoon = 1 + 0.3 * Math.cos(2 * Math.PI * (solarHour(ms, this.location) - 14) / 24)
    const steady = 3.4 * afternoon * (1 + 0.9 * this.#wander('wind', ms, 8 * HOUR_MS))
    const windSpeed = Math.max(0, steady + 0.8 * this.#wander('puff', ms, 5 * MINUTE_MS))
    const windGust = windSpeed * (1.5 + 0.3 * this.#wander('gust', ms, 2 * MINUTE_MS))
    const direction = 235 + 130 * this.#wander('vane', ms, 18 * HOUR_MS) + 20 * this.#wander('flutter', ms, 10 * MINUTE_MS)
    return { windSpeed, windGust, windDirection: (direction + 360) % 360 }
  }

  #wander(signal: Signal, ms: number, scaleMs: number): number {
    return noise(this.#seeds[signal], ms / scaleMs)
  }
}

/** Light of the sky with the sun below the horizon: gone at the end of civil twilight, 6 degrees down. */
function twilight(elevation: number): number {
  return elevation > -6 ? 400 * Math.min(1, (elevation + 6) / 6) ** 3 : 0
}
