// What a fleet is made of once its file is read: sources, each with one MQTT connection, and the devices they speak for. Plain data.
import type { Faults } from '#simulators/fleet.ts'
import type { Message } from '#simulators/message.ts'
import type { Location } from '#simulators/sun.ts'

export const DIALECTS = ['zigbee2mqtt', 'tasmota', 'shelly', 'senml', 'tts', 'shelly1', 'chirpstack', 'home-assistant'] as const
export type Dialect = (typeof DIALECTS)[number]
export type Placement = 'indoor' | 'outdoor'

/** What the owner of a device knows of it. */
export interface Named {
  /** Unlike any other in its source: the friendly name, topic or device id that its dialect publishes it under. */
  readonly name: string
  /** 16 hexadecimal digits, upper case: EUI-64; the last 12 serve as a MAC address. */
  readonly address: string
  /** Millimetres from the sensor to the bottom of its bin, and to a full one. */
  readonly emptyMm?: number
  readonly fullMm?: number
}

/** One thing that measures, behind its source. */
export interface DevicePlan extends Named {
  /** A key of `MODELS`. */
  readonly model: string
  /** What it watches: a room, an appliance, a street; decides its signals. */
  readonly place: string
  /** Seconds between two reports, but for a jitter. */
  readonly periodS: number
  readonly location: Location
}

/** One MQTT connection: a hub, a network server, or a device that speaks for itself. To be paired before it may publish. */
export interface Source {
  /** Unlike any other in its fleet, for people to read. */
  readonly name: string
  readonly dialect: Dialect
  /** As the vendor's own software would choose it; two homes may well have the same. */
  readonly clientId: string
  /** IANA name. */
  readonly timezone: string
  readonly location: Location
  readonly placement: Placement
  /** What the broker publishes when the connection breaks. */
  readonly will?: Message
  readonly devices: readonly Named[]
}

/** A source of a fleet. */
export interface SourcePlan extends Source {
  readonly devices: readonly DevicePlan[]
  /** Sources of one site share their surroundings. */
  readonly site: string
  /** Sources of one fleet share the weather. */
  readonly seed: number
  readonly faults: Faults
}
