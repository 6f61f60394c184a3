// Tasmota: one JSON object per report, with each sensor's name as a key. https://tasmota.github.io/docs/MQTT/
import type { Adapter, Decoded } from '#adapters/adapter.ts'
import { refused } from '#adapters/decoded.ts'
import { isRecord, own, parsePayload, textOf, type JsonRecord } from '#adapters/json.ts'
import type { Packet } from '#adapters/packet.ts'
import { STATE_FIELDS } from '#adapters/tasmota/fields.ts'
import { layoutFor } from '#adapters/tasmota/layout.ts'
import { measure } from '#adapters/tasmota/measure.ts'
import { decodeSensors, type Origin } from '#adapters/tasmota/sensors.ts'
import { adoptedPlaceOf, placeOf } from '#adapters/tasmota/topic.ts'

type DecodeReport = (report: JsonRecord, origin: Origin) => Decoded

const STATUS_WORD = /^(?:STATUS\d*|RESULT)$/
/** What the last level of a topic calls a JSON report. */
const REPORTS: ReadonlyMap<string, DecodeReport> = new Map([
  ['SENSOR', decodeSensors],
  ['STATE', decodeState],
  // Firmware of 2017 sent the fields of its meter by themselves.
  ['ENERGY', ({ Time, ...energy }, origin) => decodeSensors({ Time, ENERGY: energy }, origin)],
])

export const tasmota: Adapter = {
  name: 'tasmota',
  recognise: topic => placeOf(topic)?.device,
  adopt: topic => adoptedPlaceOf(topic)?.device,
  decode(packet, memory, settings) {
    const { device, word } = placeOf(packet.topic) ?? adoptedPlaceOf(packet.topic) ?? { device: packet.topic, word: '' }
    const origin = { device, memory, settings, receivedAt: packet.receivedAt }
    if (word === 'LWT') return decodeWill(packet, origin)
    const decode = STATUS_WORD.test(word) ? decodeStatus : REPORTS.get(word)
    return decode ? decodeReport(packet, origin, decode) : refused('NO_READING', 'What a Tasmota says of itself is no reading.', memory)
  },
  layout(topic, memory, settings) {
    const place = placeOf(topic) ?? adoptedPlaceOf(topic)
    return place && settings && layoutFor(place, memory, settings)
  },
}

function decodeReport({ payload }: Packet, origin: Origin, decode: DecodeReport): Decoded {
  const parsed = parsePayload(payload)
  if (!parsed.ok) return refused('BAD_PAYLOAD', parsed.detail, origin.memory)
  if (!isRecord(parsed.value)) return refused('BAD_PAYLOAD', 'A report of a Tasmota is a JSON object.', origin.memory)
  return decode(parsed.value, origin)
}

/** An answer to the command Status holds the same report as telemetry, one level deeper; a result may hold what a Zigbee device said. */
function decodeStatus(report: JsonRecord, origin: Origin): Decoded {
  const sensors = own(report, 'StatusSNS'), state = own(report, 'StatusSTS'), zigbee = own(report, 'ZbReceived')
  if (isRecord(sensors)) return decodeSensors(sensors, origin)
  if (isRecord(state)) return decodeState(state, origin)
  if (isRecord(zigbee)) return decodeSensors({ ZbReceived: zigbee }, origin)
  return refused('NO_READING', 'This answer of a Tasmota holds no sensors.', origin.memory)
}

function decodeState(state: JsonRecord, { device, memory }: Origin): Decoded {
  const { measured, refused: refusals } = measure('', state, STATE_FIELDS, state)
  if (measured.length + refusals.length === 0) return refused('NO_READING', 'This state of a Tasmota tells nothing of its link.', memory)
  return { readings: measured.map(each => ({ device, ...each })), refused: refusals, devices: [], memory }
}

function decodeWill({ payload }: Packet, { device, memory }: Origin): Decoded {
  const text = textOf(payload)
  if (text !== 'Online' && text !== 'Offline') return refused('NO_READING', 'A last will is Online or Offline.', memory)
  const value = text.toLowerCase()
  return { readings: [{ device, quantity: 'availability', value, unit: '', field: '' }], refused: [], devices: [], memory }
}
