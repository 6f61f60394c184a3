// The Things Stack v3: LoRaWAN uplinks whose payload a formatter has decoded, each vendor's with names of its own.
import type { Adapter, Decoded, Memory } from '#adapters/adapter.ts'
import { refused } from '#adapters/decoded.ts'
import { isRecord, own, parsePayload, type JsonRecord } from '#adapters/json.ts'
import type { Packet } from '#adapters/packet.ts'
import { STATUS_QUANTITIES, type Quantity } from '#adapters/quantity.ts'
import type { DeviceReport, Reading, Refusal, Role } from '#adapters/reading.ts'
import { lookUp, type Found } from '#adapters/tts/lookup.ts'
import { familyOf, fromMemory, toMemory, type Known } from '#adapters/tts/memory.ts'
import { NORMALIZED_QUANTITIES, readMeasurement } from '#adapters/tts/normalized.ts'
import { toldBy, type Told } from '#adapters/tts/told.ts'
import { parseTopic } from '#adapters/tts/topic.ts'
import { deviceTimeOf, positionIn, positionOf, receptionOf, signalOf, type Position } from '#adapters/tts/uplink.ts'
import { judgeNumber, judgeWord, type Judged, type Value } from '#adapters/tts/values.ts'

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
    return new Uplink(topic.device, parsed.value, uplink, fromMemory(memory), packet, timezone).decode()
  },
}

const STATUS: ReadonlySet<Quantity> = new Set(STATUS_QUANTITIES)
const PAYLOAD = 'uplink_message.decoded_payload', NORMALIZED = 'uplink_message.normalized_payload'

/** Where the network worked out, or was told by a receiver in the device, where the device is. */
function decodeLocation(device: string, frame: JsonRecord, memory: Memory | undefined): Decoded {
  const solved = own(frame, 'location_solved'), location = isRecord(solved) ? positionIn(own(solved, 'location')) : undefined
  const devices = location ? [{ device, location }] : []
  return { ...refused('NO_READING', 'A position is the device\'s, and no reading.', memory), devices }
}

/** One uplink while it is being decoded. */
class Uplink {
  readonly #device: string
  readonly #uplink: JsonRecord
  readonly #known: Known
  readonly #packet: Packet
  readonly #timezone: string | undefined
  readonly #receivedAt: number | undefined
  readonly #readings: Reading[] = []
  readonly #refused: Refusal[] = []
  readonly #taken = new Set<string>()

  constructor(device: string, frame: JsonRecord, uplink: JsonRecord, known: Known, packet: Packet, timezone: string | undefined) {
    this.#device = device
    this.#uplink = uplink
    this.#known = known
    this.#packet = packet
    this.#timezone = timezone
    this.#receivedAt = receptionOf(frame, uplink, packet.receivedAt)
  }

