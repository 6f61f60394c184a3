// The type that the ground floor makes: one decoded, vendor-neutral value.
import type { Quantity } from '#adapters/quantity.ts'

export type Phase = 'L1' | 'L2' | 'L3' | 'N'

/** One decoded value, still in the unit of its source. What a message does not contain is not in it. */
export interface Reading {
  /** Key of the device inside its source; a further channel of one device is `<device>.<channel>`. Never leaves the gateway. */
  readonly device: string
  readonly quantity: Quantity
  /** A finite number (never −0), or for text quantities one of the fixed words. */
  readonly value: number | string
  /** As the source spells it, or as its vendor documents it; '' for counts, indices and texts. Resolved per dialect when mapped. */
  readonly unit: string
  /** Where the value belongs to one phase of the mains. */
  readonly phase?: Phase
  /** The device's (else its network server's) own time in milliseconds UTC; absent: the arrival counts. */
  readonly observedAt?: number
  /** The period that the value was counted or averaged over, where the source states one. */
  readonly periodMs?: number
  /** A water volume that its meter counts in whole cubic metres. */
  readonly whole?: true
  /** Where in the payload it stood, for explanations: `ENERGY.Power`. */
  readonly field: string
}

/** A field, or a whole packet (field ''), that gave no reading, and why. */
export interface Refusal {
  readonly code: 'BAD_PAYLOAD' | 'NO_READING' | 'AMBIGUOUS' | 'BAD_UNIT'
  readonly field: string
  readonly detail: string
}

export type Role = 'streetlight' | 'wasteContainer' | 'parkingSpot' | 'waterMeter'

/** What a message tells about a device besides readings. It is remembered until a later message says otherwise. */
export interface DeviceReport {
  readonly device: string
  /** The role that the family's rule gives it. */
  readonly role?: Role
  /** 3 where the dialect has places for L2 and L3 (P1 meters, Shelly `em`), else 1. */
  readonly phases?: 1 | 3
  /** [longitude, latitude] of the device itself, never of a radio gateway. */
  readonly location?: readonly [number, number]
}
