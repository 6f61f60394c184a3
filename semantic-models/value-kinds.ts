// What kind of value an attribute has: as the rules make it.
import { TEXT_QUANTITIES } from '#adapters/quantity.ts'
import type { Model } from '#semantic-models/model.ts'
import { RULES } from '#semantic-models/rules.ts'

export type ValueKind = 'number' | 'text' | 'link' | 'place' | 'instant'

const TEXTS: ReadonlySet<string> = new Set<string>(TEXT_QUANTITIES)
/** Measured texts, as `Model attribute`. */
const measuredTexts: ReadonlySet<string> = new Set(['DeviceMeasurement textValue', ...RULES.targets.flatMap(rule =>
  'refuse' in rule || !TEXTS.has(rule.quantity) || rule.numbers ? [] : [`${rule.model} ${rule.attribute}`])])

/** Of an attribute of the model. */
export function valueKindOf(model: Model, attribute: string): ValueKind {
  const rule = model.static.find(each => each.attribute === attribute)
  if (attribute === 'location') return 'place'
  if (attribute === 'refDevice' || (model.links as readonly string[]).includes(attribute)) return 'link'
  if (rule) return rule.from === 'periodStart' || rule.from === 'periodEnd' ? 'instant' : 'text'
  return measuredTexts.has(`${model.type} ${attribute}`) ? 'text' : 'number'
}
