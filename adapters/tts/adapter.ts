// The Things Stack v3: LoRaWAN uplinks whose payload a formatter has decoded, each vendor's with names of its own.
import type { Adapter, Decoded, Memory } from '#adapters/adapter.ts'
import { refused } from '#adapters/decoded.ts'
import { isRecord, own, parsePayload, type JsonRecord } from '#adapters/json.ts'
import { deviceTimeOf } from '#adapters/lorawan/device-time.ts'
import { familyIn } from '#adapters/lorawan/layout.ts'
import { fromMemory } from '#adapters/lorawan/memory.ts'
import { positionIn } from '#adapters/lorawan/position.ts'
import { UplinkReader, type Uplink } from '#adapters/lorawan/reader.ts'
import { signalOf } from '#adapters/lorawan/signal.ts'
import type { Packet } from '#adapters/packet.ts'
import { layoutFor } from '#adapters/tts/layout.ts'
import { NORMALIZED_QUANTITIES, readMeasurement } from '#adapters/tts/normalized.ts'
import { parseTopic } from '#adapters/tts/topic.ts'
import { modelOf, positionOf, receptionOf } from '#adapters/tts/uplink.ts'

/** The Things Stack v3 (https://www.thethingsindustries.com/docs/integrations/mqtt/). The key is `<application>[@<tenant>]/<device>`. */
export const tts: Adapter = {
  name: 'tts',
  recognise: topic => {
    const parsed = parseTopic(topic)
    return parsed && !parsed.isBridged ? parsed.device : undefined
  },
  adopt: topic => parseTopic(topic)?.device,
  decode: (packet, memory, { timezone }) => {
    const topic = parseTopic(packet.topic)
    if (!topic) return refused('NO_READING', 'The topic is none of The Things Stack.', memory)
    if (topic.event !== 'up' && topic.event !== 'location/solved') return refused('NO_READING', 'Only uplinks carry readings.', memory)
    const parsed = parsePayload(packet.payload)
    if (!parsed.ok) return refused('BAD_PAYLOAD', parsed.detail, memory)
    if (!isRecord(parsed.value)) return refused('BAD_PAYLOAD', 'The payload is not a JSON object.', memory)
    if (topic.event === 'location/solved') return decodeLocation(topic.device, parsed.value, memory)
    const uplink = own(parsed.value, 'uplink_message')
    if (!isRecord(uplink)) return refused('BAD_PAYLOAD', 'There is no uplink_message.', memory)
    return decodeUplink(topic.device, parsed.value, uplink, packet, memory, timezone)
  },
  layout(topic, memory) {
    const parsed = parseTopic(topic), family = familyIn(memory)
    return parsed?.event === 'up' && family !== false ? { device: parsed.device, layout: layoutFor(family) } : undefined
  },
}

const PAYLOAD = 'uplink_message.decoded_payload', NORMALIZED = 'uplink_message.normalized_payload'

/** Where the network worked out, or was told by a receiver in the device, where the device is. */
function decodeLocation(device: string, frame: JsonRecord, memory: Memory | undefined): Decoded {
  const solved = own(frame, 'location_solved'), location = isRecord(solved) ? positionIn(own(solved, 'location')) : undefined
  const devices = location ? [{ device, location }] : []
  return { ...refused('NO_READING', 'A position is the device\'s, and no reading.', memory), devices }
}

function decodeUplink(
  device: string, frame: JsonRecord, message: JsonRecord, packet: Packet, memory: Memory | undefined, timezone: string | undefined,
): Decoded {
  const payload = own(message, 'decoded_payload'), normalized = own(message, 'normalized_payload')
  const measurements = Array.isArray(normalized) ? (normalized as unknown[]).filter(isRecord) : []
  const receivedAt = receptionOf(frame, message, packet.receivedAt)
  const uplink: Uplink = { device, path: PAYLOAD, models: modelOf(message), receivedAt, arrivedAt: packet.receivedAt, timezone }
  const reader = new UplinkReader(uplink, fromMemory(memory))
  measurements.forEach((measurement, i) => { readNormalized(reader, uplink, measurement, i) })
  // What a normalized payload can say is taken from there, and nothing is counted twice.
  if (isRecord(payload)) reader.readPayload(payload, reader.hasReadings ? NORMALIZED_QUANTITIES : undefined)
  if (reader.isEmpty) reader.refuse('NO_READING', PAYLOAD, whyNothing(message, payload))
  const position = positionOf(message, isRecord(payload) ? payload : undefined, measurements)
  const signal = signalOf(own(message, 'rx_metadata'), 'uplink_message.rx_metadata', { device, observedAt: receivedAt })
  return reader.decoded(position, signal)
}

/** Several measurements of one instant are at several depths, or of several sensors. */
function readNormalized(reader: UplinkReader, { device, receivedAt, arrivedAt }: Uplink, measurement: JsonRecord, index: number): void {
  const observedAt = deviceTimeOf(measurement, undefined, arrivedAt) ?? receivedAt
  for (const { judged, path } of readMeasurement(measurement)) {
    const isTaken = 'quantity' in judged && reader.isTaken(device, judged.quantity, observedAt)
    reader.take(judged, isTaken ? `${device}.${index + 1}` : device, observedAt, `${NORMALIZED}[${index}].${path}`)
  }
}

function whyNothing(message: JsonRecord, payload: unknown): string {
  if (payload !== undefined) return 'No field of the decoded payload is known by its name.'
  if (own(message, 'frm_payload') === undefined) return 'The uplink carries no payload.'
  return 'The payload is not decoded: set a payload formatter for the device or its application.'
}
