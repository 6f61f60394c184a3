// A layout of messages and what is known of a device → a blueprint: for each field where it goes, how it is converted, and the text around it.
// The rules and tables are those of the mapper; a message that a blueprint covers becomes what the mapper makes of it.
import type { FieldForm, FieldRoute, Layout, ReadingForm, WordForm } from '#adapters/layout.ts'
import type { Quantity, StatusQuantity } from '#adapters/quantity.ts'
import type { Reading } from '#adapters/reading.ts'
import type { Fraction } from '#semantic-models/decimal.ts'
import type { Model } from '#semantic-models/model.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'
import { modelOf } from '#semantic-models/registry.ts'
import { hasHeight, targetIn, type Route, type Target } from '#semantic-models/target.ts'
import { Prepared, type Template } from '#semantic-models/template.ts'
import { closing, fixed, instantOpening, opening } from '#semantic-models/text.ts'
import { conversionIn, type Conversion } from '#semantic-models/units.ts'

/** A route of a field that says nothing here. */
interface ToNothing { readonly to: 'nothing' }
/** … that only the mapper can follow: the message is for it. */
interface ToMapper { readonly to: 'mapper' }
/** … that is a state of the device, an index into `states`: value × 10^places. */
export interface ToState { readonly to: 'state', readonly state: number, readonly rank: number, readonly places: number }
/** … that is a value of an attribute. */
export interface ToPart {
  readonly to: 'part'
  /** Indices: of the entity, of the part in it, and of the phase (0 but for L2, L3, N). */
  readonly entity: number
  readonly part: number
  readonly cell: number
  /** The lowest of several counts. */
  readonly rank: number
  /** (value + add) × factor, × 10^places (no places beside an addend). */
  readonly places: number
  readonly add?: Fraction
  readonly factor?: Fraction
  readonly min: number
  readonly max: number
  readonly isInteger: boolean
  /** Behind the value, up to its instant. */
  readonly close: string
  /** Texts of the words, in the order of the field's. */
  readonly words?: readonly string[]
}

export interface BlueprintRoute {
  readonly needs: number
  readonly lacks: number
  readonly from: number
  readonly to: number
  readonly target: ToNothing | ToMapper | ToState | ToPart
}

export interface BlueprintField {
  readonly form: FieldForm
  /** The first that fits; none does: the message is for the mapper. */
  readonly routes: readonly BlueprintRoute[]
}

export interface BlueprintPart {
  readonly bit: number
  /** `text` is the whole of it, `device` is a text of the device's own, `value` and `phases` open with `text`, `instant` too and is the time. */
  readonly kind: 'text' | 'device' | 'value' | 'phases' | 'instant'
  readonly text: string
  /** Of its attribute, in its model. */
  readonly index: number
}

export interface BlueprintEntity {
  readonly model: Model
  readonly quantity: string | undefined
  /** In the model's order. */
  readonly parts: readonly BlueprintPart[]
}

export interface Blueprint {
  readonly layout: Layout
  readonly fields: readonly BlueprintField[]
  readonly entities: readonly BlueprintEntity[]
  readonly states: readonly StatusQuantity[]
  /** Indices of the states that the signal of the layout is. */
  readonly signal?: { readonly rssi: number, readonly snr: number }
}

const CATCH_ALL = modelOf('DeviceMeasurement')!
const NUM_VALUE = CATCH_ALL.attributes.indexOf('numValue'), TEXT_VALUE = CATCH_ALL.attributes.indexOf('textValue')
const FRACTION_CLOSING = closing('C62'), TEXT_CLOSING = closing()
const PHASES = ['L1', 'L2', 'L3', 'N'] as const
/** Attributes that are texts of the device's own. */
const OF_DEVICE: ReadonlySet<string> = new Set(['location', 'refDevice', 'refParkingSite', 'category'])

/** All that a blueprint looks at in a device: those that agree in it share one. */
export function kindOf(facts: DeviceFacts): string { return `${facts.dialect} ${facts.placement} ${facts.role} ${facts.phases} ${hasHeight(facts)}` }

