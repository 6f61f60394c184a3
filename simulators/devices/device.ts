// The contract of a virtual device: asked when its time has come, it says what a real one of its model would publish.
import type { City } from '#simulators/city.ts'
import type { Home } from '#simulators/home.ts'
import type { Message } from '#simulators/message.ts'
import type { Random } from '#simulators/random.ts'
import type { DevicePlan, Placement, SourcePlan } from '#simulators/source-plan.ts'
import type { Weather } from '#simulators/weather.ts'

export type { Message } from '#simulators/message.ts'

/** What a device can sense. One per site. */
export interface Surroundings {
  readonly weather: Weather
  readonly city: City
  readonly home: Home
}

export interface DeviceSetup {
  readonly device: DevicePlan
  readonly source: SourcePlan
  readonly surroundings: Surroundings
  /** The device's own: whatever it draws changes no other device. */
  readonly random: Random
  /** How far the device's clock is ahead of the true time. */
  readonly skewMs: number
}

/** Gives the messages of one report, oldest first. Moments never go back. */
export type Report = (nowMs: number) => readonly Message[]

export interface Model {
  readonly placement: Placement
  /** What devices of this model watch, in the order in which a site gets them. */
  readonly places: readonly string[]
  readonly make: (setup: DeviceSetup) => Report
}

/** What all models of one vendor have in common. */
export interface Family {
  /** Whether one connection of a site speaks for all of its devices, or each device has its own. */
  readonly isHub: boolean
  /** Client id of the connection; `first` is its only device, or the first of a hub. */
  readonly clientId: (site: string, first: DevicePlan) => string
  /** What is published on each connect, retained as a rule. */
  readonly birth: (source: SourcePlan, nowMs: number) => readonly Message[]
  /** What the broker publishes when the connection breaks. */
  readonly will: (source: SourcePlan) => Message | undefined
  readonly models: Readonly<Record<string, Model>>
}
