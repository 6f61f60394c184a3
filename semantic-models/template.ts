// What all entities of a device have in common, as text made once for each state of its facts: heads, and attributes that no reading changes.
import type { Part } from '#semantic-models/entity.ts'
import type { Model } from '#semantic-models/model.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'
import type { StaticRule } from '#semantic-models/rules.ts'
import { routesOf, type Route } from '#semantic-models/target.ts'
import { fixed, geo, headOpening, relationship } from '#semantic-models/text.ts'

/** An entity before its readings: a place for each attribute of the model, some of them taken. */
export interface Template {
  readonly model: Model
  /** Of a DeviceMeasurement. */
  readonly quantity: string | undefined
  readonly head: string
  readonly parts: readonly (Part | undefined)[]
}

/** Devices whose texts are kept, some kilobytes each; those that were not heard of for longest make room. */
export const DEVICES_PREPARED_MAX = 20_000

/** A device ready for its readings. */
export class Prepared {
  readonly routes: ReadonlyMap<string, Route>
  readonly facts: DeviceFacts
  readonly #templates = new Map<Model | string, Template>()

  constructor(facts: DeviceFacts) {
    this.facts = facts
    this.routes = routesOf(facts)
  }

  /** The template of a model, or of one quantity in it. */
  templateOf(model: Model, quantity?: string): Template {
    const key = quantity ?? model
    let template = this.#templates.get(key)
    if (template === undefined) this.#templates.set(key, template = templateFor(model, quantity, this.facts))
    return template
  }
}

/**
 * Devices that were prepared, in two generations: what is found in the older one moves to the younger, and the older one is let go when the
 * younger is full.
 */
export class PreparedDevices {
  readonly #devicesMax: number
  #younger = new Map<DeviceFacts, Prepared>()
  #older = new Map<DeviceFacts, Prepared>()

  constructor(devicesMax: number) { this.#devicesMax = devicesMax }

  get count(): number { return this.#younger.size + this.#older.size }

  /** The device of these facts. A changed fact is a new object, so that nothing here grows stale. */
  of(facts: DeviceFacts): Prepared {
    const known = this.#younger.get(facts)
    if (known !== undefined) return known
    if (this.#younger.size >= this.#devicesMax / 2) {
      this.#older = this.#younger
      this.#younger = new Map()
    }
    const made = this.#older.get(facts) ?? new Prepared(facts)
    this.#older.delete(facts)
    this.#younger.set(facts, made)
    return made
  }
}

function templateFor(model: Model, quantity: string | undefined, facts: DeviceFacts): Template {
  const texts = new Map<string, string | undefined>(model.static.map(rule => [rule.attribute, staticText(rule, quantity, facts)]))
  if (facts.location) texts.set('location', geo(facts.location))
  if (model.refDevice !== 'none') texts.set('refDevice', relationship('refDevice', `urn:ngsi-ld:Device:${facts.id}`))
  for (const link of model.links) if (facts[link] !== undefined) texts.set(link, relationship(link, facts[link]))
  const parts = model.attributes.map((name, index) => {
    const text = texts.get(name)
    return text === undefined ? undefined : { bit: 2 ** index, text }
  })
  return { model, quantity, head: headOpening(model, quantity === undefined ? facts.id : `${facts.id}:${quantity}`), parts }
}

/** Undefined where the value is not known before the readings are. */
function staticText(rule: StaticRule, quantity: string | undefined, { placement, category }: DeviceFacts): string | undefined {
  const { attribute, value, from, words = [] } = rule
  if (value !== undefined) return fixed(attribute, JSON.stringify(value))
  if (from === 'placement') return fixed(attribute, JSON.stringify(placement))
  if (from === 'quantity') return fixed(attribute, JSON.stringify(quantity))
  const known = from === 'category' ? words.filter(word => category?.includes(word)) : []
  return known.length > 0 ? fixed(attribute, JSON.stringify(known)) : undefined
}
