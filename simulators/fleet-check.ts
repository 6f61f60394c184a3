// Whoever writes a fleet file learns all that is wrong with it at once, each fault by the name of its field.
import { MODEL_NAMES } from '#simulators/devices/catalogue.ts'
import { Fields } from '#simulators/fields.ts'
import type { DeviceSpec, Faults, FleetSpec, SiteSpec } from '#simulators/fleet.ts'

export const DEVICES_MAX = 10_000
const PERIOD_S_MIN = 0.1
const PERIOD_S_MAX = 86_400
const SEED_MAX = 2 ** 32 - 1
const SPREAD_M_MAX = 50_000
const SKEW_S_MAX = 86_400 * 366

export class FleetError extends Error {
  override readonly name = 'FleetError'
  readonly code = 'BAD_FLEET'
  /** One line for each field, as `sites[0].devices[1].model: …`. */
  readonly problems: readonly string[]

  constructor(fleet: string, problems: readonly string[], options?: ErrorOptions) {
    super(`Fleet ${fleet}: ${problems.join('; ')}`, options)
    this.problems = problems
  }
}

/** Turns parsed JSON into a fleet with every default filled in, or throws FleetError. */
export function checkFleet(value: unknown, origin: string): FleetSpec {
  const problems: string[] = []
  const fields = new Fields(value, '', problems)
  const spec: FleetSpec = {
    name: fields.name('name'),
    description: fields.text('description', ''),
    seed: fields.number('seed', { min: 0, max: SEED_MAX, whole: true, or: 1 }),
    sites: fields.list('sites').map(checkSite),
    faults: checkFaults(fields.object('faults')),
  }
  fields.close()
  for (const name of repeated(spec.sites.map(site => site.name))) problems.push(`sites: two are named ${name}`)
  const devices = spec.sites.reduce((sum, site) => sum + site.count * site.devices.reduce((all, device) => all + device.count, 0), 0)
  if (devices > DEVICES_MAX) problems.push(`sites: ${devices} devices, at most ${DEVICES_MAX} are allowed`)
  if (problems.length > 0) throw new FleetError(origin, problems)
  return spec
}

function checkSite(fields: Fields): SiteSpec {
  const kind = fields.oneOf('kind', ['home', 'city'])
  const site: SiteSpec = {
    kind,
    name: fields.name('name'),
    count: fields.number('count', { min: 1, max: kind === 'home' ? DEVICES_MAX : 1, whole: true, or: 1 }),
    timezone: fields.timezone('timezone'),
    location: fields.location('location'),
    spreadM: fields.number('spreadM', { min: 0, max: SPREAD_M_MAX, or: 0 }),
    devices: fields.list('devices').map(checkDevice),
    ...fields.has('faults') && { faults: checkFaults(fields.object('faults')) },
  }
  const twice = repeated(site.devices.map(device => device.model))
  for (const model of twice) fields.wrong('devices', `name ${model} twice; set its count instead`)
  fields.close()
  return site
}

function checkDevice(fields: Fields): DeviceSpec {
  const device: DeviceSpec = {
    model: fields.oneOf('model', MODEL_NAMES),
    count: fields.number('count', { min: 1, max: DEVICES_MAX, whole: true, or: 1 }),
    periodS: fields.number('periodS', { min: PERIOD_S_MIN, max: PERIOD_S_MAX }),
  }
  fields.close()
  return device
}

function checkFaults(fields: Fields): Faults {
  const probability = (key: string) => fields.number(key, { min: 0, max: 1, or: 0 })
  const faults: Faults = {
    duplicate: probability('duplicate'),
    reorder: probability('reorder'),
    disconnect: probability('disconnect'),
    malformed: probability('malformed'),
    clockSkewS: fields.number('clockSkewS', { min: 0, max: SKEW_S_MAX, or: 0 }),
  }
  fields.close()
  return faults
}

function repeated(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.filter((name, k) => names.indexOf(name) !== k))
}
