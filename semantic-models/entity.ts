// An NGSI-LD entity in pieces, one for each attribute, so that a view of it is a matter of leaving some out.
import type { Model } from '#semantic-models/model.ts'
import { modelOf } from '#semantic-models/registry.ts'

/** One attribute, ready to be emitted: `,"temperature":{…}`. */
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
export function keyValues(entity: Readonly<Record<string, unknown>>, model: Model): Record<string, unknown> {
  const view: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(entity)) {
    if (name === '@context') continue
    view[name] = typeof member === 'object' && member !== null ? plain(member as Record<string, unknown>) : member
    if (name === 'refDevice' && model.refDevice === 'list') view[name] = [view[name]]
  }
  return view
}

function plain(member: Record<string, unknown>): unknown {
  const value = 'object' in member ? member['object'] : member['value']
  return typeof value === 'object' && value !== null && '@value' in value ? value['@value'] : value
}

const FORMAT = 1
/** Format, length of the type, number of parts. */
const FIXED_BYTES = 3

/**
 * What the mask lets out, as bytes that `unpack` takes back. Self-describing: the name of an attribute stands in its own text, so a later order of attributes cannot misread it.
 * u8 format · u8 length of type · u8 number of parts · type · u32 length of head and of each part · their UTF-8 text
 */
export function pack(entity: Entity, mask: number): Buffer {
  const texts = [entity.head]
  for (const part of entity.parts) if ((part.bit & mask) !== 0) texts.push(part.text)
  const { type } = entity.model, lengths = texts.map(text => Buffer.byteLength(text))
  const bytes = Buffer.allocUnsafe(FIXED_BYTES + type.length + 4 * texts.length + lengths.reduce((sum, length) => sum + length, 0))
  bytes.writeUInt8(FORMAT, 0)
  bytes.writeUInt8(type.length, 1)
  bytes.writeUInt8(texts.length - 1, 2)
  let at = FIXED_BYTES + bytes.write(type, FIXED_BYTES, 'latin1')
  for (const length of lengths) at = bytes.writeUInt32LE(length, at)
  for (const text of texts) at += bytes.write(text, at)
  return bytes
}

/** The entity of packed bytes. Throws a RangeError for bytes that `pack` did not make. */
export function unpack(packed: Uint8Array): Entity {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength)
  if (bytes.readUInt8(0) !== FORMAT) throw new RangeError(`Packed entity of an unknown format ${bytes.readUInt8(0)}`)
  const lengthsAt = FIXED_BYTES + bytes.readUInt8(1), count = bytes.readUInt8(2) + 1
  const type = bytes.toString('latin1', FIXED_BYTES, lengthsAt), model = modelOf(type)
  if (!model) throw new RangeError(`Packed entity of an unknown type ${type}`)
  let at = lengthsAt + 4 * count
  const texts: string[] = []
  for (let n = 0; n < count; n++) {
    const end = at + bytes.readUInt32LE(lengthsAt + 4 * n)
    if (end > bytes.length) throw new RangeError('Packed entity that ends too early')
    texts.push(bytes.toString('utf8', at, end))
    at = end
  }
  const parts = texts.slice(1).map(text => ({ text, bit: model.bitOf(nameIn(text)) ?? 0 })).filter(({ bit }) => bit !== 0)
  return { model, head: texts[0]!, parts, mask: parts.reduce((mask, { bit }) => mask | bit, 0) }
}

/** `,"name":…` → name */
function nameIn(text: string): string { return text.slice(2, text.indexOf('"', 2)) }
