// What a decoded payload looks like, for networks that put one into their uplinks: the common fields by their folded names, and of a family its
// own. Fields with a number or a unit behind their names, histories, positions and times of the device's own are for `decode`.
import { foldName } from '#adapters/name.ts'
import type { FieldForm, FieldPath, FieldRoute, Layout, ObjectForm, WordForm } from '#adapters/layout.ts'
import type { Memory } from '#adapters/adapter.ts'
import type { Role } from '#adapters/reading.ts'
import { TIME_NAMES } from '#adapters/lorawan/device-time.ts'
import { FAMILIES, type Family } from '#adapters/lorawan/families.ts'
import { NUMBER_FIELDS, WORD_FIELDS, type NumberField, type WordField } from '#adapters/lorawan/fields.ts'
import { lookUp } from '#adapters/lorawan/lookup.ts'
import { fromMemory, toMemory } from '#adapters/lorawan/memory.ts'
import { POSITION_NAMES } from '#adapters/lorawan/position.ts'
import { GROUP_NAMES } from '#adapters/lorawan/told.ts'
import type { Quantity } from '#adapters/quantity.ts'

/** A mark that the network has read some quantities elsewhere already, and which those are. */
export interface Elsewhere { readonly mark: number, readonly quantities: ReadonlySet<Quantity> }

/** Marks below are the networks' own. */
export const MARKS_FREE_FROM = 2

export interface PayloadForm {
  readonly fields: readonly FieldForm[]
  readonly objects: readonly ObjectForm[]
  /** Sets of fields that only another family has. */
  readonly apart: readonly number[]
}

/** The family of a device, as far as it is remembered; `false` where the memory is none that this adapter would have left. */
export function familyIn(memory: Memory | undefined): Family | undefined | false {
  const known = fromMemory(memory)
  return toMemory(known) === memory && known.family
}

/** A field that holds models' ids: `decode` knows what another family's mean. */
export function modelField(path: FieldPath, family: Family | undefined): FieldForm {
  return { path, marks: 0, routes: [], alien: FAMILIES.filter(other => other !== family).flatMap(({ modelStarts }) => modelStarts) }
}

export function payloadForm(path: FieldPath, family: Family | undefined, firstMark: number, elsewhere?: Elsewhere): PayloadForm {
  const telling = tellingNames(family), names = [...new Set([...namesOf(family), ...telling])], tells = family?.role && { role: family.role }
  const fields = names.map((name): FieldForm => {
    const at = telling.indexOf(name)
    return { ...fieldOf([...path, name], name, family, tells, elsewhere), marks: at < 0 ? 0 : firstMark << at }
  })
  const never = [...TIME_NAMES, ...POSITION_NAMES, ...GROUP_NAMES].map(foldName).filter(name => !names.includes(name)).map((name): FieldForm => ({ path: [...path, name], marks: 0, routes: [] }))
  const apart = FAMILIES.filter(other => other !== family).flatMap(({ has }) => has.map(together => together.reduce((mask, name) => mask | firstMark << telling.indexOf(name), 0)))
  return { fields: [...fields, ...never], objects: [{ path, isFolded: true }], apart }
}

/** By which other families are told. */
function tellingNames(family: Family | undefined): readonly string[] { return [...new Set(FAMILIES.filter(other => other !== family).flatMap(({ has }) => has.flat()))] }

function namesOf(family: Family | undefined): readonly string[] {
  const common = [...NUMBER_FIELDS, ...WORD_FIELDS].flatMap(({ names }) => names), own = family ? [...family.numbers, ...family.words].flatMap(({ names }) => names) : []
  return [...common, ...own].filter(name => !family?.unmapped?.includes(name))
}

function fieldOf(path: FieldPath, name: string, family: Family | undefined, tells: FieldRoute['tells'], elsewhere: Elsewhere | undefined): FieldForm {
  const found = lookUp(name, family)
  if (!found || found.channel !== undefined || found.unit !== undefined) return { path, marks: 0, isMark: true, routes: [{ reading: undefined }] }
  if (found.word) return wordField(path, found.word, tells, elsewhere)
  return { path, marks: 0, isTextToo: true, routes: found.numbers.filter(({ isTold }) => !isTold).flatMap(number => numberRoutes(number, tells, elsewhere)) }
}

function numberRoutes({ quantity, unit, range, channel, absent = [] }: NumberField, tells: FieldRoute['tells'], elsewhere: Elsewhere | undefined): readonly FieldRoute[] {
  const [from = -Infinity, to = Infinity] = range ?? [], none = absent.filter(value => value >= from && value <= to).map((value): FieldRoute => ({ from: value, to: value, reading: undefined }))
  // Without its unit a value in its range is ambiguous: no further field is asked.
  if (unit === undefined) return none
  return [...none, ...passed(quantity, elsewhere).map(route => ({ ...route, from, to })), { from, to, tells, reading: { quantity, unit, channel, rank: 0 } }]
}

function wordField(path: FieldPath, field: WordField, tells: FieldRoute['tells'], elsewhere: Elsewhere | undefined): FieldForm {
  const { quantity } = field, role: Role | undefined = quantity === 'parking' ? 'parkingSpot' : undefined
  return {
    path, marks: 0, words: wordsOf(field), routes: [...passed(quantity, elsewhere), { tells: tells ?? (role && { role }), reading: { quantity, unit: '', rank: 0 } }],
  }
}

export function wordsOf({ words }: WordField): readonly WordForm[] {
  return Object.entries(words).flatMap(([said, word]) => sentAs(said).map((sent): WordForm => ({ sent, word })))
}

function passed(quantity: Quantity, elsewhere: Elsewhere | undefined): readonly FieldRoute[] {
  return elsewhere?.quantities.has(quantity) ? [{ needs: elsewhere.mark, reading: undefined }] : []
}

/** Words come in lower case, with a capital or in capitals; flags and numbers also as what they are. */
function sentAs(said: string): readonly WordForm['sent'][] {
  const texts = new Set([said, said.toUpperCase(), said.slice(0, 1).toUpperCase() + said.slice(1)])
  return [...texts, ...said === 'true' || said === 'false' ? [said === 'true'] : [], .../^\d+$/.test(said) ? [Number(said)] : []]
}

/** Made once for each family: whoever uses a layout prepares it once. */
export function forEachFamily(layoutOf: (family: Family | undefined) => Layout): (family: Family | undefined) => Layout {
  const layouts = new Map<Family | undefined, Layout>()
  return family => {
    let layout = layouts.get(family)
    if (!layout) layouts.set(family, layout = layoutOf(family))
    return layout
  }
}
