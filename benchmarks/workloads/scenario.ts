// What is measured in one interleaved run: who takes part, what they are given, at which pace.
import type { Fleet } from '#benchmarks/fleet.ts'
import type { Pace } from '#benchmarks/generator/generator.ts'
import type { PipelineMaker } from '#benchmarks/pipelines/pipeline.ts'

export type Qos = 0 | 1

/** One who takes part. Its fleet is the same as that of the others, except where a curve is measured. */
export interface Contender { readonly maker: PipelineMaker, readonly fleet: Fleet }

export interface Scenario {
  readonly workload: string
  /** `W1 small QoS 0`: names it in the results. */
  readonly name: string
  readonly qosIn: Qos
  readonly qosOut: Qos
  readonly pace: Pace
  /** Instead of the rounds that were asked for, where there are fewer of them. */
  readonly roundsMin?: number
  /** The first is what the others are compared with. */
  readonly contenders: readonly Contender[]
}
