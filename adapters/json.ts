// Bytes from a device → a value that can be read safely. They are untrusted: size, text and depth are checked before JSON.parse sees them.

/** Larger payloads are refused unread. Devices send at most some kilobytes. */
export const PAYLOAD_BYTES_MAX = 65_536

/** Arrays and objects inside one another. Devices nest five deep. */
export const PAYLOAD_DEPTH_MAX = 64

export type Parsed = { readonly ok: true, readonly value: unknown } | { readonly ok: false, readonly detail: string }

/** An object of JSON. Read it with `own`: a plain access would also find what the prototype has. */
export type JsonRecord = Readonly<Record<string, unknown>>

const BAD_UTF8 = 'The payload is not UTF-8.'
const TEXT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const PLAIN_DECIMAL = /^[+-]?\d+(?:\.\d+)?$/
const QUOTE = 0x22, BACKSLASH = 0x5c, ARRAY = 0x5b, ARRAY_END = 0x5d, OBJECT = 0x7b, OBJECT_END = 0x7d

/**
 * Strict JSON (RFC 8259): valid UTF-8 without a byte order mark, at most `bytesMax` long and PAYLOAD_DEPTH_MAX deep.
 * Never throws; `detail` says what is wrong and holds nothing of the payload.
 */
export function parsePayload(payload: Uint8Array, bytesMax = PAYLOAD_BYTES_MAX): Parsed {
  if (payload.length === 0) return { ok: false, detail: 'The payload is empty.' }
  if (payload.length > bytesMax) return { ok: false, detail: `The payload is longer than ${bytesMax} bytes.` }
  if (isTooDeep(payload)) return { ok: false, detail: `The payload is nested more than ${PAYLOAD_DEPTH_MAX} deep.` }
  const text = textOf(payload)
  if (text === undefined) return { ok: false, detail: BAD_UTF8 }
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch {
    return { ok: false, detail: 'The payload is not JSON.' }
  }
}

/** UTF-8 → text, undefined where it is not valid. A byte order mark stays in the text. */
export function textOf(payload: Uint8Array): string | undefined {
  try {
    return TEXT.decode(payload)
  } catch {
    return undefined
  }
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The record's own value under this key; what only its prototype has (`constructor`, `__proto__`) is not there. */
export function own(record: JsonRecord, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

/** A finite number, −0 as 0; undefined for everything else, texts included. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value + 0 : undefined
}

/**
 * For rules that say so: a plain decimal text as its number ("21.5", "-3", "007"). Blanks, exponents, hexadecimal, "NaN", "5." and a
 * trailing comma are refused: whoever sends them may mean something else.
 */
export function numberOfText(text: unknown): number | undefined {
  return typeof text === 'string' && PLAIN_DECIMAL.test(text) ? numberOf(Number(text)) : undefined
}

/** Counts brackets outside of texts; in UTF-8 no byte of a longer character looks like one. */
function isTooDeep(payload: Uint8Array): boolean {
  let depth = 0, isText = false
  for (let i = 0; i < payload.length; i++) {
    const byte = payload[i]
    if (isText) {
      if (byte === BACKSLASH) i++
      else if (byte === QUOTE) isText = false
    } else if (byte === QUOTE) isText = true
    else if (byte === OBJECT || byte === ARRAY) {
      if (++depth > PAYLOAD_DEPTH_MAX) return true
    } else if (byte === OBJECT_END || byte === ARRAY_END) depth--
  }
  return false
}
