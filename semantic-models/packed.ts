// What of an entity may leave, in one piece of memory: the texts of its head and its attributes, one behind the other, and where each of them
// ends. It is made once and kept as it is; a view of it is one copy, or a few.
import { isUtf8 } from 'node:buffer'
import type { Entity } from '#semantic-models/entity.ts'
import type { Model } from '#semantic-models/model.ts'
import { modelOf } from '#semantic-models/registry.ts'
import { openingBytes } from '#semantic-models/text.ts'

/**
 * Packed bytes: text · u32 where the head ends · u32 where each attribute ends · u8 how many attributes · u8 format, little-endian, counted
 * from where the text begins. An attribute's name stands in its own text, so that another order in a later version cannot misread it.
 * Another form of the texts, or another pair of contexts for a type, is another format: what was kept keeps its meaning.
 */
export const PACKED_FORMAT = 2
/** Kept before there was another: a line `1 <type> <number of attributes>`, the head, and a line for each attribute. */
const LINES_FORMAT = 0x31
const END_BYTES = 4, COUNT_BYTES = 2

export class Packed {
  readonly model: Model
  readonly bytes: Buffer
  /** Where they begin in `bytes`, and end. */
  readonly from: number
  readonly to: number
  /** The attributes that are in it, in the order of their bits. */
  readonly mask: number

  constructor(model: Model, bytes: Buffer, from: number, to: number, mask: number) {
    this.model = model
    this.bytes = bytes
    this.from = from
    this.to = to
    this.mask = mask
  }

  /** Bytes of the view that a mask lets out. */
  lengthOf(mask: number): number {
    const { bytes, to, model, mask: all } = this, ends = this.#ends
    if ((all & ~mask) === 0) return bytes.readUInt32LE(to - COUNT_BYTES - END_BYTES) + model.tailBytes.length
    let at = ends, begin = bytes.readUInt32LE(at), length = begin + model.tailBytes.length
    for (let rest = all; rest !== 0; rest &= rest - 1) {
      const end = bytes.readUInt32LE(at += END_BYTES)
      if ((mask & rest & -rest) !== 0) length += end - begin
      begin = end
    }
    return length
  }

  /** Writes the view that a mask lets out, from `at` on; gives where it ends. */
  write(mask: number, into: Buffer, at: number): number {
    const { bytes, from, model, mask: all } = this, ends = this.#ends
    if ((all & ~mask) === 0) {
      const to = at + bytes.copy(into, at, from, from + bytes.readUInt32LE(this.to - COUNT_BYTES - END_BYTES))
      return to + model.tailBytes.copy(into, to)
    }
    // What is let out and lies together is one copy: they are small, and the call is most of what one costs.
    let place = ends, begin = 0, end = bytes.readUInt32LE(place), to = at
    for (let rest = all; rest !== 0; rest &= rest - 1) {
      const next = bytes.readUInt32LE(place += END_BYTES)
      if ((mask & rest & -rest) === 0) {
        if (end > begin) to += bytes.copy(into, to, from + begin, from + end)
        begin = next
      }
      end = next
    }
    if (end > begin) to += bytes.copy(into, to, from + begin, from + end)
    return to + model.tailBytes.copy(into, to)
  }

  /** The view as a text of its own. */
  text(mask: number): string {
    const view = Buffer.allocUnsafe(this.lengthOf(mask))
    this.write(mask, view, 0)
    return view.toString()
  }

  /** Those of the head and of each attribute. */
  texts(): readonly string[] {
    const { bytes, from } = this, ends = this.#ends, count = bytes[this.to - COUNT_BYTES]! + 1
    let begin = from
    return Array.from({ length: count }, (_, n) => {
      const end = from + bytes.readUInt32LE(ends + n * END_BYTES), text = bytes.toString('utf8', begin, end)
      begin = end
      return text
    })
  }

  /** Of an attribute whose value is one number that number; else NaN. */
  numberOf(bit: number, name: string): number {
    const { bytes } = this, end = this.#endOf(bit), from = this.#beginOf(bit) + openingBytes(name)
    let to = from
    while (to < end && bytes[to] !== COMMA && bytes[to] !== BRACE) to++
    return to > from && bytes[from] !== OPENING_BRACE && bytes[from] !== QUOTE ? Number(bytes.latin1Slice(from, to)) : NaN
  }

