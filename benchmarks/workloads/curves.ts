// W4: what becomes dearer as the gateway knows more. The points of a curve are gateways of their own, alive at once and measured in turn.
import { makeFleet, type Announcement, type Fleet } from '#benchmarks/fleet.ts'
import type { Business } from '#benchmarks/pipelines/sluice-data.ts'
import { sluice } from '#benchmarks/pipelines/sluice.ts'
import type { Contender, Scenario } from '#benchmarks/workloads/scenario.ts'

interface Point { readonly name: string, readonly devices: number, readonly business?: Partial<Business>, readonly rules?: number }

/** So that no source has more devices than it may, nor declares more than it may. */
const CONNECTIONS = 8
const WINDOW = 1_000

/** The near end first: the others are compared with it. */
const CURVES: Readonly<Record<string, readonly Point[]>> = {
  devices: [1_000, 10_000, 100_000].map(devices => ({ name: `${devices} devices`, devices })),
  subscribers: [1, 10, 100].map(count => ({
    name: `${count} ${count === 1 ? 'subscriber' : 'subscribers'}`, devices: 100,
    business: { readers: Array<undefined>(count).fill(undefined) },
  })),
  consents: [0, 1_000, 100_000].map(count => ({ name: `${count} other consents`, devices: 1_000, business: { otherConsents: count } })),
  rules: [1, 20, 1_000].map(rules => ({ name: `${rules} ${rules === 1 ? 'rule' : 'rules'}`, devices: 1_000, rules })),
}

export function* curves(): Iterable<Scenario> {
  for (const [name, points] of Object.entries(CURVES)) {
    yield { workload: 'W4', name: `W4 ${name}`, qosIn: 0, qosOut: 0, pace: { window: WINDOW }, contenders: points.map(contender) }
  }
}

function contender({ name, devices, business, rules = 1 }: Point): Contender {
  const fleet = makeFleet({ devices, connections: CONNECTIONS })
  return { maker: sluice({ name, business }), fleet: { ...fleet, announcements: declarations(fleet, rules) } }
}

/**
 * The lists of devices that the bridges publish. Who declares a unit in another spelling is read by a rule of its own, though it means the
 * same; all others share one.
 */
function declarations({ devices, connections }: Fleet, rules: number): Announcement[] {
  const own = devices.slice(0, rules === 1 ? 0 : rules)
  return Array.from({ length: connections }, (_, connection) => ({
    connection, topic: 'zigbee2mqtt/bridge/devices',
    payload: JSON.stringify(own.filter(device => device.connection === connection).map(({ name }) => ({
      friendly_name: name, definition: { exposes: [{ type: 'numeric', property: 'temperature', unit: 'C', access: 1 }] },
    }))),
  }))
}