export function compileBlueprint(layout: Layout, facts: DeviceFacts): Blueprint {
  const drawing = new Drawing(facts), fields = layout.fields.map((form): BlueprintField => ({ form, routes: drawing.routesOf(form) }))
  const signal = layout.signal && { rssi: drawing.stateOf('rssi'), snr: drawing.stateOf('snr') }
  return { layout, fields, entities: drawing.entities, states: drawing.states, signal }
}

/** What an entity of a device begins with, and its texts for the parts that are its own, by their order; '' where it has none. */
export function textsOf({ model, quantity, parts }: BlueprintEntity, prepared: Prepared): { readonly head: string, readonly texts: readonly string[] } {
  const template = prepared.templateOf(model, quantity)
  return { head: template.head, texts: parts.filter(({ kind }) => kind === 'device').map(({ index }) => template.parts[index]?.text ?? '') }
}

/** An entity while its routes come together. */
interface OpenEntity extends BlueprintEntity {
  readonly parts: BlueprintPart[]
  readonly variant: string
  /** Which quantity a measured part is of: two of them in one part would overwrite each other in the order of the message. */
  readonly quantities: Map<number, Quantity>
}

class Drawing {
  readonly entities: OpenEntity[] = []
  readonly states: StatusQuantity[] = []
  readonly #prepared: Prepared

  constructor(facts: DeviceFacts) { this.#prepared = new Prepared(facts) }

  /** None where none of them can be had; one that cannot keeps its place, since the order in which they are tried counts. */
  routesOf({ routes, words }: FieldForm): readonly BlueprintRoute[] {
    const made = routes.map(({ needs = 0, lacks = 0, from = -Infinity, to = Infinity, tells, reading }): BlueprintRoute => {
      const target = reading ? this.#targetOf(reading, words) : NOTHING
      return { needs, lacks, from, to, target: this.#isKnown(tells) && target || TO_MAPPER }
    })
    return made.every(({ target }) => target === TO_MAPPER) ? [] : made
  }

  stateOf(quantity: StatusQuantity): number {
    const known = this.states.indexOf(quantity)
    return known < 0 ? this.states.push(quantity) - 1 : known
  }

  #isKnown(tells: FieldRoute['tells']): boolean {
    const { phases, role } = this.#prepared.facts
    return (tells?.phases === undefined || tells.phases === phases) && (tells?.role === undefined || tells.role === role)
  }

  #targetOf(form: ReadingForm, words: readonly WordForm[] | undefined): ToState | ToPart | undefined {
    const route = this.#prepared.routes.get(form.quantity)
    if (!route || form.channel !== undefined) return undefined
    if (route.isStatus) return words ? undefined : this.#toState(form, route)
    return route.words ? words && this.#toWord(form, route, words) : this.#toNumber(form, route)
  }

