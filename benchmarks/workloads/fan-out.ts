// W6: one fast meter, a hundred subscribers over WebSocket, no two with the same attributes. Beside it a program that sends to each by ws.
import { makeFleet } from '#benchmarks/fleet.ts'
import { sluice } from '#benchmarks/pipelines/sluice.ts'
import { wsSend } from '#benchmarks/pipelines/ws-send.ts'
import type { Scenario } from '#benchmarks/workloads/scenario.ts'
import { SHAPES, type Shape } from '#benchmarks/corpus/corpus-shapes.ts'

const SUBSCRIBERS = 100
/** One in ten devices has no consent: the first. */
const DEVICES = 10
/** Of its seven other attributes each subscriber has another selection. */
export const METER: Shape = SHAPES.find(({ name }) => name === 'tasmota-plug')!

export function* fanOut(): Iterable<Scenario> {
  const fleet = makeFleet({ shapes: [METER], devices: DEVICES, connections: 4 })
  const readers = Array.from(
    { length: SUBSCRIBERS }, (_, n) => [METER.carrier, ...METER.attributes.filter((_, bit) => ((n + 1) & (1 << bit)) !== 0)]
  )
  yield {
    workload: 'W6', name: 'W6 fan-out', qosIn: 0, qosOut: 0, pace: { window: 1_000 },
    contenders: [{ maker: sluice({ business: { readers }, transport: 'webSocket' }), fleet }, { maker: wsSend(readers), fleet }],
  }
}
