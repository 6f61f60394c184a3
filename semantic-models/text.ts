// The JSON text of an entity's members (NGSI-LD normalized form). Whatever a device chose is escaped here, once.
import type { Model } from '#semantic-models/model.ts'

/** UTC with three decimals. */
export function timeText(milliseconds: number): string { return new Date(milliseconds).toISOString() }

/** A measured number, text or object of numbers; `code` for all but texts. */
export function measured(name: string, value: string, code: string | undefined, time: string): string {
  return `,"${name}":{"type":"Property","value":${value}${code === undefined ? '' : `,"unitCode":"${code}"`},"observedAt":"${time}"}`
}

/** A property that does not change with the measurement; `value` is JSON text. */
export function fixed(name: string, value: string): string { return `,"${name}":{"type":"Property","value":${value}}` }

export function instant(name: string, time: string): string { return fixed(name, `{"@type":"DateTime","@value":"${time}"}`) }

export function relationship(name: string, urn: string): string { return `,"${name}":{"type":"Relationship","object":${JSON.stringify(urn)}}` }

/** At most seven decimals: a centimetre. */
export function geo([longitude, latitude]: readonly [number, number]): string {
  return `,"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[${Number(longitude.toFixed(7))},${Number(latitude.toFixed(7))}]}}`
}

/** id, type and the member that says when. `opaque` is ours, or ours and a quantity. */
export function headText(model: Model, opaque: string, time: string): string {
  const when = model.time === 'none' ? '' : instant(model.time, time)
  return `{"id":"urn:ngsi-ld:${model.type}:${opaque}","type":"${model.type}"${when}`
}