  /** What has no unit that is known is told as it came. */
  #toState({ quantity, unit, rank }: ReadingForm, { spellings }: Route): ToState | undefined {
    const conversion = conversionIn(spellings, unit)
    return conversion?.factor ? undefined : { to: 'state', state: this.stateOf(quantity as StatusQuantity), rank, places: conversion?.places ?? 0 }
  }

  #toNumber(form: ReadingForm, route: Route): ToPart | undefined {
    const conversion = conversionIn(route.spellings, form.unit), target = targetIn(route, form as unknown as Reading)
    if (!conversion || target?.refuse !== undefined || target?.isFill) return undefined
    const { add, factor } = conversion, places = conversion.places + (target?.places ?? 0)
    if (add && places !== 0) return undefined
    const { min = -Infinity, max = Infinity, isInteger = false } = target ?? {}
    const close = target?.isFraction ? FRACTION_CLOSING : conversion.close
    const at = target ? this.#placeOf(form, target) : this.#placeInCatchAll(form, NUM_VALUE, conversion)
    return at && { to: 'part', ...at, rank: form.rank, places, add, factor, min, max, isInteger, close }
  }

  #toWord(form: ReadingForm, route: Route, words: readonly WordForm[]): ToPart | undefined {
    const target = targetIn(route, form as unknown as Reading)
    if (target?.refuse !== undefined || words.some(({ word }) => !route.words!.has(word))) return undefined
    const texts = words.map(({ word }) => String(target?.numbers?.get(word) ?? JSON.stringify(word)))
    const close = target?.numbers ? FRACTION_CLOSING : TEXT_CLOSING
    const at = target ? this.#placeOf(form, target) : this.#placeInCatchAll(form, TEXT_VALUE, undefined)
    return at && { to: 'part', ...at, rank: form.rank, places: 0, min: -Infinity, max: Infinity, isInteger: false, close, words: texts }
  }

  #placeOf(form: ReadingForm, { model, index, open, isByPhase, statics, variant }: Target): Pick<ToPart, 'entity' | 'part' | 'cell'> | undefined {
    const entity = this.#entityOf(model, undefined, variant, statics), cell = isByPhase ? PHASES.indexOf(form.phase ?? 'L1') : 0
    return this.#measured(entity, form.quantity, index, isByPhase ? 'phases' : 'value', open, cell)
  }

  #placeInCatchAll({ quantity, phase }: ReadingForm, index: number, conversion: Conversion | undefined): Pick<ToPart, 'entity' | 'part' | 'cell'> | undefined {
    const statics: Readonly<Record<string, string>> = conversion ? { unit: conversion.code } : {}, variant = JSON.stringify(statics)
    const name = phase === undefined ? quantity : quantity + phase
    const isOtherUnit = this.entities.some(each => each.model === CATCH_ALL && each.quantity === name && each.variant !== variant)
    if (isOtherUnit) return undefined
    return this.#measured(this.#entityOf(CATCH_ALL, name, variant, statics), quantity, index, 'value', opening(CATCH_ALL.attributes[index]!), 0)
  }

  #measured(number: number, quantity: Quantity, index: number, kind: 'value' | 'phases', text: string, cell: number): Pick<ToPart, 'entity' | 'part' | 'cell'> | undefined {
    const entity = this.entities[number]!, at = entity.parts.findIndex(part => part.index >= index), known = entity.parts[at]
    if ((entity.quantities.get(index) ?? quantity) !== quantity) return undefined
    entity.quantities.set(index, quantity)
    const part: BlueprintPart = { bit: 2 ** index, kind, text, index }
    if (known?.index === index) entity.parts[at] = part
    else entity.parts.splice(at < 0 ? entity.parts.length : at, 0, part)
    return { entity: number, part: index, cell }
  }

  #entityOf(model: Model, quantity: string | undefined, variant: string, statics: Readonly<Record<string, string>>): number {
    const known = this.entities.findIndex(entity => entity.model === model && entity.quantity === quantity && entity.variant === variant)
    if (known >= 0) return known
    const parts = partsOf(this.#prepared.templateOf(model, quantity), statics)
    return this.entities.push({ model, quantity, variant, parts, quantities: new Map() }) - 1
  }
}

const NOTHING: ToNothing = { to: 'nothing' }, TO_MAPPER: ToMapper = { to: 'mapper' }

/** What an entity has besides its measured parts. */
function partsOf({ model, parts }: Template, statics: Readonly<Record<string, string>>): BlueprintPart[] {
  return model.attributes.flatMap((name, index): BlueprintPart[] => {
    const bit = 2 ** index, own = statics[name], from = model.static.find(({ attribute }) => attribute === name)?.from
    if (OF_DEVICE.has(name)) return [{ bit, kind: 'device', text: '', index }]
    if (own !== undefined) return [{ bit, kind: 'text', text: fixed(name, JSON.stringify(own)), index }]
    if (model.period === 'always' && (from === 'periodStart' || from === 'periodEnd')) return [{ bit, kind: 'instant', text: instantOpening(name), index }]
    const text = parts[index]?.text
    return text === undefined ? [] : [{ bit, kind: 'text', text, index }]
  })
}