  decode(): Decoded {
    const payload = own(this.#uplink, 'decoded_payload'), normalized = own(this.#uplink, 'normalized_payload')
    const measurements = Array.isArray(normalized) ? (normalized as unknown[]).filter(isRecord) : []
    measurements.forEach((measurement, i) => { this.#readNormalized(measurement, i) })
    if (isRecord(payload)) this.#readPayload(payload, this.#readings.length > 0)
    const position = positionOf(this.#uplink, isRecord(payload) ? payload : undefined, measurements)
    if (this.#readings.length === 0 && this.#refused.length === 0) this.#refused.push(this.#nothing(payload))
    const devices = this.#reports(position)
    this.#readings.push(...signalOf(this.#uplink, this.#device, this.#receivedAt))
    return { readings: this.#readings, refused: this.#refused, devices, memory: toMemory(this.#known) }
  }

  /** Several measurements of one instant are at several depths, or of several sensors. */
  #readNormalized(measurement: JsonRecord, index: number): void {
    const observedAt = deviceTimeOf(measurement, undefined, this.#packet.receivedAt) ?? this.#receivedAt
    for (const { judged, path } of readMeasurement(measurement)) {
      const isTaken = 'quantity' in judged && this.#taken.has(keyOf(this.#device, judged.quantity, observedAt))
      this.#take(judged, isTaken ? `${this.#device}.${index + 1}` : this.#device, observedAt, `${NORMALIZED}[${index}].${path}`)
    }
  }

  /** What a normalized payload can say is taken from there, and nothing is counted twice. */
  #readPayload(payload: JsonRecord, isNormalized: boolean): void {
    this.#known.family = familyOf(this.#uplink, payload, this.#known.family)
    for (const { told, record, path } of toldBy(payload)) {
      const ownTime = deviceTimeOf(record ?? payload, this.#timezone, this.#packet.receivedAt)
      if (record && ownTime === undefined) this.#refuse(path, 'An earlier measurement without its time.')
      else for (const figure of told) this.#readFigure(figure, ownTime ?? this.#receivedAt, isNormalized)
    }
  }

  #readFigure({ name, raw, unit, path }: Told, observedAt: number | undefined, isNormalized: boolean): void {
    const found = lookUp(name, this.#known.family)
    if (!found) return
    const judged = found.word ? judgeWord(found.word, raw) : judgeNumber(found.numbers, raw, unit ?? found.unit)
    if (!judged || isNormalized && 'quantity' in judged && NORMALIZED_QUANTITIES.has(judged.quantity)) return
    this.#take(judged, 'quantity' in judged ? this.#deviceOf(judged, found, observedAt) : this.#device, observedAt, `${PAYLOAD}.${path}`)
  }

  /** The device itself, or its probe, or one of several of a kind by its number. */
  #deviceOf({ quantity, channel: part }: Value, { channel, isNumbered }: Found, observedAt: number | undefined): string {
    const base = part === undefined ? this.#device : `${this.#device}.${part}`
    if (channel === undefined) return base
    if (!isNumbered) return `${base}.${channel}`
    const { mains } = this.#known
    // Beside a field without a number, every number is one of several.
    if (!mains.has(quantity)) mains.set(quantity, this.#taken.has(keyOf(base, quantity, observedAt)) ? '' : channel)
    return mains.get(quantity) === channel ? base : `${base}.${channel}`
  }

  /** Of two fields that say the same of one device at one instant, the first counts. */
  #take(judged: NonNullable<Judged>, device: string, observedAt: number | undefined, field: string): void {
    if ('code' in judged) {
      this.#refused.push({ ...judged, field })
      return
    }
    const { quantity, value, unit } = judged, key = keyOf(device, quantity, observedAt)
    if (this.#taken.has(key)) return
    this.#taken.add(key)
    this.#readings.push({ device, quantity, value, unit, observedAt, field })
  }

  #refuse(path: string, detail: string): void {
    this.#refused.push({ code: 'BAD_PAYLOAD', field: `${PAYLOAD}.${path}`, detail })
  }

  #nothing(payload: unknown): Refusal {
    const field = PAYLOAD
    if (payload !== undefined) return { code: 'NO_READING', field, detail: 'No field of the decoded payload is known by its name.' }
    if (own(this.#uplink, 'frm_payload') === undefined) return { code: 'NO_READING', field, detail: 'The uplink carries no payload.' }
    return { code: 'NO_READING', field, detail: 'The payload is not decoded: set a payload formatter for the device or its application.' }
  }

  #reports(location: Position | undefined): readonly DeviceReport[] {
    const roles = new Map<string, Role | undefined>()
    for (const { device, quantity } of this.#readings) {
      if (quantity === 'parking') roles.set(device, 'parkingSpot')
      else if (!roles.has(device) && !STATUS.has(quantity)) roles.set(device, undefined)
    }
    if (this.#known.family?.role) roles.set(this.#device, this.#known.family.role)
    else if (location && !roles.has(this.#device)) roles.set(this.#device, undefined)
    const reports = [...roles].map(([device, role]): DeviceReport => ({ device, ...role && { role }, ...location && { location } }))
    return reports.filter(({ role }) => role || location)
  }
}

function keyOf(device: string, quantity: Quantity, observedAt: number | undefined): string {
  return `${device} ${quantity} ${observedAt}`
}
