// The type that this floor makes: what one device observed at one instant, as one model says it.
import type { Dialect } from '#adapters/adapter.ts'
import type { StatusQuantity } from '#adapters/quantity.ts'
import type { Role } from '#adapters/reading.ts'
import type { Entity } from '#semantic-models/entity.ts'
import type { Model } from '#semantic-models/model.ts'

/** What is known of a device besides its readings. A changed fact is a new object. */
export interface DeviceFacts {
  /** 26 characters of [a-z2-7], never derived from a name or an address. */
  readonly id: string
  readonly dialect: Dialect
  readonly placement: 'indoor' | 'outdoor'
  readonly role?: Role
  readonly phases: 1 | 3
  /** [longitude, latitude] in degrees. */
  readonly location?: readonly [number, number]
  /** Millimetres from the sensor of a container to its content, when it is empty and when it is full (0 unless set). */
  readonly emptyMm?: number
  readonly fullMm?: number
  /** Of a parking spot. */
  readonly category?: readonly string[]
  readonly refParkingSite?: string
}

export interface Observation {
  /** Key of the device inside its source. */
  readonly device: string
  readonly model: Model
  /** For a DeviceMeasurement: what it measures, one stream each. */
  readonly quantity?: string
  /** Milliseconds since 1970. */
  readonly observedAt: number
  /** The instant is the device's or its network server's own, not the arrival. */
  readonly timed: boolean
  readonly entity: Entity
}

/** A reading that could not be mapped. */
export interface FieldRefusal {
  readonly code: 'BAD_UNIT' | 'BAD_PAYLOAD' | 'NO_MODEL'
  readonly device: string
  readonly field: string
  readonly detail: string
}

/** A device's own state: for its owner only. */
export interface StatusValue {
  readonly device: string
  readonly quantity: StatusQuantity
  readonly value: number | string
  readonly observedAt: number
}
