// Tasmota: one JSON object per report, with each sensor's name as a key. https://tasmota.github.io/docs/MQTT/
import type { Adapter, Decoded, Memory, SourceSettings } from '#adapters/adapter.ts'
import { refused } from '#adapters/decoded.ts'
import { isRecord, own, parsePayload, textOf, type JsonRecord } from '#adapters/json.ts'
import type { Packet } from '#adapters/packet.ts'
import { STATE_FIELDS } from '#adapters/tasmota/fields.ts'
import { measure } from '#adapters/tasmota/measure.ts'
import { decodeSensors } from '#adapters/tasmota/sensors.ts'
import { adoptedPlaceOf, placeOf } from '#adapters/tasmota/topic.ts'

const STATUS_WORD = /^(?:STATUS\d*|RESULT)$/

export const tasmota: Adapter = {
  name: 'tasmota',
  recognise: topic => placeOf(topic)?.device,
  adopt: topic => adoptedPlaceOf(topic)?.device,
  decode(packet, memory, settings) {
    const { device, word } = placeOf(packet.topic) ?? adoptedPlaceOf(packet.topic) ?? { device: packet.topic, word: '' }
    if (word === 'LWT') return decodeWill(packet, device, memory)
    if (word === 'SENSOR') return decodeReport(packet, memory, report => decodeSensors(report, device, memory, settings, packet.receivedAt))
    if (word === 'STATE') return decodeReport(packet, memory, report => decodeState(report, device, memory))
    if (word === 'ENERGY') return decodeReport(packet, memory, report => decodeSensors(withEnergy(report), device, memory, settings, packet.receivedAt))
    if (STATUS_WORD.test(word)) return decodeReport(packet, memory, report => decodeStatus(report, device, memory, settings, packet.receivedAt))
    return refused('NO_READING', 'Commands, results and info packets of a Tasmota are no readings.', memory)
  },
}

function decodeReport(packet: Packet, memory: Memory | undefined, decode: (report: JsonRecord) => Decoded): Decoded {
  const parsed = parsePayload(packet.payload)
  if (!parsed.ok) return refused('BAD_PAYLOAD', parsed.detail, memory)
  return isRecord(parsed.value) ? decode(parsed.value) : refused('BAD_PAYLOAD', 'A report of a Tasmota is a JSON object.', memory)
}

/** An answer to the command Status holds the same report as a telemetry message, one level deeper; a result may hold what a Zigbee device said. */
function decodeStatus(report: JsonRecord, device: string, memory: Memory | undefined, settings: SourceSettings, receivedAt: number): Decoded {
  const sensors = own(report, 'StatusSNS'), state = own(report, 'StatusSTS'), zigbee = own(report, 'ZbReceived')
  if (isRecord(sensors)) return decodeSensors(sensors, device, memory, settings, receivedAt)
  if (isRecord(state)) return decodeState(state, device, memory)
  if (isRecord(zigbee)) return decodeSensors({ ZbReceived: zigbee }, device, memory, settings, receivedAt)
  return refused('NO_READING', 'This answer of a Tasmota holds no sensors.', memory)
}

function decodeState(state: JsonRecord, device: string, memory: Memory | undefined): Decoded {
  const { measured, refused: refusals } = measure('', state, STATE_FIELDS, state)
  if (measured.length === 0 && refusals.length === 0) return refused('NO_READING', 'This state of a Tasmota tells nothing of its link.', memory)
  return { readings: measured.map(each => ({ device, ...each })), refused: refusals, devices: [], memory }
}

function decodeWill(packet: Packet, device: string, memory: Memory | undefined): Decoded {
  const text = textOf(packet.payload)
  if (text !== 'Online' && text !== 'Offline') return refused('NO_READING', 'A last will is Online or Offline.', memory)
  return { readings: [{ device, quantity: 'availability', value: text.toLowerCase(), unit: '', field: '' }], refused: [], devices: [], memory }
}

/** Firmware of 2017 sent the meter's fields by themselves. */
function withEnergy({ Time, ...energy }: JsonRecord): JsonRecord {
  return { Time, ENERGY: energy }
}
