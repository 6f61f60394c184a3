// Reads MQTT 3.1, 3.1.1 and 5 packets off their bytes, and refuses each that the standard does not allow. Numbers in brackets are its clauses:
// those of 3.1.1, and with a 5 in front those of MQTT 5.
import type { Packet } from '#adapters/packet.ts'
import { PacketReader } from '#gateway/mqtt/codec/reader.ts'
import type { Properties } from '#gateway/mqtt/codec/properties.ts'
import { malformed, protocolError, REASON, Refusal, Violation } from '#gateway/mqtt/codec/reason.ts'
import type { Frame } from '#gateway/mqtt/frames.ts'
import { isTopicFilter, isTopicName } from '#gateway/mqtt/text.ts'

/** Packet types (§2.2.1): the upper half of the first byte. */
export const TYPE = {
  CONNECT: 1, CONNACK: 2, PUBLISH: 3, PUBACK: 4, PUBREC: 5, PUBREL: 6, PUBCOMP: 7,
  SUBSCRIBE: 8, SUBACK: 9, UNSUBSCRIBE: 10, UNSUBACK: 11, PINGREQ: 12, PINGRESP: 13, DISCONNECT: 14, AUTH: 15,
} as const

export type Qos = Packet['qos']
/** MQTT 3.1, 3.1.1 and 5, by the level that they have on the wire. */
export type Version = 3 | 4 | 5

/** A PUBLISH; `id` is 0 for QoS 0. `topic` is inside its source and empty where an alias stands for it, `payload` a view of the frame. */
export interface Publish extends Packet {
  readonly id: number
  readonly isDuplicate: boolean
  readonly properties: Properties | undefined
}

export interface Will {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: Qos
  readonly retain: boolean
  readonly properties: Properties | undefined
}

export interface Connect {
  readonly version: Version
  /** A bridge of Mosquitto's says so in its level: it gets no echo of its own, and the retain flag as it was published. */
  readonly isBridge: boolean
  readonly isClean: boolean
  /** Empty where the client leaves it to us. */
  readonly clientId: string
  /** In seconds; 0 for none. */
  readonly keepAlive: number
  readonly username: string | undefined
  readonly password: Uint8Array | undefined
  readonly will: Will | undefined
  readonly properties: Properties
}

export interface Acknowledgement { readonly id: number, readonly code: number }

export interface FilterWish {
  readonly filter: string
  readonly qos: Qos
  readonly noLocal: boolean
  readonly retainAsPublished: boolean
  /** 0: retained values are sent; 1: if the subscription is new; 2: not at all. */
  readonly retainHandling: number
}

export interface Subscribe { readonly id: number, readonly wishes: readonly FilterWish[], readonly subscriptionId: number | undefined }
export interface Unsubscribe { readonly id: number, readonly filters: readonly string[] }
export interface Disconnect { readonly code: number, readonly properties: Properties }

const LEVELS: ReadonlyMap<string, readonly number[]> = new Map([['MQIsdp', [3]], ['MQTT', [4, 5]]])
const BRIDGE_BIT = 0x80

/** §3.1. What is no CONNECT is a Violation and answered by silence; one that we do not take is a Refusal. */
export function readConnect(frame: Frame): Connect {
  const reader = new PacketReader(frame), name = reader.raw().toString('latin1'), level = reader.byte(), isBridge = (level & BRIDGE_BIT) !== 0 && level < 0x85
  const version = (isBridge ? level & ~BRIDGE_BIT : level) as Version
  const levels = LEVELS.get(name)
  if (!levels) throw new Violation('bad-protocol')
  if (!levels.includes(version)) throw new Refusal('bad-protocol', REASON.UNSUPPORTED_VERSION)
  if (version !== 3 && (frame.bytes[frame.start]! & 0x0f) !== 0) throw malformed() // [MQTT-2.2.2-2]; MQTT 3.1 did not say so
  const flags = readFlags(reader.byte(), version), keepAlive = reader.word()
  const properties = (version === 5 ? reader.properties('CONNECT') : undefined) ?? {}
  const clientId = reader.text()
  const will = flags.hasWill ? readWill(reader, flags, version) : undefined
  const username = flags.hasUsername ? reader.text() : undefined
  const password = flags.hasPassword ? reader.raw() : undefined
  reader.finish()
  if (properties.authData !== undefined && properties.authMethod === undefined) throw protocolError() // [5 §3.1.2.11.10]
  return { version, isBridge, isClean: flags.isClean, clientId, keepAlive, username, password, will, properties }
}

interface ConnectFlags {
  readonly isClean: boolean
  readonly hasWill: boolean
  readonly willQos: Qos
  readonly willRetain: boolean
  readonly hasUsername: boolean
  readonly hasPassword: boolean
}

function readFlags(bits: number, version: Version): ConnectFlags {
  const hasWill = (bits & 0x04) !== 0, willQos = (bits >> 3) & 3, willRetain = (bits & 0x20) !== 0
  const hasPassword = (bits & 0x40) !== 0, hasUsername = (bits & 0x80) !== 0
  const isWrong = ((bits & 0x01) !== 0 && version !== 3) // [MQTT-3.1.2-3]
    || willQos === 3 // [MQTT-3.1.2-14]
    || (!hasWill && (willQos !== 0 || willRetain)) // [MQTT-3.1.2-11], [MQTT-3.1.2-15]
    || (hasPassword && !hasUsername && version !== 5) // [MQTT-3.1.2-22], allowed by MQTT 5
  if (isWrong) throw malformed()
  return { isClean: (bits & 0x02) !== 0, hasWill, willQos: willQos as Qos, willRetain, hasUsername, hasPassword }
}

