// Rules for text on the raw bytes, before anything turns them into a string: a decoder would repair what must be refused.

/** UTF-8 bytes of a topic name or filter, as many as the protocol can write. */
export const TOPIC_BYTES_MAX = 65_535
/** Levels of a topic name or filter, as many as Mosquitto takes. */
export const TOPIC_LEVELS_MAX = 201

const HASH = 0x23, PLUS = 0x2b, SLASH = 0x2f
/** The smallest code point that needs a sequence of so many bytes: less is an overlong form. */
const SMALLEST = [0, 0, 0x80, 0x800, 0x10000]

/**
 * True when the bytes are well-formed UTF-8 (RFC 3629) and hold none of the characters that §1.5.3 forbids or lets us refuse: surrogates
 * [MQTT-1.5.3-1], U+0000 [MQTT-1.5.3-2], control characters, non-characters.
 */
export function isText(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start
  while (at < end) {
    const first = bytes[at]!
    if (first < 0x80) {
      if (first < 0x20 || first === 0x7f) return false
      at++
      continue
    }
    const size = sequenceSize(first)
    if (size === 0 || at + size > end || isForbidden(codePoint(bytes, at, size))) return false
    at += size
  }
  return true
}

/** True for a topic name: not empty [MQTT-4.7.3-1], no wildcard [MQTT-3.3.2-2], within the limits. Its text is checked apart. */
export function isTopicName(bytes: Uint8Array, start: number, end: number): boolean {
  if (end === start || end - start > TOPIC_BYTES_MAX) return false
  let levels = 1
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte === SLASH) levels++
    else if (byte === HASH || byte === PLUS) return false
  }
  return levels <= TOPIC_LEVELS_MAX
}

/** True for a topic filter: each wildcard fills its level, `#` is the last [MQTT-4.7.1-2], [MQTT-4.7.1-3]. Its text is checked apart. */
export function isTopicFilter(bytes: Uint8Array, start: number, end: number): boolean {
  if (end === start || end - start > TOPIC_BYTES_MAX) return false
  let levels = 1
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte === SLASH) levels++
    if (byte !== HASH && byte !== PLUS) continue
    const fillsLevel = (at === start || bytes[at - 1] === SLASH) && (at + 1 === end || bytes[at + 1] === SLASH)
    if (!fillsLevel || (byte === HASH && at + 1 !== end)) return false
  }
  return levels <= TOPIC_LEVELS_MAX
}

/** Bytes of the sequence that a lead byte announces; 0 for a byte that cannot lead. */
function sequenceSize(first: number): number {
  if (first >= 0xc2 && first <= 0xdf) return 2
  if (first >= 0xe0 && first <= 0xef) return 3
  if (first >= 0xf0 && first <= 0xf4) return 4
  return 0
}

/** The code point of a sequence, or 0, which is forbidden, where it is ill-formed or overlong. */
function codePoint(bytes: Uint8Array, start: number, size: number): number {
  let point = bytes[start]! & (0x7f >> size)
  for (let at = start + 1; at < start + size; at++) {
    if ((bytes[at]! & 0xc0) !== 0x80) return 0
    point = (point << 6) | (bytes[at]! & 0x3f)
  }
  return point < SMALLEST[size]! ? 0 : point
}

function isForbidden(point: number): boolean {
  return point <= 0x9f || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)
    || (point & 0xfffe) === 0xfffe || (point >= 0xfdd0 && point <= 0xfdef)
}
