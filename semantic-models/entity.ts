// An NGSI-LD entity in pieces, one for each attribute, so that a view of it is a matter of leaving some out.
import { isUtf8 } from 'node:buffer'
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

/** Another form of the texts, or another pair of contexts for a type, is another format: what was kept keeps its meaning. */
const FORMAT = '1'

/**
 * What the mask lets out, as bytes that `unpack` takes back: a line `<format> <type> <number of attributes>`, the head, and a line for each
 * attribute; no text holds a line feed, as JSON escapes it. An attribute's name stands in its own text, so that another order of attributes
 * in a later version cannot misread it.
 */
export function pack({ model, head, parts }: Entity, mask: number): Buffer {
  let lines = head, count = 0
  for (const part of parts) {
    if ((part.bit & mask) === 0) continue
    lines += `\n${part.text}`
    count++
  }
  return Buffer.from(`${FORMAT} ${model.type} ${count}\n${lines}`)
}

/** The entity of packed bytes, without attributes that its model does not have any more. Throws a RangeError for bytes that `pack` did not make. */
export function unpack(packed: Uint8Array): Entity {
  if (!isUtf8(packed)) throw new RangeError('Packed entity that is no text')
  const [first = '', head = '', ...texts] = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength).toString().split('\n')
  const [format, type = '', count] = first.split(' '), model = modelOf(type)
  if (format !== FORMAT || !model) throw new RangeError(`Packed entity of an unknown format or type: ${JSON.stringify(first.slice(0, 80))}`)
  const isWhole = texts.length === Number(count) && head.startsWith(`{"id":"urn:ngsi-ld:${type}:`) && texts.every(isPart)
  if (!isWhole) throw new RangeError(`Packed ${type} that is not whole`)
  const parts = texts.map(text => ({ text, bit: model.bitOf(nameIn(text)) ?? 0 })).filter(({ bit }) => bit !== 0)
  return { model, head, parts, mask: parts.reduce((mask, { bit }) => mask | bit, 0) }
}

function isPart(text: string): boolean {
  return text.startsWith(',"') && text.endsWith('}') && text.startsWith('":{"type":"', text.indexOf('"', 2))
}

/** `,"name":…` → name */
function nameIn(text: string): string { return text.slice(2, text.indexOf('"', 2)) }
