// What an uplink says besides its payload: when it was received, and where the device is.
import { isRecord, own, type JsonRecord } from '#adapters/json.ts'
import { positionIn, positionInPayload, type Position } from '#adapters/lorawan/position.ts'
import { parseInstant, plausibleInstant } from '#adapters/time.ts'

/** Where the device's position comes from, best first: its own receiver, what somebody entered, then whatever the network worked out. */
const SOURCES = ['frm-payload', 'user']

/** The network server's time of reception, then the application server's. Year 0001 is Go's zero time. */
export function receptionOf(frame: JsonRecord, uplink: JsonRecord, receivedAt: number): number | undefined {
  return plausibleInstant(parseInstant(own(uplink, 'received_at')) ?? parseInstant(own(frame, 'received_at')), receivedAt)
}

/** The model's id in the network's device repository. */
export function modelOf(uplink: JsonRecord): readonly string[] {
  const versions = own(uplink, 'version_ids'), model = isRecord(versions) ? own(versions, 'model_id') : undefined
  return typeof model === 'string' ? [model] : []
}

/** What the payload says itself, then the network's locations of the device. */
export function positionOf(uplink: JsonRecord, payload: JsonRecord | undefined, measurements: readonly JsonRecord[]): Position | undefined {
  const locations = own(uplink, 'locations'), told = payload && positionInPayload(payload)
  if (told) return told
  for (const measurement of measurements) {
    const position = positionIn(own(measurement, 'position'))
    if (position) return position
  }
  if (!isRecord(locations)) return undefined
  for (const source of [...SOURCES, ...Object.keys(locations)]) {
    const position = positionIn(own(locations, source))
    if (position) return position
  }
  return undefined
}
