// Zigbee2MQTT: one flat JSON object per device, on <base>/<friendly name>.
// https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html
import type { Adapter, Decoded, Memory } from '#adapters/adapter.ts'
import { refused } from '#adapters/decoded.ts'
import { isRecord, parsePayload, textOf } from '#adapters/json.ts'
import type { Packet } from '#adapters/packet.ts'
import { declaredOf, DEVICE_LIST_BYTES_MAX, remember, rememberThreePhases } from '#adapters/zigbee2mqtt/declared.ts'
import { layoutFor } from '#adapters/zigbee2mqtt/layout.ts'
import { readState } from '#adapters/zigbee2mqtt/state.ts'
import { adoptedPlaceOf, friendlyName, placeOf, type TopicPlace } from '#adapters/zigbee2mqtt/topic.ts'

const AVAILABILITY = /^(?:\{\s*"state"\s*:\s*")?(online|offline)(?:"\s*\})?$/

/** All devices of a bridge share their memory: it holds what the bridge's list declares, and the list comes on a topic of its own. */
export const zigbee2mqtt: Adapter = {
  name: 'zigbee2mqtt',
  recognise: topic => placeOf(topic)?.base,
  adopt: topic => adoptedPlaceOf(topic)?.base,
  decode(packet, memory) {
    const place = placeOf(packet.topic) ?? adoptedPlaceOf(packet.topic)
    switch (place?.kind) {
      case 'state': return decodeState(packet, place, memory)
      case 'availability': return decodeAvailability(packet, place, memory)
      case 'devices': return learnDevices(packet, memory)
      default: return refused('NO_READING', 'What the bridge says of itself, and commands to devices, are no readings.', memory)
    }
  },
  layout(topic, memory) {
    const place = placeOf(topic) ?? adoptedPlaceOf(topic)
    const layout = place?.kind === 'state' ? layoutFor(declaredOf(memory, friendlyName(place))) : undefined
    return layout && { device: place!.name, layout }
  },
}

function decodeState(packet: Packet, place: TopicPlace, memory: Memory | undefined): Decoded {
  const parsed = parsePayload(packet.payload)
  if (!parsed.ok) return refused('BAD_PAYLOAD', parsed.detail, memory)
  if (!isRecord(parsed.value)) return refused('BAD_PAYLOAD', 'The state of a device is a JSON object.', memory)
  const name = friendlyName(place), declared = declaredOf(memory, name)
  const state = readState(parsed.value, place.name, declared, packet.receivedAt)
  if (state.readings.length + state.refused.length === 0) return refused('NO_READING', 'No property of this state has a quantity.', memory)
  return {
    readings: state.readings,
    refused: state.refused,
    devices: state.isThreePhase ? [{ device: place.name, phases: 3 }] : [],
    memory: state.isThreePhase && !declared.isThreePhase ? rememberThreePhases(memory, name) : memory,
  }
}

function decodeAvailability(packet: Packet, { name }: TopicPlace, memory: Memory | undefined): Decoded {
  const value = AVAILABILITY.exec(textOf(packet.payload) ?? '')?.[1]
  if (value === undefined) return refused('NO_READING', 'An availability is online or offline.', memory)
  return { readings: [{ device: name, quantity: 'availability', value, unit: '', field: 'state' }], refused: [], devices: [], memory }
}

function learnDevices(packet: Packet, memory: Memory | undefined): Decoded {
  const parsed = parsePayload(packet.payload, DEVICE_LIST_BYTES_MAX)
  if (!parsed.ok) return refused('BAD_PAYLOAD', parsed.detail, memory)
  if (!Array.isArray(parsed.value)) return refused('BAD_PAYLOAD', "The bridge's list of devices is a JSON array.", memory)
  return refused('NO_READING', "The bridge's list of devices was learned; it holds no readings.", remember(parsed.value))
}
