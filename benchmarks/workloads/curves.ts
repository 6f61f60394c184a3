// W4: what becomes dearer as the gateway knows more. The points of a curve are gateways of their own, alive at once and measured in turn.
import { makeFleet, type FleetOptions } from '#benchmarks/fleet.ts'
import type { Business } from '#benchmarks/pipelines/sluice-data.ts'
import { sluice } from '#benchmarks/pipelines/sluice.ts'
import type { Contender, Scenario } from '#benchmarks/workloads/scenario.ts'
import { Figure, CARRIER, SMALL, type Shape, type Tree } from '#test/support/corpus-shapes.ts'

interface Point { readonly name: string, readonly fleet: Partial<FleetOptions>, readonly business?: Partial<Business> }

/** The near end first: the others are compared with it. */
const CURVES: Readonly<Record<string, readonly Point[]>> = {
  devices: [1_000, 10_000, 100_000].map(devices => ({ name: `${devices} devices`, fleet: { devices } })),
  subscribers: [1, 10, 100].map(count => ({ name: `${count} subscribers`, fleet: { devices: 100 }, business: { readers: Array<undefined>(count).fill(undefined) } })),
  consents: [0, 1_000, 100_000].map(count => ({ name: `${count} other consents`, fleet: { devices: 1_000 }, business: { otherConsents: count } })),
  shapes: [1, 20, 1_000].map(count => ({ name: `${count} shapes`, fleet: { devices: 1_000, shapes: shapes(count) } })),
}

export function* curves(): Iterable<Scenario> {
  for (const [name, points] of Object.entries(CURVES)) {
    yield { workload: 'W4', name: `W4 ${name}`, qosIn: 0, qosOut: 0, pace: { window: 1_000 }, contenders: points.map(contender) }
  }
}

function contender({ name, fleet, business }: Point): Contender {
  return { maker: sluice({ name, business }), fleet: makeFleet({ devices: 1_000, connections: 4, ...fleet }) }
}

/** Climate sensors that differ in which other members they have and where: as many layouts, of nearly the same length. */
function shapes(count: number): Shape[] {
  const others = ['battery', 'linkquality', 'voltage', 'max_temperature', 'min_temperature', 'humidity_alarm', 'reporting_time', 'led_state', 'trigger_count', 'sensitivity']
  return Array.from({ length: count }, (_, n): Shape => {
    const names = [...others.filter((_, bit) => (n & (1 << bit)) !== 0), 'temperature', 'humidity', 'pressure', 'illuminance']
    const turned = [...names.slice(n % names.length), ...names.slice(0, n % names.length)]
    return { ...SMALL, name: count === 1 ? SMALL.name : `climate-${n}`, tree: () => Object.fromEntries(turned.map(name => [name, FIGURES[name] ?? 1])) }
  })
}

const FIGURES: Readonly<Record<string, Tree>> = { temperature: new Figure(12, 31, 2), humidity: new Figure(20, 90, 2), pressure: new Figure(960, 1040, 1), illuminance: CARRIER }
