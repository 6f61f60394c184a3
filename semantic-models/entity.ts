// An NGSI-LD entity in pieces, one for each attribute, so that a view of it is a matter of leaving some out.
import type { Model } from '#semantic-models/model.ts'
import { modelOf } from '#semantic-models/registry.ts'

/** One attribute, ready to be emitted: `,"temperature":{…}`. `bit` is its bit in a mask (Model.bitOf). */
export interface Part { readonly bit: number, readonly text: string }

export interface Entity {
  readonly model: Model
  /** `{"id":…,"type":…` and the time member: what always travels, with the context. */
  readonly head: string
  /** In the model's order. */
  readonly parts: readonly Part[]
  readonly mask: number
}

/** The NGSI-LD text of what the mask lets out (normalized form, ETSI GS CIM 009 §4.5.1), without white space. */
export function view(entity: Entity, mask: number): string {
  let text = entity.head
  for (const part of entity.parts) if ((part.bit & mask) !== 0) text += part.text
  return text + entity.model.tail
}

/** The key-values view (ETSI GS CIM 009 §4.5.4) of a normalized entity: what the published schemas describe. */
export function keyValues(entity: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const view: Record<string, unknown> = {}, isList = modelOf(String(entity['type']))?.refDevice === 'list'
  for (const [name, member] of Object.entries(entity)) {
    if (name === '@context') continue
    view[name] = typeof member === 'object' && member !== null ? plain(member as Record<string, unknown>) : member
    if (name === 'refDevice' && isList) view[name] = [view[name]]
  }
  return view
}

function plain(member: Record<string, unknown>): unknown {
  const value = 'object' in member ? member['object'] : member['value']
  return typeof value === 'object' && value !== null && '@value' in value ? value['@value'] : value
}
