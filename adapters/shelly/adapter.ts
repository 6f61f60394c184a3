// Shelly, second generation and later: components report themselves, whole or only what changed, as notifications or on status topics.
import type { Adapter, Decoded } from '#adapters/adapter.ts'
import { refused } from '#adapters/decoded.ts'
import { isRecord, numberOf, own, parsePayload, textOf, type JsonRecord } from '#adapters/json.ts'
import type { Packet } from '#adapters/packet.ts'
import type { DeviceReport, Reading, Refusal } from '#adapters/reading.ts'
import { componentOf, type Field } from '#adapters/shelly/components.ts'
import { layoutFor } from '#adapters/shelly/layout.ts'
import { isFactoryName, parseTopic } from '#adapters/shelly/topic.ts'
import { instantOfSeconds, plausibleInstant } from '#adapters/time.ts'

/**
 * Shelly Gen2+ over MQTT (https://shelly-api-docs.shelly.cloud/gen2/). Keeps no memory: a notification carries only what changed, and what
 * a message does not contain is not in the entity, so each value stands for itself.
 */
export const shelly: Adapter = {
  name: 'shelly',
  recognise: topic => {
    const parsed = parseTopic(topic)
    return parsed && (parsed.kind !== 'online' || isFactoryName(parsed.prefix)) ? parsed.prefix : undefined
  },
  adopt: topic => parseTopic(topic)?.prefix,
  decode: packet => {
    const topic = parseTopic(packet.topic)
    if (!topic) return refused('NO_READING', 'The topic is none that a Shelly publishes its state on.', undefined)
    if (topic.kind === 'online') return decodeOnline(topic.prefix, packet)
    const parsed = parsePayload(packet.payload)
    if (!parsed.ok) return refused('BAD_PAYLOAD', parsed.detail, undefined)
    if (!isRecord(parsed.value)) return refused('BAD_PAYLOAD', 'The payload is not a JSON object.', undefined)
    if (topic.kind === 'notification') return decodeNotification(topic.prefix, parsed.value, packet)
    return decodeComponents(topic.prefix, [['', topic.component, parsed.value]], timeOf(parsed.value, 'ts', packet), packet)
  },
  layout(topic) {
    const parsed = parseTopic(topic)
    return parsed && layoutFor(parsed)
  },
}

const NO_BOOLEAN = 'Neither true nor false.'

/** Where it stands in the payload, the component's key, and its status. */
type Entry = readonly [field: string, key: string, status: JsonRecord]

/** NotifyStatus and NotifyFullStatus alike: `params` holds a time and components. */
function decodeNotification(prefix: string, frame: JsonRecord, packet: Packet): Decoded {
  const method = own(frame, 'method'), params = own(frame, 'params')
  if (method !== 'NotifyStatus' && method !== 'NotifyFullStatus') return refused('NO_READING', 'No notification of a status.', undefined)
  if (!isRecord(params)) return refused('BAD_PAYLOAD', 'The notification has no params.', undefined)
  const entries = Object.keys(params).flatMap((key): Entry[] => {
    const status = params[key]
    return isRecord(status) ? [[`params.${key}.`, key, status]] : []
  })
  return decodeComponents(prefix, entries, timeOf(params, 'ts', packet), packet)
}

function decodeComponents(prefix: string, entries: readonly Entry[], notifiedAt: number | undefined, packet: Packet): Decoded {
  const readings: Reading[] = [], problems: Refusal[] = [], devices: DeviceReport[] = [], reported = new Set<string>()
  for (const [place, key, status] of entries) {
    const found = componentOf(prefix, key)
    if (!found) continue
    const { component: { fields, phases }, device } = found
    if (phases && !reported.has(device)) {
      reported.add(device)
      devices.push({ device, phases })
    }
    // What came over Bluetooth says when it was heard.
    const observedAt = timeOf(status, 'last_updated_ts', packet) ?? notifiedAt
    readFields(fields, { device, place, status, observedAt }, readings, problems)
  }
  if (readings.length > 0 || problems.length > 0) return { readings, refused: problems, devices, memory: undefined }
  return { ...refused('NO_READING', 'No component reports a quantity.', undefined), devices }
}

interface Context { readonly device: string, readonly place: string, readonly status: JsonRecord, readonly observedAt: number | undefined }

function readFields(fields: readonly Field[], context: Context, readings: Reading[], problems: Refusal[]): void {
  const { device, place, status, observedAt } = context, first = readings.length
  for (const { path, quantity, unit, phase, words } of fields) {
    const raw = valueAt(status, path)
    // A null is a figure that the device cannot give just now (no neutral measured, no probe connected).
    if (raw === undefined || raw === null) continue
    const name = place + path.join('.'), value = words ? wordOf(raw, words) : numberOf(raw)
    if (value === undefined) problems.push({ code: 'BAD_PAYLOAD', field: name, detail: words ? NO_BOOLEAN : 'Not a finite number.' })
    else if (!isTaken(readings, first, quantity, phase)) readings.push({ device, quantity, value, unit, phase, observedAt, field: name })
  }
}

function isTaken(readings: readonly Reading[], from: number, quantity: Reading['quantity'], phase: Reading['phase']): boolean {
  return readings.some((known, i) => i >= from && known.quantity === quantity && known.phase === phase)
}

/** The will and the birth: `true` or `false`, not JSON with anything around it. */
function decodeOnline(device: string, { payload }: Packet): Decoded {
  const text = textOf(payload)
  if (text !== 'true' && text !== 'false') return refused('BAD_PAYLOAD', NO_BOOLEAN, undefined)
  const availability: Reading = { device, quantity: 'availability', value: text === 'true' ? 'online' : 'offline', unit: '', field: '' }
  return { readings: [availability], refused: [], devices: [], memory: undefined }
}

/** Seconds since 1970, with decimals; null until the clock was set. (`aenergy.minute_ts` is the beginning of a minute, not this.) */
function timeOf(record: JsonRecord, key: 'ts' | 'last_updated_ts', { receivedAt }: Packet): number | undefined {
  const seconds = numberOf(own(record, key))
  return seconds === undefined ? undefined : plausibleInstant(instantOfSeconds(seconds), receivedAt)
}

function valueAt(record: JsonRecord, path: readonly string[]): unknown {
  let value: unknown = record
  for (const key of path) {
    if (!isRecord(value)) return undefined
    value = own(value, key)
  }
  return value
}

function wordOf(value: unknown, [yes, no]: readonly [string, string]): string | undefined {
  return value === true ? yes : value === false ? no : undefined
}
