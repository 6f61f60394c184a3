// One room of a home: its own corner of the home's climate, and the comings and goings in it.
import { hashed, seedOf } from '#simulators/random.ts'
import { rounded } from '#simulators/devices/instruments.ts'
import { saturatedVapour } from '#simulators/weather.ts'
import type { DeviceSetup } from '#simulators/devices/device.ts'

export interface RoomClimate {
  /** °C */
  readonly temperature: number
  /** % relative */
  readonly humidity: number
}

/** How rooms differ from the home as a whole: °C warmer, and g/m³ of water more. */
const ROOMS: Readonly<Record<string, { readonly warmer: number, readonly damper: number }>> = {
  kitchen: { warmer: 0.9, damper: 0.7 },
  bathroom: { warmer: 1.2, damper: 1.6 },
  bedroom: { warmer: -1.6, damper: 0.3 },
  nursery: { warmer: -0.6, damper: 0.2 },
  hallway: { warmer: -1.9, damper: 0 },
  attic: { warmer: -2.4, damper: -0.2 },
}
const TYPICAL = { warmer: 0, damper: 0 }
const STIR_MS = 120_000
const MINUTE_MS = 60_000
/** How long a drip lasts. */
const DRIP_MS = 15 * MINUTE_MS

/** The climate where the device stands; no two sensors of one room hang in the same draught. */
export function roomClimate({ device, surroundings, random }: DeviceSetup): (ms: number) => RoomClimate {
  const { warmer, damper } = ROOMS[device.place] ?? TYPICAL
  const draught = random.between(-0.3, 0.3)
  return ms => {
    const air = surroundings.home.air(ms)
    const temperature = air.temperature + warmer + draught
    return { temperature, humidity: Math.min(99, 100 * Math.max(1, air.vapour + damper) / saturatedVapour(temperature)) }
  }
}

/** Whether somebody stirs in the room: those who are up divide their time between rooms. */
export function roomMotion({ source, device, surroundings }: DeviceSetup): (ms: number) => boolean {
  const dice = seedOf(source.seed, source.site, 'stir', device.place)
  return ms => hashed(dice, ms / STIR_MS) < 0.25 * Math.min(3, surroundings.home.household(ms).awake)
}

/** Whether a door or a window stands open: now and then while people are up, a window for longer. */
export function opening({ source, device, surroundings: { home } }: DeviceSetup): (ms: number) => boolean {
  const dice = seedOf(source.seed, source.site, 'open', device.name)
  const stayMs = (device.place.endsWith('window') ? 20 : 2) * MINUTE_MS
  return ms => home.household(ms).awake > 0 && hashed(dice, ms / stayMs) < 0.12
}

/** Whether there is water on the floor: once in a hundred days something drips for a quarter of an hour. */
export function drip({ source, device }: DeviceSetup): (ms: number) => boolean {
  const dice = seedOf(source.seed, source.site, 'leak', device.name)
  return ms => hashed(dice, ms / DRIP_MS) < 0.0001
}

export const fahrenheit = (celsius: number) => rounded(celsius * 1.8 + 32, 1)
