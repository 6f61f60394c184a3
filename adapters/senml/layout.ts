// What the packs of a topic look like, by one of them: as many records with the same names and units, from the same base. Packs differ by sensor,
// hardly ever from one message to the next. Times and base values of single records are for `decode`.
import { isRecord, own, parsePayload, type JsonRecord } from '#adapters/json.ts'
import { OWN, type FieldForm, type FieldPath, type Found, type Layout, type WordForm } from '#adapters/layout.ts'
import { meaningOf, type Meaning } from '#adapters/senml/names.ts'
import { RELATIVE_SECONDS_END, VERSION, VERSION_WITH_SECONDARY_UNITS } from '#adapters/senml/pack.ts'

/** Longer packs, and more kinds of packs than anybody has, are for `decode`. */
const RECORDS_MAX = 16, LAYOUTS_MAX = 1_000
const VERSIONS = [...Array.from({ length: VERSION }, (_, n) => n + 1), VERSION_WITH_SECONDARY_UNITS]
/** What a record of these packs does not have, beside the kind of value that it has; those behind the first set no base either. */
const NOT_IN_A_RECORD = ['bv', 't', 'v', 'vs', 'vb', 'vd'], NOT_IN_LATER_ONES = ['bn', 'bt', 'bu', 'bver']

/** A record as far as its layout goes: what it says of itself, and what that means. */
interface Shape { readonly n: string | undefined, readonly u: string | undefined, readonly unit: string, readonly value: 'v' | 'vb', readonly meaning: Extract<Meaning, { kind: 'number' | 'yesNo' | 'unknown' }> }

const layouts = new Map<string, Layout>()

export function layoutBy(payload: Uint8Array, topic: string): Found | undefined {
  const parsed = parsePayload(payload), pack = parsed.ok ? parsed.value : undefined
  if (!Array.isArray(pack) || pack.length > RECORDS_MAX || !pack.every(isRecord)) return undefined
  const first = pack[0], bn = first && textIn(first, 'bn'), bu = first && textIn(first, 'bu')
  const shapes = pack.map(record => shapeOf(record, bn ?? '', bu)), devices = new Set(shapes.map(shape => deviceOf(shape, topic)).filter(device => device !== undefined))
  if (!shapes.every(shape => shape !== undefined) || devices.size !== 1 || hasTwice(shapes)) return undefined
  return { device: [...devices][0]!, layout: sharedLayout(shapes, bn !== undefined, bu), ...bn !== undefined && { own: bn } }
}

function textIn(record: JsonRecord, key: string): string | undefined {
  const text = own(record, key)
  return typeof text === 'string' ? text : undefined
}

/** Undefined: a record that is for `decode`. */
function shapeOf(record: JsonRecord, bn: string, bu: string | undefined): Shape | undefined {
  const n = textIn(record, 'n'), u = textIn(record, 'u'), unit = u ?? bu ?? '', meaning = meaningOf(bn + (n ?? ''), unit, (n ?? '') === '')
  const value = typeof own(record, 'v') === 'number' ? 'v' : typeof own(record, 'vb') === 'boolean' ? 'vb' : undefined
  if (!value || meaning.kind === 'ambiguous' || meaning.kind === 'position' || ('channel' in meaning && meaning.channel !== '')) return undefined
  return meaning.kind === 'yesNo' && !meaning.yesNo.words || meaning.kind === 'number' && value === 'vb' ? undefined : { n, u, unit, value, meaning }
}

function deviceOf(shape: Shape | undefined, topic: string): string | undefined {
  return shape && 'device' in shape.meaning ? shape.meaning.device || topic : undefined
}

/** Of two readings of one quantity the last counts. */
function hasTwice(shapes: readonly Shape[]): boolean {
  const quantities = shapes.map(quantityOf).filter(quantity => quantity !== undefined)
  return new Set(quantities).size < quantities.length
}

function quantityOf({ meaning }: Shape): string | undefined {
  return meaning.kind === 'number' ? meaning.quantity : meaning.kind === 'yesNo' ? meaning.yesNo.quantity : undefined
}

function sharedLayout(shapes: readonly Shape[], hasBase: boolean, bu: string | undefined): Layout {
  const key = JSON.stringify([hasBase, bu, shapes.map(shape => [shape.n, shape.u, shape.value, quantityOf(shape)])])
  let layout = layouts.get(key)
  if (!layout) {
    if (layouts.size >= LAYOUTS_MAX) layouts.clear()
    layouts.set(key, layout = layoutOf(shapes, hasBase, bu))
  }
  return layout
}

function layoutOf(shapes: readonly Shape[], hasBase: boolean, bu: string | undefined): Layout {
  const base = [
    constant([0, 'bn'], hasBase ? OWN : undefined), constant([0, 'bu'], bu),
    { path: [0, 'bver'], marks: 0, isNeverNull: true as const, words: VERSIONS.map((sent): WordForm => ({ sent, word: '' })), routes: [{ reading: undefined }] },
  ]
  return {
    fields: [...base, ...shapes.flatMap(recordFields), never([shapes.length])],
    objects: shapes.map((_, n) => ({ path: [n], isStrict: true as const })), times: [{ path: [0, 'bt'], number: 'seconds', from: RELATIVE_SECONDS_END }],
  }
}

function recordFields(shape: Shape, n: number): readonly FieldForm[] {
  const absent = [...NOT_IN_A_RECORD.filter(name => name !== shape.value), ...n === 0 ? [] : NOT_IN_LATER_ONES]
  return [constant([n, 'n'], shape.n), constant([n, 'u'], shape.u), valueField([n, shape.value], shape), ...absent.map(name => never([n, name]))]
}

function valueField(path: FieldPath, { value, meaning, unit }: Shape): FieldForm {
  const form = { path, marks: 0, isNeverNull: true as const }
  if (meaning.kind === 'number') return { ...form, routes: [{ reading: { quantity: meaning.quantity, unit, rank: 0 } }] }
  if (meaning.kind === 'unknown') return { ...form, routes: [{ reading: undefined }], ...value === 'vb' && { words: [{ sent: true, word: '' }, { sent: false, word: '' }] } }
  const [yes, no] = meaning.yesNo.words!, sent = value === 'vb' ? [true, false] as const : [1, 0] as const
  return { ...form, words: [{ sent: sent[0], word: yes }, { sent: sent[1], word: no }], routes: [{ reading: { quantity: meaning.yesNo.quantity, unit: '', rank: 0 } }] }
}

/** A text that has to be there as it is; or must not be there. */
function constant(path: FieldPath, text: string | typeof OWN | undefined): FieldForm {
  return text === undefined ? never(path) : { path, marks: 0, isRequired: true, words: [{ sent: text, word: '' }], routes: [{ reading: undefined }] }
}

function never(path: FieldPath): FieldForm { return { path, marks: 0, isNeverNull: true, routes: [] } }