  /** The code of an attribute's unit, where it has one. */
  unitOf(bit: number): string | undefined {
    const text = this.bytes.latin1Slice(this.#beginOf(bit), this.#endOf(bit))
    return /,"unitCode":"([A-Z0-9]+)"/.exec(text)?.[1]
  }

  /** Where the text of an attribute begins, and where it ends; 0 where there is none. */
  #beginOf(bit: number): number { return (this.mask & bit) === 0 ? 0 : this.from + this.bytes.readUInt32LE(this.#ends + END_BYTES * countBelow(this.mask, bit)) }
  #endOf(bit: number): number { return (this.mask & bit) === 0 ? 0 : this.from + this.bytes.readUInt32LE(this.#ends + END_BYTES * (countBelow(this.mask, bit) + 1)) }

  get #ends(): number { return this.to - COUNT_BYTES - END_BYTES * (this.bytes[this.to - COUNT_BYTES]! + 1) }
}

const COMMA = 0x2c, BRACE = 0x7d, OPENING_BRACE = 0x7b, QUOTE = 0x22

/** How many bits of a mask are lower than this one. */
function countBelow(mask: number, bit: number): number {
  let count = 0
  for (let rest = mask & (bit - 1); rest !== 0; rest &= rest - 1) count++
  return count
}

/** What the mask lets out of an entity. */
export function pack({ model, head, parts, mask: all }: Entity, mask: number): Packed {
  const granted = parts.filter(({ bit }) => (bit & mask) !== 0)
  return packed(model, head, granted.map(({ text }) => text), all & mask)
}

/** What packed bytes hold, without attributes that its model does not have any more. Throws a RangeError for bytes that nobody packed. */
export function unpack(bytes: Buffer): Packed {
  const texts = textsIn(bytes), [head = '', ...parts] = texts ?? []
  const model = modelOf(/^{"id":"urn:ngsi-ld:([A-Za-z]+):/.exec(head)?.[1] ?? '')
  if (!texts || !model || !parts.every(isPart)) throw new RangeError(`${bytes.length} bytes that are no packed entity`)
  const bits = parts.map(text => model.bitOf(nameIn(text)) ?? 0), mask = bits.reduce((all, bit) => all | bit, 0)
  const isAsItWas = bytes[0] !== LINES_FORMAT && bits.every((bit, n) => bit > (bits[n - 1] ?? 0))
  if (isAsItWas) return new Packed(model, bytes, 0, bytes.length, mask)
  const known = bits.map((bit, n) => ({ bit, text: parts[n]! })).filter(({ bit }) => bit > 0).sort((a, b) => a.bit - b.bit)
  return packed(model, head, known.map(({ text }) => text), mask)
}

/** Another version of packed bytes, text by text: `part` is told the attribute's name, and gives undefined to leave it out. */
export function rewritten(content: Packed, head: (text: string) => string, part: (text: string, name: string) => string | undefined): Packed {
  const { model, mask: all } = content, [first = '', ...texts] = content.texts(), parts: string[] = []
  let mask = 0
  for (let rest = all, n = 0; rest !== 0; rest &= rest - 1, n++) {
    const bit = rest & -rest, changed = part(texts[n]!, nameIn(texts[n]!))
    if (changed === undefined) continue
    parts.push(changed)
    mask |= bit
  }
  return packed(model, head(first), parts, mask)
}

function packed(model: Model, head: string, parts: readonly string[], mask: number): Packed {
  const text = head + parts.join(''), size = Buffer.byteLength(text), length = size + END_BYTES * (parts.length + 1) + COUNT_BYTES
  const bytes = Buffer.allocUnsafe(length)
  bytes.write(text)
  let end = Buffer.byteLength(head), at = bytes.writeUInt32LE(end, size)
  for (const part of parts) at = bytes.writeUInt32LE(end += Buffer.byteLength(part), at)
  bytes[at] = parts.length
  bytes[at + 1] = PACKED_FORMAT
  return new Packed(model, bytes, 0, length, mask)
}

/** Those of the head and of each attribute; undefined where there are none to be found. */
function textsIn(bytes: Buffer): readonly string[] | undefined {
  if (bytes[0] === LINES_FORMAT) return linesIn(bytes)
  const ends = endsIn(bytes)
  if (!ends || !isUtf8(bytes.subarray(0, ends.at(-1)))) return undefined
  return ends.map((end, n) => bytes.toString('utf8', ends[n - 1] ?? 0, end))
}

function endsIn(bytes: Buffer): readonly number[] | undefined {
  const count = bytes[bytes.length - COUNT_BYTES] ?? 0, from = bytes.length - COUNT_BYTES - END_BYTES * (count + 1)
  if (from < 0 || bytes[bytes.length - 1] !== PACKED_FORMAT) return undefined
  const ends = Array.from({ length: count + 1 }, (_, n) => bytes.readUInt32LE(from + n * END_BYTES))
  return ends.at(-1) === from && ends.every((end, n) => end > (ends[n - 1] ?? 0)) ? ends : undefined
}

function linesIn(bytes: Buffer): readonly string[] | undefined {
  const [first = '', ...texts] = bytes.toString().split('\n'), [, count] = /^1 [A-Za-z]+ (\d+)$/.exec(first) ?? []
  return isUtf8(bytes) && texts.length === Number(count) + 1 ? texts : undefined
}

function isPart(text: string): boolean {
  return text.startsWith(',"') && text.endsWith('}') && text.startsWith('":{"type":"', text.indexOf('"', 2))
}

/** `,"name":…` → name */
function nameIn(text: string): string { return text.slice(2, text.indexOf('"', 2)) }
