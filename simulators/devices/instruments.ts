// What lies between the world and a number on the wire: noise, resolution, counters and tired batteries.
import type { Random } from '#simulators/random.ts'

const DAY_MS = 86_400_000
const METER_STEP_MS = 60_000

/** A sensor: adds its noise (one standard deviation) and rounds to its resolution, which is a number of decimals. */
export function sensor(random: Random, deviation: number, decimals: number, min = -Infinity, max = Infinity): (value: number) => number {
  return value => rounded(Math.min(max, Math.max(min, value + deviation * random.gaussian())), decimals)
}

/** To decimals, never −0. */
export function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals)) + 0
}

/** A battery's charge in whole per cent: somewhere between new and half used at first, falling by a per cent in some days. */
export function battery(random: Random): (nowMs: number) => number {
  const atFirst = random.between(50, 100)
  const daysPerCent = random.between(4, 12)
  let firstMs: number | undefined
  return nowMs => {
    firstMs ??= nowMs
    return Math.max(1, Math.round(atFirst - (nowMs - firstMs) / DAY_MS / daysPerCent))
  }
}

/** A counter that sums a rate (per hour) over time and never falls, however seldom it is read. */
export function meter(start: number, rateAt: (ms: number) => number): (nowMs: number) => number {
  let total = start
  let lastMs: number | undefined
  return nowMs => {
    lastMs ??= nowMs
    while (lastMs < nowMs) {
      const stepMs = Math.min(METER_STEP_MS, nowMs - lastMs)
      lastMs += stepMs
      total += Math.max(0, rateAt(lastMs)) * stepMs / 3_600_000
    }
    return total
  }
}

/** Mains as a meter sees them: volts, amperes and the three kinds of power that belong together. */
export interface Mains {
  readonly watts: number
  readonly volts: number
  readonly amperes: number
  readonly voltAmperes: number
  readonly vars: number
  readonly factor: number
}

export function mains(watts: number, volts: number, factor: number): Mains {
  const voltAmperes = Math.abs(watts) / factor
  return { watts, volts, amperes: voltAmperes / volts, voltAmperes, vars: Math.sqrt(Math.max(0, voltAmperes ** 2 - watts ** 2)), factor }
}
