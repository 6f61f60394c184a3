// A model of the Smart Data Models as Sluice emits it: its attributes in order, each with a bit, so that what a grant lets out is one number.
import { RuleError, type ModelRule } from '#semantic-models/rules.ts'

/** A mask is a non-negative 32-bit integer. */
export const ATTRIBUTES_PER_MODEL_MAX = 31

export const CORE_CONTEXT = 'https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld'

export class UnknownAttribute extends RangeError {
  constructor(type: string, name: string, known: readonly string[]) {
    super(`${type} has no attribute ${name}: it has ${known.join(', ')}.`)
    this.name = 'UnknownAttribute'
  }
}

export class Model {
  readonly type: string
  /** `indoor-environment-observed`: its part of a stream id. */
  readonly slug: string
  /** The subject's context and the core's. Core comes last (ETSI GS CIM 009 §5.5.7). */
  readonly context: readonly [string, string]
  readonly time: ModelRule['time']
  readonly refDevice: ModelRule['refDevice']
  readonly static: ModelRule['static']
  readonly links: ModelRule['links']
  readonly period: ModelRule['period']
  /** Every attribute that a view may name, in the order in which they are emitted: measured, static, location, relationships. */
  readonly attributes: readonly string[]
  /** `,"@context":[…]}` */
  readonly tail: string
  readonly tailBytes: Buffer
  readonly #bits: ReadonlyMap<string, number>

  /** Throws RuleError where the rule has more attributes than a mask has bits, or one of them twice. */
  constructor(rule: ModelRule) {
    this.type = rule.type
    this.slug = rule.type.replace(/(?<!^)([A-Z])/g, '-$1').toLowerCase()
    this.context = [`https://raw.githubusercontent.com/smart-data-models/dataModel.${rule.subject}/master/context.jsonld`, CORE_CONTEXT]
    this.time = rule.time
    this.refDevice = rule.refDevice
    this.static = rule.static
    this.links = rule.links
    this.period = rule.period
    const relationships = [...(rule.refDevice === 'none' ? [] : ['refDevice']), ...rule.links], where = `rules/models.json (${rule.type})`
    this.attributes = [...rule.attributes, ...rule.static.map(({ attribute }) => attribute), 'location', ...relationships]
    if (this.attributes.length > ATTRIBUTES_PER_MODEL_MAX) throw new RuleError(where, `has more than ${ATTRIBUTES_PER_MODEL_MAX} attributes`)
    this.tail = `,"@context":${JSON.stringify(this.context)}}`
    this.tailBytes = Buffer.from(this.tail)
    this.#bits = new Map(this.attributes.map((name, index) => [name, 2 ** index]))
    if (this.#bits.size < this.attributes.length) throw new RuleError(where, 'has an attribute twice')
  }

  /** The bit of an attribute in a mask, undefined where the model has no such attribute. */
  bitOf(attribute: string): number | undefined { return this.#bits.get(attribute) }

  /** The mask of these attributes. Throws UnknownAttribute. */
  maskOf(names: readonly string[]): number {
    let mask = 0
    for (const name of names) {
      const bit = this.#bits.get(name)
      if (bit === undefined) throw new UnknownAttribute(this.type, name, this.attributes)
      mask |= bit
    }
    return mask
  }

  attributesIn(mask: number): readonly string[] {
    return this.attributes.filter((_, index) => (mask & (2 ** index)) !== 0)
  }
}
