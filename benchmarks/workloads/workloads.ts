// The workloads: who is compared with whom, on which messages, at which pace. What each is for is in the README.
import { makeFleet, STREAMS, type Fleet, type StreamName } from '#benchmarks/fleet.ts'
import { aedes, mosquitto, nats, relay } from '#benchmarks/pipelines/brokers.ts'
import { aedesAjv, mqttJs, nodeRed } from '#benchmarks/pipelines/peers.ts'
import type { PipelineMaker } from '#benchmarks/pipelines/pipeline.ts'
import { sluice } from '#benchmarks/pipelines/sluice.ts'
import { curves } from '#benchmarks/workloads/curves.ts'
import { fanOut } from '#benchmarks/workloads/fan-out.ts'
import { verifiable } from '#benchmarks/workloads/verifiable.ts'
import type { Qos, Scenario } from '#benchmarks/workloads/scenario.ts'

export interface Workload {
  readonly name: string
  readonly title: string
  scenarios(): Iterable<Scenario>
}

const WINDOW = 1_000, DEVICES = 1_000
const QUIET_PER_SECOND = 5_000, QUIET_ROUNDS = 9

const DOING = [nodeRed, mqttJs, aedesAjv], FORWARDING = [mosquitto, nats, aedes, relay]

export const WORKLOADS: readonly Workload[] = [
  { name: 'W1', title: 'hub bulk: 4 connections, 1,000 devices, 1,000 messages outstanding', scenarios: bulk },
  { name: 'W2', title: 'city: 1,000 connections, one message a read, 1,000 outstanding', scenarios: city },
  { name: 'W3', title: 'quiet: 5,000 messages a second over 200 connections', scenarios: quiet },
  { name: 'W4', title: 'curves: more devices, subscribers, consents, shapes', scenarios: curves },
  { name: 'W5', title: 'verifiable: each message can be checked by its receiver', scenarios: verifiable },
  { name: 'W6', title: 'fan-out: 100 subscribers over WebSocket, each with other attributes', scenarios: fanOut },
]

function* bulk(): Iterable<Scenario> {
  for (const stream of STREAMS) {
    const fleet = makeFleet({ stream, devices: DEVICES, connections: 4 })
    yield scenario('W1', stream, 0, fleet, [sluice(), ...DOING, ...stream === 'small' ? FORWARDING : [relay]])
    if (stream === 'small') yield scenario('W1', stream, 1, fleet, [sluice(), mqttJs, aedesAjv, mosquitto, relay])
  }
}

function* city(): Iterable<Scenario> {
  for (const stream of STREAMS) {
    const fleet = makeFleet({ stream, devices: DEVICES, connections: 1_000 })
    yield scenario('W2', stream, 0, fleet, [sluice(), ...stream === 'small' ? [...DOING, ...FORWARDING] : [mqttJs, aedesAjv]])
  }
}

function* quiet(): Iterable<Scenario> {
  const fleet = makeFleet({ devices: DEVICES, connections: 200 })
  yield {
    ...scenario('W3', 'small', 0, fleet, [sluice(), nodeRed, mqttJs, mosquitto]), pace: { rate: QUIET_PER_SECOND }, roundsMin: QUIET_ROUNDS,
  }
}

function scenario(workload: string, stream: StreamName, qos: Qos, fleet: Fleet, makers: readonly PipelineMaker[]): Scenario {
  return {
    workload, name: `${workload} ${stream} QoS ${qos}`, qosIn: qos, qosOut: qos, pace: { window: WINDOW },
    contenders: makers.map(maker => ({ maker, fleet })),
  }
}