function readWill(reader: PacketReader, flags: ConnectFlags, version: Version): Will {
  const properties = version === 5 ? reader.properties('WILL') : undefined
  checkResponseTopic(properties)
  const topic = reader.topic(isNameOrNothing)
  if (topic === '') throw malformed()
  return { topic, payload: Buffer.from(reader.raw()), qos: flags.willQos, retain: flags.willRetain, properties }
}

/** It is a topic name [MQTT5-3.3.2-14], [MQTT5-4.7.3-1]. */
function checkResponseTopic(properties: Properties | undefined): void {
  if (properties?.responseTopic !== undefined && !isName(properties.responseTopic)) throw protocolError()
}

/** An alias may stand for a topic of no byte. */
function isNameOrNothing(bytes: Uint8Array, start: number, end: number): boolean { return start === end || isTopicName(bytes, start, end) }

/** §3.3. The payload is opaque: it is not looked at. */
export function readPublish(frame: Frame, version: Version, receivedAt: number): Publish {
  const first = frame.bytes[frame.start]!, qos = ((first >> 1) & 3) as Qos, reader = new PacketReader(frame)
  const topic = reader.topic(isNameOrNothing), id = qos === 0 ? 0 : readId(reader)
  const properties = version === 5 ? reader.properties('PUBLISH') : undefined
  checkResponseTopic(properties)
  if ((properties?.subscriptionIds?.length ?? 0) > 1) throw protocolError()
  if (topic === '' && properties?.topicAlias === undefined) throw malformed() // [MQTT-4.7.3-1]
  return { topic, id, qos, retain: (first & 1) === 1, isDuplicate: (first & 8) !== 0, properties, payload: reader.rest(), receivedAt }
}

/** §3.4 to §3.7: PUBACK, PUBREC, PUBREL, PUBCOMP. `codes`: those that MQTT 5 allows there. */
export function readAcknowledgement(frame: Frame, version: Version, codes: ReadonlySet<number>): Acknowledgement {
  const reader = new PacketReader(frame), id = readId(reader)
  if (reader.isAtEnd) return { id, code: REASON.SUCCESS }
  if (version !== 5) throw malformed()
  const code = reader.byte()
  if (!reader.isAtEnd) reader.properties('ACK')
  reader.finish()
  if (!codes.has(code)) throw protocolError()
  return { id, code }
}

/** §3.8: at least one filter [MQTT-3.8.3-3], each with a QoS [MQTT-3-8.3-4]. */
export function readSubscribe(frame: Frame, version: Version): Subscribe {
  const reader = new PacketReader(frame), id = readId(reader, malformed)
  const properties = version === 5 ? reader.properties('SUBSCRIBE', REASON.MALFORMED) : undefined, ids = properties?.subscriptionIds ?? []
  if (ids.length > 1) throw protocolError() // [5 §3.8.2.1.2]
  const wishes: FilterWish[] = []
  do wishes.push(readWish(reader, version))
  while (!reader.isAtEnd)
  return { id, wishes, subscriptionId: ids[0] }
}

function readWish(reader: PacketReader, version: Version): FilterWish {
  const filter = readFilter(reader), options = reader.byte(), qos = options & 3, retainHandling = (options >> 4) & 3
  const isWrong = version === 5 ? qos === 3 || retainHandling === 3 || (options & 0xc0) !== 0 : options > 2
  if (isWrong) throw malformed()
  const noLocal = (options & 4) !== 0
  if (noLocal && filter.startsWith('$share/')) throw protocolError() // [MQTT5-3.8.3-4]
  return { filter, qos: qos as Qos, noLocal, retainAsPublished: (options & 8) !== 0, retainHandling }
}

/** §3.10. */
export function readUnsubscribe(frame: Frame, version: Version): Unsubscribe {
  const reader = new PacketReader(frame), id = readId(reader, malformed)
  if (version === 5) reader.properties('UNSUBSCRIBE', REASON.MALFORMED)
  const filters: string[] = []
  do filters.push(readFilter(reader))
  while (!reader.isAtEnd)
  return { id, filters }
}

/** A share has a name without wildcards, and a filter behind it [MQTT5-4.8.2-1], [MQTT5-4.8.2-2]. */
function readFilter(reader: PacketReader): string {
  const filter = reader.topic(isTopicFilter)
  if (filter.startsWith('$share/') && !/^\$share\/[^/+#]+\/./.test(filter)) throw new Violation('bad-topic', REASON.PROTOCOL_ERROR)
  return filter
}

const DISCONNECT_CODES: ReadonlySet<number> = new Set([0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99])

/** §3.14. */
export function readDisconnect(frame: Frame, version: Version): Disconnect {
  const reader = new PacketReader(frame)
  if (version !== 5) reader.finish()
  if (reader.isAtEnd) return { code: REASON.NORMAL, properties: {} }
  const code = reader.byte(), properties = reader.isAtEnd ? undefined : reader.properties('DISCONNECT')
  reader.finish()
  if (!DISCONNECT_CODES.has(code)) throw new Violation('malformed')
  return { code, properties: properties ?? {} }
}

/** Never 0 [MQTT-2.3.1-1]. */
function readId(reader: PacketReader, fault: () => Violation = protocolError): number {
  const id = reader.word()
  if (id === 0) throw fault()
  return id
}

function isName(text: string): boolean {
  const bytes = Buffer.from(text)
  return isTopicName(bytes, 0, bytes.length)
}
