// Reads MQTT 3.1.1 packets off their bytes and refuses each that the standard does not allow. Numbers in brackets are its clauses.
import type { Packet } from '#adapters/packet.ts'
import { CONNACK, Violation } from '#gateway/mqtt/close-reason.ts'
import type { Frame, LengthRanges } from '#gateway/mqtt/frames.ts'
import type { MqttLimits } from '#gateway/mqtt/limits.ts'
import { PacketReader } from '#gateway/mqtt/packet-reader.ts'

/** Packet types (§2.2.1): the upper half of the first byte. */
export const TYPE = {
  CONNECT: 1, CONNACK: 2, PUBLISH: 3, PUBACK: 4, PUBREC: 5, PUBREL: 6, PUBCOMP: 7,
  SUBSCRIBE: 8, UNSUBSCRIBE: 10, PINGREQ: 12, DISCONNECT: 14,
} as const

export type Qos = Packet['qos']

/** A PUBLISH; `id` is 0 for QoS 0. `topic` is inside its source, `payload` a view of what the socket brought. */
export interface Publish extends Packet { readonly id: number }

export type Will = Omit<Packet, 'receivedAt'>

export interface Connect {
  /** Empty where the client leaves it to us. */
  readonly clientId: string
  /** In seconds; 0 for none. */
  readonly keepAlive: number
  readonly username: string | undefined
  readonly password: Uint8Array | undefined
  readonly will: Will | undefined
}

const PROTOCOL_NAME = 'MQTT'
const PROTOCOL_LEVEL = 4
const FIXED_TWO = { min: 2, max: 2 }
const EMPTY = { min: 0, max: 0 }
/** Filters of SUBSCRIBE and UNSUBSCRIBE: a packet id, and one filter of one byte. */
const SUBSCRIBE_BYTES_MIN = 6
const UNSUBSCRIBE_BYTES_MIN = 5
/** A protocol name, which may be shorter than ours and is answered all the same. */
const CONNECT_BYTES_MIN = 2
/** A topic of one byte with its length. */
const PUBLISH_BYTES_MIN = 3

/** Before a CONNECT nothing else may come [MQTT-3.1.0-1]. */
export function rangesBeforeConnect(limits: MqttLimits): LengthRanges {
  return sparse([[0x10, { min: CONNECT_BYTES_MIN, max: limits.connectBytesMax }]])
}

/**
 * After it: no second CONNECT [MQTT-3.1.0-2], nothing that only a server sends, no reserved type, the flags of §2.2.2, no QoS 3
 * [MQTT-3.3.1-4], and no DUP with QoS 0 [MQTT-3.3.1-2].
 */
export function rangesAfterConnect(limits: MqttLimits): LengthRanges {
  const publish = { min: PUBLISH_BYTES_MIN, max: limits.publishBytesMax }
  const publishes = [0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x3a, 0x3b, 0x3c, 0x3d].map(first => [first, publish] as const)
  return sparse([
    ...publishes,
    [0x40, FIXED_TWO], [0x50, FIXED_TWO], [0x62, FIXED_TWO], [0x70, FIXED_TWO],
    [0x82, { min: SUBSCRIBE_BYTES_MIN, max: limits.filtersBytesMax }],
    [0xa2, { min: UNSUBSCRIBE_BYTES_MIN, max: limits.filtersBytesMax }],
    [0xc0, EMPTY], [0xe0, EMPTY],
  ])
}

function sparse(entries: readonly (readonly [number, { min: number, max: number }])[]): LengthRanges {
  const ranges = new Array<{ min: number, max: number } | undefined>(256).fill(undefined)
  for (const [first, range] of entries) ranges[first] = range
  return ranges
}

/** §3.1. A protocol or a client id that we do not take is a Violation with a CONNACK. */
export function readConnect(frame: Frame): Connect {
  const reader = new PacketReader(frame)
  const isOurs = reader.raw().toString('latin1') === PROTOCOL_NAME && reader.byte() === PROTOCOL_LEVEL
  if (!isOurs) throw new Violation('bad-protocol', CONNACK.BAD_PROTOCOL)
  const flags = readFlags(reader.byte())
  const keepAlive = reader.word()
  const clientId = reader.text()
  const will = flags.hasWill ? readWill(reader, flags) : undefined
  const username = flags.hasUsername ? reader.text() : undefined
  const password = flags.hasPassword ? reader.raw() : undefined
  reader.finish()
  if (clientId === '' && !flags.isClean) throw new Violation('bad-client-id', CONNACK.BAD_CLIENT_ID) // [MQTT-3.1.3-8]
  return { clientId, keepAlive, username, password, will }
}

interface ConnectFlags {
  readonly isClean: boolean
  readonly hasWill: boolean
  readonly willQos: Qos
  readonly willRetain: boolean
  readonly hasUsername: boolean
  readonly hasPassword: boolean
}

function readFlags(bits: number): ConnectFlags {
  const hasWill = (bits & 0x04) !== 0, willQos = (bits >> 3) & 3, willRetain = (bits & 0x20) !== 0
  const hasPassword = (bits & 0x40) !== 0, hasUsername = (bits & 0x80) !== 0
  const isWrong = (bits & 0x01) !== 0 // [MQTT-3.1.2-3]
    || willQos === 3 // [MQTT-3.1.2-14]
    || (!hasWill && (willQos !== 0 || willRetain)) // [MQTT-3.1.2-11], [MQTT-3.1.2-15]
    || (hasPassword && !hasUsername) // [MQTT-3.1.2-22]
  if (isWrong) throw new Violation('malformed')
  return { isClean: (bits & 0x02) !== 0, hasWill, willQos: willQos as Qos, willRetain, hasUsername, hasPassword }
}

function readWill(reader: PacketReader, flags: ConnectFlags): Will {
  const topic = reader.topicName()
  return { topic, payload: Buffer.from(reader.raw()), qos: flags.willQos, retain: flags.willRetain }
}

/** §3.3. The payload is opaque: it is not looked at. */
export function readPublish(frame: Frame, receivedAt: number): Publish {
  const first = frame.bytes[frame.start]!, qos = ((first >> 1) & 3) as Qos
  const reader = new PacketReader(frame)
  const topic = reader.topicName()
  const id = qos === 0 ? 0 : reader.packetId()
  return { topic, payload: reader.rest(), qos, retain: (first & 1) === 1, receivedAt, id }
}

/** §3.8 and §3.10: a packet id and at least one filter [MQTT-3.8.3-3], [MQTT-3.10.3-2]; SUBSCRIBE has a QoS after each. */
export function checkFilters(frame: Frame): void {
  const hasQos = frame.bytes[frame.start]! >> 4 === TYPE.SUBSCRIBE
  const reader = new PacketReader(frame)
  reader.packetId()
  do {
    reader.checkFilter()
    if (hasQos && reader.byte() > 2) throw new Violation('malformed') // [MQTT-3-8.3-4]
  } while (!reader.isAtEnd)
}

/** The packet id of PUBACK, PUBREC, PUBREL and PUBCOMP (§3.4 to §3.7). */
export function readPacketId(frame: Frame): number { return new PacketReader(frame).packetId() }
