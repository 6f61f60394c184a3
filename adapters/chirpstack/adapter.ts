// ChirpStack v4: LoRaWAN events as JSON; the payload was decoded by a codec of the device's profile.
import type { Adapter, Decoded, Memory } from '#adapters/adapter.ts'
import { leavesZerosOut, modelsOf, timeOf } from '#adapters/chirpstack/event.ts'
import { layoutFor } from '#adapters/chirpstack/layout.ts'
import { parseTopic } from '#adapters/chirpstack/topic.ts'
import { refused } from '#adapters/decoded.ts'
import { isRecord, numberOf, own, parsePayload, type JsonRecord } from '#adapters/json.ts'
import { familyIn } from '#adapters/lorawan/layout.ts'
import { fromMemory } from '#adapters/lorawan/memory.ts'
import { positionIn, positionInPayload } from '#adapters/lorawan/position.ts'
import { UplinkReader } from '#adapters/lorawan/reader.ts'
import { signalOf } from '#adapters/lorawan/signal.ts'
import type { Packet } from '#adapters/packet.ts'
import type { Reading, Refusal } from '#adapters/reading.ts'

/** ChirpStack v4 over MQTT (https://www.chirpstack.io/docs/chirpstack/integrations/events.html). The key is `<application>/<DevEUI>`. */
export const chirpstack: Adapter = {
  name: 'chirpstack',
  recognise: topic => {
    const parsed = parseTopic(topic)
    return parsed && !parsed.isBridged ? parsed.device : undefined
  },
  adopt: topic => parseTopic(topic)?.device,
  decode: (packet, memory, { timezone }) => {
    const topic = parseTopic(packet.topic), read = topic && EVENTS.get(topic.event)
    if (!topic || !read) return refused('NO_READING', 'Only uplinks, statuses and locations say something of the device.', memory)
    const parsed = parsePayload(packet.payload)
    if (!parsed.ok) return refused('BAD_PAYLOAD', `${parsed.detail} ChirpStack's MQTT integration has to be set to JSON.`, memory)
    if (!isRecord(parsed.value)) return refused('BAD_PAYLOAD', 'The payload is not a JSON object.', memory)
    return read({ device: topic.device, event: parsed.value, packet, memory, timezone })
  },
  layout(topic, memory) {
    const parsed = parseTopic(topic), family = familyIn(memory)
    return parsed?.event === 'up' && family !== false ? { device: parsed.device, layout: layoutFor(family) } : undefined
  },
}

interface Incoming {
  readonly device: string
  readonly event: JsonRecord
  readonly packet: Packet
  readonly memory: Memory | undefined
  readonly timezone: string | undefined
}

const EVENTS: ReadonlyMap<string, (incoming: Incoming) => Decoded> = new Map([
  ['up', decodeUplink], ['status', decodeStatus], ['location', decodeLocation],
])
const PAYLOAD = 'object'

function decodeUplink({ device, event, packet: { receivedAt: arrivedAt }, memory, timezone }: Incoming): Decoded {
  const payload = own(event, PAYLOAD), receivedAt = timeOf(event, arrivedAt)
  const reader = new UplinkReader({ device, path: PAYLOAD, models: modelsOf(event), receivedAt, arrivedAt, timezone }, fromMemory(memory))
  if (isRecord(payload)) reader.readPayload(payload)
  if (reader.isEmpty) reader.refuse('NO_READING', PAYLOAD, whyNothing(event, payload))
  const signal = signalOf(own(event, 'rxInfo'), 'rxInfo', { device, observedAt: receivedAt }, leavesZerosOut(event) ? 0 : undefined)
  return reader.decoded(isRecord(payload) ? positionInPayload(payload) : undefined, signal)
}

function whyNothing(event: JsonRecord, payload: unknown): string {
  if (isRecord(payload)) return 'No field of the decoded payload is known by its name.'
  if (own(event, 'data') === undefined) return 'The uplink carries no payload.'
  return 'The payload is not decoded: set a codec in the device\'s profile.'
}

/** What the device answered to the network's question: its battery, and how well it heard it (DevStatusAns, LoRaWAN 1.0.4 §5.5). */
function decodeStatus({ device, event, packet, memory }: Incoming): Decoded {
  const observedAt = timeOf(event, packet.receivedAt), readings: Reading[] = [], problems: Refusal[] = []
  const read = (field: string, quantity: Reading['quantity'], unit: string, raw: unknown) => {
    const value = numberOf(raw)
    if (value !== undefined) readings.push({ device, quantity, value, unit, observedAt, field })
    else if (raw !== undefined && raw !== null) problems.push({ code: 'BAD_PAYLOAD', field, detail: 'Not a finite number.' })
  }
  const hasBattery = own(event, 'externalPowerSource') !== true && own(event, 'batteryLevelUnavailable') !== true
  // A level is never zero: that is how a device says that it has no battery.
  if (hasBattery && own(event, 'batteryLevel') !== 0) read('batteryLevel', 'battery', '%', own(event, 'batteryLevel'))
  read('margin', 'snr', 'dB', own(event, 'margin') ?? (leavesZerosOut(event) ? 0 : undefined))
  if (readings.length + problems.length === 0) return refused('NO_READING', 'The status says neither battery nor margin.', memory)
  return { readings, refused: problems, devices: [], memory }
}

/** Where the network worked out that the device is. */
function decodeLocation({ device, event, memory }: Incoming): Decoded {
  const location = positionIn(own(event, 'location')), devices = location ? [{ device, location }] : []
  return { ...refused('NO_READING', 'A position is the device\'s, and no reading.', memory), devices }
}
