// From a fleet to its sources: who connects, who speaks for whom, and under which names and addresses. The same fleet gives the same plan.
import { FAMILIES, MODELS, type KnownModel } from '#simulators/devices/catalogue.ts'
import type { DeviceSpec, FleetSpec, SiteSpec } from '#simulators/fleet.ts'
import { Random, seedOf } from '#simulators/random.ts'
import type { DevicePlan, SourcePlan } from '#simulators/source-plan.ts'
import type { Location } from '#simulators/sun.ts'

export type { DevicePlan, Source, SourcePlan } from '#simulators/source-plan.ts'

const METRES_PER_DEGREE = 111_320

/** All sources of a fleet, each to be paired before it runs. Throws nothing for a fleet that was checked. */
export function planFleet(spec: FleetSpec): readonly SourcePlan[] {
  return spec.sites.flatMap(site =>
    Array.from({ length: site.count }, (_, k) => planSite(spec, site, site.count > 1 ? `${site.name}.${k + 1}` : site.name)).flat())
}

/** One home, or a city. */
function planSite(spec: FleetSpec, site: SiteSpec, name: string): readonly SourcePlan[] {
  const location = site.kind === 'home' ? strewn(site, new Random(seedOf(spec.seed, name))) : site.location
  const sources: SourcePlan[] = []
  for (const [dialect, groups] of Map.groupBy(site.devices, ({ model }) => known(model).dialect)) {
    const family = FAMILIES[dialect]
    const devices = groups.flatMap(group => planDevices(spec, site, name, location, group))
    for (const spokenFor of family.isHub ? [devices] : devices.map(device => [device])) {
      const [first] = spokenFor
      if (!first) continue
      const source: SourcePlan = {
        name: family.isHub ? `${name} ${dialect}` : `${name} ${dialect} ${first.name}`,
        dialect,
        clientId: family.clientId(name, first),
        timezone: site.timezone,
        location: family.isHub ? location : first.location,
        placement: known(first.model).placement,
        devices: spokenFor,
        site: name, seed: spec.seed, faults: site.faults ?? spec.faults,
      }
      const will = family.will(source)
      sources.push(will ? { ...source, will } : source)
    }
  }
  return sources
}

function planDevices(
  spec: FleetSpec, site: SiteSpec, siteName: string, location: Location, { model, count, periodS }: DeviceSpec,
): readonly DevicePlan[] {
  const { places } = known(model)
  const kind = model.slice(model.indexOf('-') + 1)
  return Array.from({ length: count }, (_, k) => {
    const place = places[k % places.length] ?? kind
    const name = nameOf(place, kind, Math.floor(k / places.length))
    const random = new Random(seedOf(spec.seed, siteName, model, k))
    return {
      name, model, place, periodS, address: `00${random.hex(14)}`, location: site.kind === 'city' ? strewn(site, random) : location,
      ...kind === 'bin' && { emptyMm: random.integer(12, 18) * 100, fullMm: 200 },
    }
  })
}

/** `kitchen_climate`, and the next one in a place that has one already `kitchen_climate_2`; never the same kind twice in a name. */
function nameOf(place: string, kind: string, round: number): string {
  return (place === kind ? place : `${place}_${kind}`) + (round > 0 ? `_${round + 1}` : '')
}

function strewn({ location: [longitude, latitude], spreadM }: SiteSpec, random: Random): Location {
  const distance = spreadM * Math.sqrt(random.next()) / METRES_PER_DEGREE
  const angle = 2 * Math.PI * random.next()
  const east = distance * Math.cos(angle) / Math.max(0.01, Math.cos(latitude * Math.PI / 180))
  const degrees = (value: number) => Number(value.toFixed(6))
  return [degrees(longitude + east), degrees(Math.max(-90, Math.min(90, latitude + distance * Math.sin(angle))))]
}

function known(model: string): KnownModel {
  const found = MODELS.get(model)
  if (!found) throw new Error(`No such model: ${model}`)
  return found
}
