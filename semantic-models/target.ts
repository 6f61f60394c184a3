// Which model and attribute a reading belongs to: the first rule that fits its quantity, its device's placement, role and phases. Never its value.
import type { Quantity } from '#adapters/quantity.ts'
import { NUMBER_QUANTITIES, TEXT_QUANTITIES } from '#adapters/quantity.ts'
import type { Reading, Role } from '#adapters/reading.ts'
import type { Model } from '#semantic-models/model.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'
import { modelOf } from '#semantic-models/registry.ts'
import { RuleError, RULES, type TargetRule } from '#semantic-models/rules.ts'

/** A rule with what it names resolved. */
export interface Target extends TargetRule { readonly target: Model, readonly bit: number }

const ROLES: readonly (Role | undefined)[] = [undefined, 'streetlight', 'wasteContainer', 'parkingSpot', 'waterMeter']
const QUANTITY_NUMBERS: ReadonlyMap<Quantity, number> = new Map([...NUMBER_QUANTITIES, ...TEXT_QUANTITIES].map((quantity, number) => [quantity, number]))
/** Lamps are known as street lights only: elsewhere they have no model, not even the catch-all. */
const ONLY_WITH_A_MODEL: ReadonlySet<Quantity> = new Set<Quantity>(['lampState', 'lampLevel'])

const rules = compile()
const found = new Map<number, Target | undefined>()

/** The rule for a reading; undefined where the catch-all has it. */
export function targetOf(reading: Reading, facts: DeviceFacts): Target | undefined {
  const key = keyOf(reading, facts)
  if (found.has(key)) return found.get(key)
  const target = rules.get(reading.quantity)?.find(({ when = {} }) => fits(when, reading, facts))
  found.set(key, target)
  return target
}

export function hasCatchAll(quantity: Quantity): boolean { return !ONLY_WITH_A_MODEL.has(quantity) }

/** Whether the distance to the content can be told as a fill level. */
export function hasHeight({ emptyMm, fullMm = 0 }: DeviceFacts): boolean {
  return emptyMm !== undefined && emptyMm !== fullMm
}

function fits(when: NonNullable<TargetRule['when']>, reading: Reading, facts: DeviceFacts): boolean {
  return (when.role === undefined || when.role === facts.role)
    && (when.placement === undefined || when.placement === facts.placement)
    && (when.phases === undefined || when.phases === facts.phases)
    && (when.phase === undefined || when.phase === (reading.phase !== undefined))
    && (when.whole === undefined || when.whole === (reading.whole === true))
    && (when.height === undefined || when.height === hasHeight(facts))
}

/** All that a rule may look at, as one number: some thousands at most. */
function keyOf(reading: Reading, facts: DeviceFacts): number {
  let key = QUANTITY_NUMBERS.get(reading.quantity) ?? -1
  key = key * ROLES.length + ROLES.indexOf(facts.role)
  key = key * 2 + (facts.placement === 'outdoor' ? 1 : 0)
  key = key * 2 + (facts.phases === 3 ? 1 : 0)
  key = key * 2 + (reading.phase === undefined ? 0 : 1)
  key = key * 2 + (reading.whole === true ? 1 : 0)
  return key * 2 + (hasHeight(facts) ? 1 : 0)
}

function compile(): ReadonlyMap<string, readonly Target[]> {
  const compiled = new Map<string, Target[]>()
  RULES.targets.forEach((rule, index) => {
    const where = `rules/targets.json#/${index}`, target = modelOf(rule.model), bit = target?.bitOf(rule.attribute)
    if (!QUANTITY_NUMBERS.has(rule.quantity)) throw new RuleError(`${where}/quantity`, `there is no quantity ${rule.quantity}`)
    if (!target) throw new RuleError(`${where}/model`, `there is no model ${rule.model}`)
    if (bit === undefined) throw new RuleError(`${where}/attribute`, `${rule.model} has no attribute ${rule.attribute}`)
    const siblings = compiled.get(rule.quantity)
    if (siblings) siblings.push({ ...rule, target, bit })
    else compiled.set(rule.quantity, [{ ...rule, target, bit }])
  })
  return compiled
}
