// What of an entity a flow gets: some of its attributes, in one of two forms.
import type { Entity } from './envelope.ts'
import { isRecord } from './record.ts'

/** Not attributes one could leave out: whose they are, what they mean, and when they were observed. */
export const ALWAYS = new Set(['id', 'type', '@context', 'dateObserved', 'observationDateTime', 'timeInstant'])

export type Output = 'entity' | 'keyValues'

/** The entity with these attributes and what always travels; undefined where it has none of them. No names: all of it. */
export function withAttributes(entity: Entity, names: readonly string[]): Entity | undefined {
  if (names.length === 0) return entity
  if (!names.some(name => name in entity)) return undefined
  return Object.fromEntries(Object.entries(entity).filter(([name]) => ALWAYS.has(name) || names.includes(name)))
}

/** The key-values form of a normalized entity (ETSI GS CIM 009 §4.5.4): each attribute its bare value. */
export function keyValues(entity: Entity): Entity {
  const members = Object.entries(entity).filter(([name]) => name !== '@context')
  return Object.fromEntries(members.map(([name, member]) => [name, valueOf(member)]))
}

/** The value of a property, the object of a relationship, a literal as its text. */
export function valueOf(member: unknown): unknown {
  if (!isRecord(member)) return member
  const value = 'object' in member ? member['object'] : member['value']
  return isRecord(value) && '@value' in value ? value['@value'] : value
}
