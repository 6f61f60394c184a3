// A message as a measurement of InfluxDB 1.x. Pure.
import { keyValues } from '#semantic-models/entity.ts'

/** A point, before it is line protocol. */
export interface Point {
  /** The entity's type. */
  readonly measurement: string
  /** `stream`, `consent` (by which it was let out) and, of a DeviceMeasurement, `quantity`. */
  readonly tags: Readonly<Record<string, string>>
  readonly fields: Readonly<Record<string, number | boolean | string>>
  /** Nanoseconds since 1970. */
  readonly timestamp: string
}

export interface PointOrigin {
  readonly streamId: string
  readonly consentId: string
  /** Counts the messages of the stream. */
  readonly position: number
  /** Our receipt, in milliseconds since 1970: for an entity that tells no time of its own. */
  readonly receivedAt: number
}

/** Where models tell the time of what they say. */
const TIME_MEMBERS = ['dateObserved', 'timeInstant', 'observationDateTime'] as const
/** What is not measured, and what stands in a tag. */
const NO_FIELDS: ReadonlySet<string> = new Set(['id', 'type', 'controlledProperty', ...TIME_MEMBERS])
const NANOSECONDS = 1_000_000

/**
 * The point of a view (NGSI-LD, normalized); undefined where nothing of it can be a field. Two messages of one instant stay two points, and
 * one message written twice stays one: its position stands where nanoseconds would.
 */
export function pointOf(content: string, { streamId, consentId, position, receivedAt }: PointOrigin): Point | undefined {
  const entity = JSON.parse(content) as Record<string, unknown>, values = keyValues(entity), fields: Record<string, number | boolean | string> = {}
  for (const [name, value] of Object.entries(values)) if (!NO_FIELDS.has(name)) addFields(fields, name, value)
  if (Object.keys(fields).length === 0) return undefined
  const quantity = values['controlledProperty'], observedAt = timeOf(entity, values)
  return {
    measurement: String(values['type']), fields, timestamp: `${Number.isNaN(observedAt) ? receivedAt : observedAt}${String(position % NANOSECONDS).padStart(6, '0')}`,
    tags: { stream: streamId, consent: consentId, ...quantity !== undefined && { quantity: textOf(quantity) } },
  }
}

/** NaN where it tells none. */
function timeOf(entity: Readonly<Record<string, unknown>>, values: Readonly<Record<string, unknown>>): number {
  const told = TIME_MEMBERS.map(name => values[name]).find(value => typeof value === 'string')
  const observed = Object.values(entity).map(member => (member as { observedAt?: unknown } | null)?.observedAt).find(value => typeof value === 'string')
  return Date.parse(String(told ?? observed))
}

/** Numbers, texts and yes or no as they are; the members of an object each by itself (`phaseVoltage_L1`); a list as one text. */
function addFields(fields: Record<string, number | boolean | string>, name: string, value: unknown): void {
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') fields[name] = value
  else if (isGeoPoint(value)) [fields[`${name}_lon`], fields[`${name}_lat`]] = value.coordinates
  else if (Array.isArray(value)) fields[name] = value.every(item => typeof item !== 'object') ? value.join(',') : JSON.stringify(value)
  else if (typeof value === 'object' && value !== null) for (const [member, part] of Object.entries(value)) addFields(fields, `${name}_${member}`, part)
}

function isGeoPoint(value: unknown): value is { coordinates: [number, number] } {
  return typeof value === 'object' && value !== null && (value as { type?: unknown }).type === 'Point' && Array.isArray((value as { coordinates?: unknown }).coordinates)
}

/** One quantity, or a list of them. */
function textOf(quantity: unknown): string { return (Array.isArray(quantity) ? quantity : [quantity]).map(String).join(',') }
