// What is measured: a pipeline that takes the workload and lets entities out, in one or more processes.
import type { Load } from '#benchmarks/load.ts'

export interface Pipeline {
  readonly name: string
  /** Everything whose CPU time counts. */
  readonly pids: readonly number[]
  /** Connects the load's publishers, and whatever comes out to `load.take`. */
  attach(load: Load): Promise<void>
  stop(): Promise<void>
}
