// What household appliances draw from the socket, minute by minute: the shapes that a power meter sees.
import { hashed } from '#simulators/random.ts'

/** Who is at home, as far as an appliance notices. */
export interface Household {
  /** Hours since local midnight. */
  readonly hour: number
  /** Number of the local day. */
  readonly day: number
  /** People at home and not asleep. */
  readonly awake: number
  readonly isHeating: boolean
  /** °C outdoors. */
  readonly outdoors: number
}

export interface Appliance {
  /** Watts at a moment; `seed` tells apart two of the same kind. */
  readonly watts: (household: Household, ms: number, seed: number) => number
  /** Active by apparent power while it runs. */
  readonly powerFactor: number
}

type Step = readonly [minutes: number, watts: number]

const MINUTE_MS = 60_000
const IDLE_WATTS = 0.5

/** A compressor that runs for a share of each cycle. */
const compressor = (runningWatts: number, cycleMinutes: number, share: number): Appliance['watts'] => (_, ms, seed) => {
  const part = ms / (cycleMinutes * MINUTE_MS) + hashed(seed, 1)
  return part - Math.floor(part) < share ? runningWatts : 1.1
}

/** A programme of steps that starts once on some days, at an hour between two. */
const programme = (steps: readonly Step[], share: number, from: number, to: number): Appliance['watts'] => ({ hour, day }, _, seed) => {
  if (hashed(seed, day) > share) return IDLE_WATTS
  let minutes = (hour - from - (to - from) * hashed(seed + 1, day)) * 60
  if (minutes < 0) return IDLE_WATTS
  for (const [length, watts] of steps) if ((minutes -= length) < 0) return watts
  return IDLE_WATTS
}

/** By the name under which a plug announces it. */
export const APPLIANCES: Readonly<Record<string, Appliance>> = {
  fridge: { watts: compressor(88, 42, 0.36), powerFactor: 0.82 },
  freezer: { watts: compressor(105, 55, 0.42), powerFactor: 0.8 },
  washer: { watts: programme([[4, 60], [22, 2050], [50, 190], [3, 40], [11, 430]], 0.55, 8, 18), powerFactor: 0.93 },
  dishwasher: { watts: programme([[8, 70], [18, 1900], [30, 75], [14, 1850], [20, 5]], 0.7, 13, 21), powerFactor: 0.97 },
  television: { watts: ({ hour, awake }) => awake > 0 && hour > 17.5 && hour < 23.4 ? 96 : 0.4, powerFactor: 0.91 },
  desk: { watts: ({ hour, awake }) => awake > 0 && hour > 8.5 && hour < 18 ? 74 : 2.6, powerFactor: 0.62 },
  kettle: { watts: ({ awake }, ms, seed) => awake > 0 && hashed(seed, ms / (3 * MINUTE_MS)) < 0.04 ? 2140 : 0, powerFactor: 1 },
  lamp: { watts: ({ hour, awake }) => awake > 0 && (hour < 8 || hour > 17.5) ? 9.4 : 0.3, powerFactor: 0.57 },
  heat_pump: { watts: ({ isHeating, outdoors }) => isHeating ? Math.max(500, 620 + 62 * (18 - outdoors)) : 11, powerFactor: 0.96 },
}
