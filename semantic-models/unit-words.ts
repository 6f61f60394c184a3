// The unit of an attribute's numbers, as people write it: where the rules know one and no other.
import { RULES } from '#semantic-models/rules.ts'

const known = new Map<string, string | undefined>()

/** `°C`; undefined for what has no unit, is a fraction, or comes in more than one. `type`: of the model. */
export function unitWordOf(type: string | undefined, attribute: string): string | undefined {
  const key = `${type} ${attribute}`
  if (!known.has(key)) known.set(key, found(type, attribute))
  return known.get(key)
}

function found(type: string | undefined, attribute: string): string | undefined {
  const rules = RULES.targets.flatMap(rule => 'refuse' in rule || rule.model !== type || rule.attribute !== attribute ? [] : [rule])
  const ids = new Set(rules.flatMap(({ quantity }) => RULES.quantities.units[quantity] ?? [])), [id] = ids
  const isPlain = ids.size === 1 && rules.every(({ scale, fill, numbers }) => !scale && !fill && !numbers)
  return isPlain ? Object.keys(RULES.units.find(unit => unit.id === id)!.spellings).find(spelling => spelling !== '') : undefined
}
