// Life in the streets: traffic, what it does to air and noise, parking bays, bins. Any moment can be asked for, in any order.
import { hashed, noise, seedOf } from '#simulators/random.ts'
import type { Weather } from '#simulators/weather.ts'
import { localTime } from '#simulators/zone.ts'

export interface StreetAir {
  /** µg/m³ */
  readonly pm1: number
  readonly pm25: number
  readonly pm10: number
  readonly no2: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** How long a car that parks stays, on average. */
const STAY_MS = 40 * MINUTE_MS
/** How long a tap stays open, or shut. */
const TAP_MS = 5 * MINUTE_MS
/** Bins are emptied every third day at seven in the morning, each street on its own day. */
const COLLECTION_DAYS = 3
const COLLECTION_HOUR = 7

export class City {
  readonly #flowSeed: number
  readonly #regionSeed: number
  readonly #zone: string
  readonly #weather: Weather

  constructor(seed: number, zone: string, weather: Weather) {
    this.#flowSeed = seedOf(seed, 'flow')
    this.#regionSeed = seedOf(seed, 'region')
    this.#zone = zone
    this.#weather = weather
  }

  /** 0 in an empty street, about 1 in the rush hours of a working day. */
  traffic(ms: number): number {
    const { hour, isWeekend } = localTime(this.#zone, ms)
    const day = isWeekend ? 0.5 * peak(hour, 15, 4) : 0.75 * peak(hour, 8.2, 1.1) + 0.8 * peak(hour, 17.6, 1.6) + 0.45 * peak(hour, 13, 3.5)
    return Math.max(0.02, (0.03 + day) * (1 + 0.15 * noise(this.#flowSeed, ms / (12 * MINUTE_MS))))
  }

  /** Exhaust on top of what the region brings; wind carries it away. */
  air(ms: number): StreetAir {
    const dispersion = 2.6 / (1 + this.#weather.at(ms).windSpeed)
    const regional = 8 + 5 * noise(this.#regionSeed, ms / (2 * DAY_MS))
    const exhaust = this.traffic(ms) * dispersion
    const pm25 = regional + 14 * exhaust
    return { pm1: pm25 * 0.68, pm25, pm10: pm25 * 1.35 + 6 * exhaust, no2: 7 + 38 * exhaust }
  }

  /** Equivalent level in dB(A): ten times the traffic is ten decibels more; rain is loud as well. */
  soundLevel(ms: number): number {
    return 67 + 10 * Math.log10(this.traffic(ms)) + Math.min(6, this.#weather.at(ms).rainRate)
  }

  /** Whether a car stands in a bay: offices and shops by day, residents by night. */
  isParked(bay: number, ms: number): boolean {
    const phase = hashed(bay, -1) * STAY_MS
    const stay = Math.floor((ms + phase) / STAY_MS)
    const { hour, isWeekend } = localTime(this.#zone, stay * STAY_MS - phase)
    const demand = 0.35 + (isWeekend ? 0.25 * peak(hour, 15, 4) : 0.55 * peak(hour, 12, 4.5))
    return hashed(bay, stay) < demand
  }

  /** How full a bin is, 0 to 1: it grows with the life of the day, faster in some places, until it is emptied. */
  binFill(bin: number, ms: number): number {
    const emptied = this.lastCollectionMs(bin, ms)
    const perDay = 0.16 + 0.2 * hashed(bin, -2)
    return Math.min(1, 0.02 + perDay * this.#livelyDays(emptied, ms))
  }

  lastCollectionMs(bin: number, ms: number): number {
    const { hour, day } = localTime(this.#zone, ms)
    const turn = Math.floor(hashed(bin, -3) * COLLECTION_DAYS)
    const sinceTurn = (day + turn) % COLLECTION_DAYS
    const hoursAgo = sinceTurn * 24 + hour - COLLECTION_HOUR
    return ms - (hoursAgo < 0 ? hoursAgo + COLLECTION_DAYS * 24 : hoursAgo) * HOUR_MS
  }

  /** Litres an hour through a household's meter: taps are open at meals and before work, hardly ever by night. */
  waterDraw(household: number, ms: number): number {
    const { hour } = localTime(this.#zone, ms)
    const habit = 0.02 + peak(hour, 7.5, 1.3) + 0.5 * peak(hour, 13, 1.5) + 0.8 * peak(hour, 19.5, 2)
    return hashed(household, ms / TAP_MS) < 0.35 * habit ? 60 + 120 * hashed(household, -1) : 0
  }

  /** Days between two moments, counted as people throw things away: hardly any by night. */
  #livelyDays(fromMs: number, toMs: number): number {
    return (toMs - fromMs) / DAY_MS + this.#lead(toMs) - this.#lead(fromMs)
  }

  /** Integral of the daily rhythm 1 − cos(2π(hour − 3)/24) less its mean, in days. */
  #lead(ms: number): number {
    return -Math.sin(2 * Math.PI * (localTime(this.#zone, ms).hour - 3) / 24) / (2 * Math.PI)
  }
}

/** A bell over the hours of a day, 1 at its centre, that wraps around midnight. */
export function peak(hour: number, centre: number, widthHours: number): number {
  const apart = Math.abs(hour - centre)
  return Math.exp(-((Math.min(apart, 24 - apart) / widthHours) ** 2))
}
