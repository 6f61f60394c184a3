// W5: each message can be checked by its receiver. Beside it the same gateway, the same fleet and the same transport without proofs.
import { makeFleet } from '#benchmarks/fleet.ts'
import { sluice } from '#benchmarks/pipelines/sluice.ts'
import type { Scenario } from '#benchmarks/workloads/scenario.ts'

export const VERIFIABLE = 'sluice, verifiable'
/** A difference of two medians wants more of them. */
const ROUNDS = 9

export function* verifiable(): Iterable<Scenario> {
  const fleet = makeFleet({ devices: 1_000, connections: 4 })
  for (const [name, transport] of [['WebSocket', 'webSocket'], ['MQTT', 'mqtt']] as const) {
    yield {
      workload: 'W5', name: `W5 ${name}`, qosIn: 0, qosOut: 0, pace: { window: 1_000 }, roundsMin: ROUNDS,
      contenders: [sluice({ transport }), sluice({ name: VERIFIABLE, transport, hasProof: true })].map(maker => ({ maker, fleet })),
    }
  }
}
