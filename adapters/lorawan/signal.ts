// How well an uplink was heard. The radio gateways' places are theirs, not the device's.
import { isRecord, numberOf, own, type JsonRecord } from '#adapters/json.ts'
import type { Reading } from '#adapters/reading.ts'

type About = Pick<Reading, 'device' | 'observedAt'>

/**
 * Strength and quality as the best of the radio gateways in `list` heard them. `path` is where the list stands in the message; `snrLeftOut`
 * is what a missing snr means.
 */
export function signalOf(list: unknown, path: string, { device, observedAt }: About, snrLeftOut?: number): readonly Reading[] {
  if (!Array.isArray(list)) return []
  let best: { readonly rssi: number, readonly gateway: JsonRecord, readonly index: number } | undefined
  for (const [index, gateway] of (list as unknown[]).entries()) {
    const rssi = isRecord(gateway) ? numberOf(own(gateway, 'rssi')) : undefined
    if (rssi !== undefined && rssi > (best?.rssi ?? -Infinity)) best = { rssi, gateway: gateway as JsonRecord, index }
  }
  if (!best) return []
  const told = own(best.gateway, 'snr'), snr = told === undefined ? snrLeftOut : numberOf(told), field = `${path}[${best.index}].`
  const rssi: Reading = { device, quantity: 'rssi', value: best.rssi, unit: 'dBm', observedAt, field: `${field}rssi` }
  return snr === undefined ? [rssi] : [rssi, { device, quantity: 'snr', value: snr, unit: 'dB', observedAt, field: `${field}snr` }]
}
