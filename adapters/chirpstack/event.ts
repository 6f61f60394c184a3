// What ChirpStack says around a payload: when it came, and what it knows of the device.
import { isRecord, own, type JsonRecord } from '#adapters/json.ts'
import { parseInstant, plausibleInstant } from '#adapters/time.ts'

/** The event's time; else when the network server received the uplink from the first radio gateway. A gateway's own clock is not asked. */
export function timeOf(event: JsonRecord, arrivedAt: number): number | undefined {
  return plausibleInstant(parseInstant(own(event, 'time')), arrivedAt) ?? plausibleInstant(parseInstant(serverTimeOf(event)), arrivedAt)
}

function serverTimeOf(event: JsonRecord): unknown {
  const list = own(event, 'rxInfo'), first: unknown = Array.isArray(list) ? list[0] : undefined
  return isRecord(first) ? own(first, 'nsTime') : undefined
}

/** Profiles made from the templates of the device repository are named after the model: `Milesight EM400-MUD`. Each word may be its id. */
export function modelsOf(event: JsonRecord): readonly string[] {
  const info = own(event, 'deviceInfo'), profile = isRecord(info) ? own(info, 'deviceProfileName') : undefined
  return typeof profile === 'string' ? profile.toLowerCase().split(/[^a-z0-9-]+/) : []
}

/** Version 4 leaves out what is zero (proto3 JSON); version 3, which publishes on the same topics, does not. */
export function leavesZerosOut(event: JsonRecord): boolean {
  return isRecord(own(event, 'deviceInfo'))
}
