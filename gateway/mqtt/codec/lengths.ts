// Which packets may come when, told by their first bytes, before the rest of them is held.
import { TYPE, type Version } from '#gateway/mqtt/codec/packets.ts'
import { REASON, Violation } from '#gateway/mqtt/codec/reason.ts'
import type { LengthRange, LengthRanges } from '#gateway/mqtt/frames.ts'
import type { MqttLimits } from '#gateway/mqtt/limits.ts'

/** A protocol name, which may be shorter than ours and is answered all the same. */
const CONNECT_BYTES_MIN = 2
/** A topic of no byte with its length: an alias may stand for it. */
const PUBLISH_BYTES_MIN = 2
/** An acknowledgement of MQTT 5 with a reason and properties of its own. */
const REASON_BYTES_MAX = 4_096

const SILENT = new Violation('malformed')
const TOO_LARGE = new Violation('too-large', REASON.TOO_LARGE)
const MALFORMED = new Violation('malformed', REASON.MALFORMED)
const PROTOCOL_ERROR = new Violation('malformed', REASON.PROTOCOL_ERROR)
const FROM_CLIENTS: ReadonlySet<number> = new Set([TYPE.PUBLISH, TYPE.PUBACK, TYPE.PUBREC, TYPE.PUBREL, TYPE.PUBCOMP, TYPE.SUBSCRIBE, TYPE.UNSUBSCRIBE, TYPE.PINGREQ, TYPE.DISCONNECT])

/** Before a CONNECT nothing else may come [MQTT-3.1.0-1]. */
export function rangesBeforeConnect(limits: MqttLimits): LengthRanges {
  const connect = { min: CONNECT_BYTES_MIN, max: limits.connectBytesMax, tooLong: new Violation('too-large') }
  return table(Array.from({ length: 16 }, (_, flags) => [TYPE.CONNECT << 4 | flags, connect] as const), () => SILENT)
}

/**
 * After it: no second CONNECT [MQTT-3.1.0-2], nothing that only a server sends, no reserved type, the flags of §2.2.2, no QoS 3
 * [MQTT-3.3.1-4], and no DUP with QoS 0 [MQTT-3.3.1-2].
 */
export function rangesAfterConnect(limits: MqttLimits, version: Version): LengthRanges {
  const publish = { min: PUBLISH_BYTES_MIN, max: limits.publishBytesMax, tooLong: TOO_LARGE }
  const filters = { min: 2, max: limits.filtersBytesMax, tooLong: TOO_LARGE }, empty = { min: 0, max: 0, tooLong: SILENT }
  const answer = version === 5 ? { min: 2, max: REASON_BYTES_MAX } : { min: 2, max: 2 }
  return table([
    ...[0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x3a, 0x3b, 0x3c, 0x3d].map(first => [first, publish] as const),
    [0x40, answer], [0x50, answer], [0x62, answer], [0x70, answer], [0x82, filters], [0xa2, filters],
    [0xc0, empty], [0xd0, empty], [0xe0, version === 5 ? { min: 0, max: REASON_BYTES_MAX } : empty],
  ], first => hasWrongFlags(first) ? MALFORMED : PROTOCOL_ERROR)
}

/** Of what a client may send, any first byte that is not in the table; of a server's SUBACK and UNSUBACK, those with flags. */
function hasWrongFlags(first: number): boolean {
  const type = first >> 4
  return FROM_CLIENTS.has(type) || ((type === TYPE.SUBACK || type === TYPE.UNSUBACK) && (first & 0x0f) !== 0)
}

function table(entries: readonly (readonly [number, LengthRange])[], otherwise: (first: number) => Violation): LengthRanges {
  const ranges: (LengthRange | Violation)[] = Array.from({ length: 256 }, (_, first) => otherwise(first))
  for (const [first, range] of entries) ranges[first] = range
  return ranges
}
