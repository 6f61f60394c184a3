// Writes the packets that a server sends, each as ready bytes.
import { PROPERTY_RULES, type Properties, type PropertyRule } from '#gateway/mqtt/codec/properties.ts'
import { TYPE, type Qos, type Version } from '#gateway/mqtt/codec/packets.ts'
import { REASON } from '#gateway/mqtt/codec/reason.ts'

/** What a CONNACK of an older version says for a reason code of MQTT 5 (3.1.1 §3.2.2.3). */
const RETURN_CODES: Readonly<Record<number, number>> = {
  [REASON.SUCCESS]: 0, [REASON.UNSUPPORTED_VERSION]: 1, [REASON.BAD_CLIENT_ID]: 2, [REASON.UNAVAILABLE]: 3, [REASON.BUSY]: 3, [REASON.QUOTA]: 3, [REASON.BAD_CREDENTIALS]: 4,
}
const NOT_AUTHORIZED = 5
const SUBACK_FAILURE = 0x80
const NO_PROPERTIES = Buffer.from([0])

export function connack(version: Version, code: number, hasSession = false, properties: Properties = {}): Buffer {
  const flags = hasSession && version !== 3 ? 1 : 0
  return version === 5
    ? packet(TYPE.CONNACK << 4, [Buffer.from([flags, code]), encodeProperties(properties)])
    : Buffer.from([TYPE.CONNACK << 4, 2, flags, RETURN_CODES[code] ?? NOT_AUTHORIZED])
}

/** PUBACK, PUBREC, PUBREL, PUBCOMP. A code is told by MQTT 5 only, and there only when it says something. */
export function acknowledgement(type: number, id: number, version: Version, code: number = REASON.SUCCESS): Buffer {
  const first = (type << 4) | (type === TYPE.PUBREL ? 2 : 0)
  return version === 5 && code !== REASON.SUCCESS ? Buffer.from([first, 3, id >> 8, id & 0xff, code]) : Buffer.from([first, 2, id >> 8, id & 0xff])
}

/** What one takes that is no refusal, in every version. */
export const ACKNOWLEDGEMENT_BYTES = 4

/** Writes one that is no refusal. */
export function acknowledgementAt(into: Buffer, at: number, type: number, id: number): void {
  into[at] = (type << 4) | (type === TYPE.PUBREL ? 2 : 0)
  into[at + 1] = 2
  into[at + 2] = id >> 8
  into[at + 3] = id & 0xff
}

/** `properties`: told by MQTT 5 only. */
export function suback(id: number, version: Version, codes: readonly number[], properties?: Properties): Buffer {
  const told = version === 5 ? codes : codes.map(code => code > 2 ? SUBACK_FAILURE : code)
  return packet(TYPE.SUBACK << 4, [Buffer.from([id >> 8, id & 0xff]), ...version === 5 ? [properties ? encodeProperties(properties) : NO_PROPERTIES] : [], Buffer.from(told)])
}

export function unsuback(id: number, version: Version, codes: readonly number[]): Buffer {
  const head = Buffer.from([id >> 8, id & 0xff])
  return packet(TYPE.UNSUBACK << 4, version === 5 ? [head, NO_PROPERTIES, Buffer.from(codes)] : [head])
}

export const PINGRESP: Buffer = Buffer.from([TYPE.PINGRESP << 4, 0])

/** Only a server that speaks MQTT 5 says goodbye. */
export function disconnect(code: number, reasonString?: string): Buffer {
  return packet(TYPE.DISCONNECT << 4, [Buffer.from([code]), ...reasonString === undefined ? [] : [encodeProperties({ reasonString })]])
}

export interface PublishFields {
  readonly topic: Buffer
  readonly payload: Uint8Array
  readonly qos: Qos
  readonly id: number
  readonly retain: boolean
  readonly isDuplicate: boolean
  readonly properties: Properties | undefined
}

