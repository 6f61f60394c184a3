// How a LoRaWAN frame comes in from the air, and what the network servers write alike around it.
import { seedOf, type Random } from '#simulators/random.ts'
import type { DeviceSetup } from '#simulators/devices/device.ts'
import { rounded, sensor } from '#simulators/devices/instruments.ts'
import type { Decoded } from '#simulators/devices/lorawan.ts'
import type { Location } from '#simulators/sun.ts'

/** One radio gateway that heard a frame, and how well. */
export interface Heard {
  readonly name: string
  /** EUI-64, upper case. */
  readonly eui: string
  /** dBm and dB. */
  readonly rssi: number
  readonly snr: number
  /** Of the radio gateway, never of the device. */
  readonly location: Location
}

export interface Reception {
  readonly heard: readonly Heard[]
  readonly frequencyHz: number
  /** 7 to 10. */
  readonly spreadingFactor: number
}

/** Radio gateways stand where the masts are: degrees from the network server's place. */
const GATEWAYS = [
  { name: 'townhall', east: 0.004, north: 0.002 },
  { name: 'water-tower', east: -0.011, north: 0.007 },
  { name: 'harbour', east: 0.009, north: -0.008 },
]
/** LoRaWAN's channels for Europe. */
const FREQUENCIES_HZ = [867_100_000, 867_300_000, 867_500_000, 868_100_000, 868_300_000, 868_500_000]
export const BANDWIDTH_HZ = 125_000

/** Which radio gateways heard it and how well, and how it was sent. */
export function radioOf({ source, random }: DeviceSetup): () => Reception {
  const nearest = random.pick(GATEWAYS)
  const strength = sensor(random, 4, 0, -125, -40)
  const usualStrength = random.between(-112, -68)
  const spreadingFactor = random.integer(7, 10)
  const [longitude, latitude] = source.location
  return () => ({
    heard: GATEWAYS.filter(gateway => gateway === nearest || random.chance(0.3)).map(({ name, east, north }) => ({
      name, eui: gatewayEui(source.site, name), location: [longitude + east, latitude + north],
      rssi: strength(usualStrength), snr: rounded(random.between(-8, 11), 1),
    })),
    frequencyHz: random.pick(FREQUENCIES_HZ), spreadingFactor,
  })
}

function gatewayEui(site: string, name: string): string {
  return `B827EBFFFE${seedOf(site, name).toString(16).padStart(8, '0').slice(-6).toUpperCase()}`
}

/** As proto3 JSON has it: a number that is zero, a text that is empty and what is false are not there. */
export function withoutZeros<T>(members: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== 0 && value !== '' && value !== false))
}

/** Date and time with nine decimals of a second, and without a zone: the servers write UTC each in its own way. */
export function nanoseconds(ms: number, random: Random): string {
  return `${new Date(ms).toISOString().slice(0, -1)}${String(random.integer(0, 999_999)).padStart(6, '0')}`
}

/** The bytes on air in base64, of a codec made up here: each number times ten in sixteen bits, each text its first letter. */
export function frame(decoded: Decoded): string {
  const words = Object.values(decoded).map(value => typeof value === 'number' ? Math.round(value * 10) : value.charCodeAt(0))
  const bytes = Buffer.alloc(2 * words.length)
  words.forEach((word, k) => bytes.writeUInt16BE(word & 0xffff, 2 * k))
  return bytes.toString('base64')
}
