// Fleets: which devices stand where. A fleet is a JSON file, one of ours by name or anybody's by path, and can be scaled to any size.
import { readFileSync, readdirSync } from 'node:fs'
import { checkFleet, DEVICES_MAX, FleetError } from '#simulators/fleet-check.ts'
import type { Location } from '#simulators/sun.ts'

export { DEVICES_MAX, FleetError } from '#simulators/fleet-check.ts'

export interface FleetSpec {
  readonly name: string
  /** One line for people who choose. */
  readonly description: string
  /** The same seed and time give the same messages. */
  readonly seed: number
  readonly sites: readonly SiteSpec[]
  /** Of every site that has none of its own. */
  readonly faults: Faults
}

/** A home is scaled by having more of them, a city by having more devices in it. */
export interface SiteSpec {
  readonly kind: 'home' | 'city'
  readonly name: string
  /** How many homes there are like it; a city is one. */
  readonly count: number
  /** IANA name. */
  readonly timezone: string
  /** Of the site, or of the middle of its homes. */
  readonly location: Location
  /** Metres within which its homes or its devices are strewn. */
  readonly spreadM: number
  readonly devices: readonly DeviceSpec[]
  /** Where its lines are better or worse than those of the fleet; in place of all of the fleet's. */
  readonly faults?: Faults
}

export interface DeviceSpec {
  /** A key of `MODELS`. */
  readonly model: string
  /** In each home, or in the city. */
  readonly count: number
  /** Seconds between two reports of one device. */
  readonly periodS: number
}

/** What goes wrong: probabilities of 0 to 1 for each report of a device, and how far a clock may be off, either way. */
export interface Faults {
  /** The same bytes once more. */
  readonly duplicate: number
  /** Two messages that follow each other on one connection change places. */
  readonly reorder: number
  /** The socket is cut right after a message; the source connects again, and sends again what was not acknowledged. */
  readonly disconnect: number
  /** Broken JSON, wrong types, numbers without end. */
  readonly malformed: number
  /** Seconds: each device's clock is wrong by an amount of its own up to this, ahead or behind. */
  readonly clockSkewS: number
}

const FOLDER = new URL('fleets/', import.meta.url)

/** Names of the fleets that come with the simulators. */
export function fleetNames(): readonly string[] {
  return readdirSync(FOLDER).map(file => file.replace(/\.json$/, '')).sort()
}

/** Reads a fleet by name or by path. Throws FleetError when there is none, or with every field that is wrong. */
export function loadFleet(fileOrName: string): FleetSpec {
  return checkFleet(parsed(fileOrName), fileOrName)
}

function parsed(fileOrName: string): unknown {
  const isOurs = fleetNames().includes(fileOrName)
  try {
    return JSON.parse(readFileSync(isOurs ? new URL(`${fileOrName}.json`, FOLDER) : fileOrName, 'utf8')) as unknown
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? cause.message : `no such file, and no such fleet (${fleetNames().join(', ')})`
    throw new FleetError(fileOrName, [reason], { cause })
  }
}

export function deviceCount(spec: FleetSpec): number {
  return spec.sites.reduce((sum, site) => sum + site.count * sizeOf(site), 0)
}

/** The same fleet with exactly so many devices, in the same proportions: more homes or fewer, a larger city or a smaller one. */
export function scaleFleet(spec: FleetSpec, devices: number): FleetSpec {
  if (!Number.isInteger(devices) || devices < 1 || devices > DEVICES_MAX) {
    throw new FleetError(spec.name, [`devices: must be a whole number from 1 to ${DEVICES_MAX}, is ${devices}`])
  }
  const shares = apportion(devices, spec.sites.map(site => site.count * sizeOf(site)))
  return { ...spec, sites: spec.sites.flatMap((site, k) => scaleSite(site, shares[k] ?? 0)) }
}

function scaleSite(site: SiteSpec, devices: number): readonly SiteSpec[] {
  const homes = site.kind === 'home' ? Math.floor(devices / sizeOf(site)) : 0
  const rest = devices - homes * sizeOf(site)
  const shares = apportion(rest, site.devices.map(device => device.count))
  const partial = {
    ...site, count: 1, name: homes > 0 ? `${site.name}.rest` : site.name,
    devices: site.devices.map((device, k) => ({ ...device, count: shares[k] ?? 0 })).filter(device => device.count > 0),
  }
  return [...homes > 0 ? [{ ...site, count: homes }] : [], ...rest > 0 ? [partial] : []]
}

const sizeOf = (site: SiteSpec) => site.devices.reduce((sum, device) => sum + device.count, 0)

/** Divides a whole number in proportion to weights without losing any: largest remainders first (Hamilton). */
function apportion(total: number, weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((a, b) => a + b, 0)
  const exact = weights.map(weight => total * weight / sum)
  const shares = exact.map(Math.floor)
  const missing = total - shares.reduce((a, b) => a + b, 0)
  const remainders = exact.map((share, k) => ({ k, left: share - Math.floor(share) }))
  for (const { k } of remainders.sort((a, b) => b.left - a.left || a.k - b.k).slice(0, missing)) shares[k] = (shares[k] ?? 0) + 1
  return shares
}
