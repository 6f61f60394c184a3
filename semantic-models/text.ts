// The JSON text of an entity's members (NGSI-LD normalized form, ETSI GS CIM 009 §4.5.1).
// Whatever a device or its owner chose is escaped here, once.
import type { Model } from '#semantic-models/model.ts'

/** Decimals of a degree: a centimetre. */
const LOCATION_DECIMALS = 7
/** An absolute IRI without the characters that RDF forbids in one (RFC 3987, N-Quads). */
const IRI = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`\p{Cc}\p{Cs}]+$/u

const SECOND = 1000
/** `.250Z`, ready for each millisecond. */
const MILLISECONDS = Array.from({ length: SECOND }, (_, ms) => `.${String(ms).padStart(3, '0')}Z`)

let lastSecond = NaN, secondText = ''

/** UTC with three decimals, for whole milliseconds of the years 1970 to 9999. Remembers the last second: what arrives now is of now. */
export function timeText(milliseconds: number): string {
  const ms = milliseconds % SECOND, second = milliseconds - ms
  if (second !== lastSecond) {
    secondText = new Date(second).toISOString().slice(0, -MILLISECONDS[0]!.length)
    lastSecond = second
  }
  return secondText + MILLISECONDS[ms]!
}

/** What stands before the value of a measured attribute … */
export function opening(name: string): string { return `,"${name}":{"type":"Property","value":` }
/** In bytes: names are ASCII. */
export function openingBytes(name: string): number { return name.length + OPENING_BYTES }
/** … what stands behind it, `code` being the unit of a number … */
export function closing(code?: string): string { return code === undefined ? ',"observedAt":"' : `,"unitCode":"${code}","observedAt":"` }
/** … and behind its instant. */
export const END = '"}'

/** A property that does not change with the measurement; `value` is JSON text. */
export function fixed(name: string, value: string): string { return `,"${name}":{"type":"Property","value":${value}}` }

export function instant(name: string, time: string): string { return `${instantOpening(name)}${time}${INSTANT_END}` }

/** Undefined where the text is no IRI. */
export function relationship(name: string, iri: string): string | undefined {
  return IRI.test(iri) ? `,"${name}":{"type":"Relationship","object":${JSON.stringify(iri)}}` : undefined
}

/** Undefined where there is no such place on Earth. */
export function geo([longitude, latitude]: readonly [number, number]): string | undefined {
  if (!(Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90)) return undefined
  const coordinates = [longitude, latitude].map(degrees => Number(degrees.toFixed(LOCATION_DECIMALS)))
  return `,"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":${JSON.stringify(coordinates)}}}`
}

/** id, type and the member that says when, up to its instant. `opaque` is ours, or ours and a quantity. */
export function headOpening(model: Model, opaque: string): string {
  return `{"id":"urn:ngsi-ld:${model.type}:${opaque}","type":"${model.type}"${model.time === 'none' ? '' : instantOpening(model.time)}`
}

export function headText(model: Model, opening: string, time: string): string {
  return model.time === 'none' ? opening : opening + time + INSTANT_END
}

const OPENING_BYTES = opening('').length

const INSTANT_END = '"}}'
export function instantOpening(name: string): string { return `,"${name}":{"type":"Property","value":{"@type":"DateTime","@value":"` }