/** Of the properties, those that travel on, then what this hop adds. */
export function publish({ topic, payload, qos, id, retain, isDuplicate, properties }: PublishFields, version: Version): Buffer {
  const encoded = version !== 5 ? undefined : properties ? encodeProperties(properties) : NO_PROPERTIES
  const flags = (isDuplicate ? 8 : 0) | (qos << 1) | (retain ? 1 : 0), length = publishLength(topic, qos, encoded, payload.length)
  const bytes = Buffer.allocUnsafe(1 + variableSize(length) + length)
  bytes.set(payload, writePublish(bytes, 0, flags, length, topic, id, encoded))
  return bytes
}

/** The remaining length of a PUBLISH. `properties` are encoded; undefined: its reader has a version without. */
export function publishLength(topic: Buffer, qos: Qos, properties: Buffer | undefined, payloadBytes: number): number {
  return 2 + topic.length + (qos > 0 ? 2 : 0) + (properties?.length ?? 0) + payloadBytes
}

/** Bytes of a packet of this remaining length. */
export function packetBytes(length: number): number { return 1 + variableSize(length) + length }

/** Writes a PUBLISH up to its payload, from `at` on; gives where that begins. `flags` has the QoS; `id` counts where that is not 0. */
export function writePublish(into: Buffer, at: number, flags: number, length: number, topic: Buffer, id: number, properties: Buffer | undefined): number {
  into[at] = (TYPE.PUBLISH << 4) | flags
  let end = writeVariable(into, at + 1, length)
  end = into.writeUInt16BE(topic.length, end)
  end += topic.copy(into, end)
  if ((flags & 6) !== 0) end = into.writeUInt16BE(id, end)
  return properties ? end + properties.copy(into, end) : end
}

/** What travels on comes first, the rest in the order in which it stands in the object. */
export function encodeProperties({ forwarded, ...own }: Properties): Buffer {
  const parts = Object.entries(own).flatMap(([name, value]) => encodeProperty(RULES.get(name)!, value))
  if (forwarded) parts.unshift(forwarded)
  const length = parts.reduce((sum, part) => sum + part.length, 0), head = Buffer.allocUnsafe(variableSize(length))
  writeVariable(head, 0, length)
  return Buffer.concat([head, ...parts])
}

const RULES = new Map<string, PropertyRule>(PROPERTY_RULES.map(rule => [rule.name, rule]))

function encodeProperty(rule: PropertyRule, value: unknown): readonly Buffer[] {
  if (value === undefined) return []
  return (rule.isList ? value as unknown[] : [value]).map(each => Buffer.concat([Buffer.from([rule.id]), encodeValue(rule, each)]))
}

function encodeValue({ kind }: PropertyRule, value: unknown): Buffer {
  switch (kind) {
    case 'byte': return Buffer.from([value as number])
    case 'word': return number(2, value as number)
    case 'long': return number(4, value as number)
    case 'variable': { const bytes = Buffer.allocUnsafe(variableSize(value as number)); writeVariable(bytes, 0, value as number); return bytes }
    case 'text': return prefixed(Buffer.from(value as string))
    case 'binary': return prefixed(Buffer.from(value as Uint8Array))
    case 'pair': return Buffer.concat((value as [string, string]).map(text => prefixed(Buffer.from(text))))
  }
}

function number(bytes: number, value: number): Buffer {
  const written = Buffer.allocUnsafe(bytes)
  written.writeUIntBE(value, 0, bytes)
  return written
}

function prefixed(bytes: Buffer): Buffer { return Buffer.concat([number(2, bytes.length), bytes]) }

function packet(first: number, parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0), head = Buffer.allocUnsafe(1 + variableSize(length))
  head[0] = first
  writeVariable(head, 1, length)
  return Buffer.concat([head, ...parts])
}

/** §2.2.3: seven bits a byte, the lowest first. */
function variableSize(value: number): number { return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : 4 }

function writeVariable(bytes: Buffer, at: number, value: number): number {
  let rest = value
  do {
    const byte = rest & 0x7f
    rest >>>= 7
    bytes[at++] = rest > 0 ? byte | 0x80 : byte
  } while (rest > 0)
  return at
}
