// What is measured: a pipeline that takes the messages of a fleet and lets entities out, in one or more processes.
import type { Fleet } from '#benchmarks/fleet.ts'
import type { Qos } from '#benchmarks/workloads/scenario.ts'

/** Where a client connects, and as whom. */
export interface Endpoint {
  readonly port: number
  readonly username?: string
  readonly password?: string
  /** Of a subscriber over MQTT. */
  readonly filters?: readonly string[]
  /** Of a subscriber over WebSocket, whose key is the password. */
  readonly path?: string
}

/** One who receives everything that it may have, over one connection or several, and what it may have of an entity. */
export interface Reader { readonly connections: readonly Endpoint[], readonly granted?: readonly string[] }

export interface Pipeline {
  readonly name: string
  /** Hands on what came in as it is, without the job. */
  readonly isForwarding: boolean
  /** Everything whose CPU time counts. */
  readonly pids: readonly number[]
  /** One for each connection of the fleet. */
  readonly publishers: readonly Endpoint[]
  readonly readers: readonly Reader[]
  /** The entity in what came out, where that is not all of it; or what is wrong with it. */
  readonly contentOf?: (output: string) => string
  stop(): Promise<void>
}

export interface PipelineMaker {
  readonly name: string
  /** Why it cannot be measured here; undefined where it can. */
  missing(): string | undefined | Promise<string | undefined>
  start(fleet: Fleet, qosOut: Qos): Promise<Pipeline>
}
