// Which model and attribute a quantity of a device goes to: by the device's placement, role and phases, never by a value.
// Compiled once for each kind of device.
import { NUMBER_QUANTITIES, STATUS_QUANTITIES, TEXT_QUANTITIES, type Quantity } from '#adapters/quantity.ts'
import type { Reading } from '#adapters/reading.ts'
import type { Model } from '#semantic-models/model.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'
import { modelOf } from '#semantic-models/registry.ts'
import { RuleError, RULES, type AttributeRule, type PhaseRule, type QuantityRules, type TargetRule, type WhenRule } from '#semantic-models/rules.ts'
import { opening } from '#semantic-models/text.ts'
import { powerOfTen, spellingsOf, type Spellings } from '#semantic-models/units.ts'

/** A row of the rules with what it names resolved. What it wants of a reading (`phase`, `whole`) is still to be looked at. */
interface Row { readonly when: WhenRule }
export interface Target extends Row {
  readonly refuse?: undefined
  readonly model: Model
  /** Of the attribute, in its model. */
  readonly index: number
  /** The text before a value. */
  readonly open: string
  /** The power of ten that a value is scaled by. */
  readonly places: number
  readonly isFraction: boolean
  readonly min: number
  readonly max: number
  readonly isInteger: boolean
  readonly isByPhase: boolean
  readonly isFill: boolean
  readonly numbers?: ReadonlyMap<string, number>
  readonly statics: Readonly<Record<string, string>>
  /** Tells readings apart that must not share an entity: the text of `statics`. */
  readonly variant: string
}
export interface Refused extends Row { readonly refuse: string }

/** What becomes of a quantity of one kind of device. */
export interface Route {
  readonly isStatus: boolean
  /** The words of a text quantity. */
  readonly words?: ReadonlySet<string>
  readonly spellings: Spellings
  /** In the order in which they are tried; behind them comes the catch-all. */
  readonly targets: readonly (Target | Refused)[]
}

const QUANTITIES: ReadonlySet<string> = new Set<Quantity>([...STATUS_QUANTITIES, ...NUMBER_QUANTITIES, ...TEXT_QUANTITIES])
const STATUS: ReadonlySet<string> = new Set(STATUS_QUANTITIES)
const NO_STATICS: Readonly<Record<string, string>> = {}

const rows = compileTargets(RULES.targets, RULES.quantities)
/** By all that a rule may look at in a device: some dozens. */
const routesByKind = new Map<string, ReadonlyMap<string, Route>>()

/** The routes of a device by quantity. */
export function routesOf(facts: DeviceFacts): ReadonlyMap<string, Route> {
  const kind = `${facts.dialect} ${facts.placement} ${facts.role} ${facts.phases} ${hasHeight(facts)}`
  const known = routesByKind.get(kind)
  if (known !== undefined) return known
  const made = new Map(Array.from(QUANTITIES, quantity => [quantity, routeOf(quantity, facts)]))
  routesByKind.set(kind, made)
  return made
}

/** Where a reading goes, or why it goes nowhere; undefined where the catch-all has it. */
export function targetIn({ targets }: Route, { phase, whole }: Reading): Target | Refused | undefined {
  for (const target of targets) {
    const { when } = target, isWhole = whole === true
    if ((when.phase === undefined || fitsPhase(when.phase, phase)) && (when.whole ?? isWhole) === isWhole) return target
  }
  return undefined
}

/** Whether the distance to the content can be told as a fill level. */
export function hasHeight({ emptyMm, fullMm = 0 }: DeviceFacts): boolean {
  return emptyMm !== undefined && Number.isFinite(emptyMm) && Number.isFinite(fullMm) && emptyMm > fullMm
}

function fitsPhase(rule: PhaseRule, phase: Reading['phase']): boolean {
  if (phase === undefined) return rule !== 'some'
  return rule === 'some' || (rule === 'first' && phase === 'L1')
}

function routeOf(quantity: string, facts: DeviceFacts): Route {
  const words = RULES.quantities.words[quantity]
  return {
    isStatus: STATUS.has(quantity), words: words && new Set(words), spellings: spellingsOf(facts.dialect, quantity),
    targets: (rows.get(quantity) ?? []).filter(({ when }) => fits(when, facts)).map(row => resolvePhase(row, facts)),
  }
}

function resolvePhase<R extends Row>(row: R, { phases }: DeviceFacts): R {
  return row.when.phase === 'only' ? { ...row, when: { ...row.when, phase: phases === 1 ? 'first' : 'none' } } : row
}

function fits(when: WhenRule, facts: DeviceFacts): boolean {
  return (when.role === undefined || when.role === facts.role)
    && (when.placement === undefined || when.placement === facts.placement)
    && (when.phases === undefined || when.phases === facts.phases)
    && (when.height === undefined || when.height === hasHeight(facts))
}

/** Rows by quantity. Throws RuleError where a row names what is not there. */
export function compileTargets(rules: readonly TargetRule[], { units, words }: QuantityRules): ReadonlyMap<string, readonly (Target | Refused)[]> {
  const unknown = Object.keys({ ...units, ...words }).find(quantity => !QUANTITIES.has(quantity))
  const unitless = NUMBER_QUANTITIES.find(quantity => !units[quantity]), wordless = TEXT_QUANTITIES.find(quantity => !words[quantity])
  if (unknown !== undefined) throw new RuleError('rules/quantities.json', `there is no quantity ${unknown}`)
  if (unitless !== undefined) throw new RuleError('rules/quantities.json#/units', `${unitless} has no unit`)
  if (wordless !== undefined) throw new RuleError('rules/quantities.json#/words', `${wordless} has no words`)
  const byQuantity = new Map<string, (Target | Refused)[]>(Array.from(QUANTITIES, quantity => [quantity, []]))
  rules.forEach((rule, index) => {
    const where = `rules/targets.json#/${index}`, siblings = byQuantity.get(rule.quantity), when = rule.when ?? {}
    if (!siblings) throw new RuleError(`${where}/quantity`, `there is no quantity ${rule.quantity}`)
    siblings.push('refuse' in rule ? { when, refuse: rule.refuse } : { when, ...resolve(rule, where) })
  })
  return byQuantity
}

function resolve(rule: AttributeRule, where: string): Omit<Target, 'when'> {
  const model = modelOf(rule.model), [numerator, denominator] = rule.scale ?? [1, 1]
  if (!model) throw new RuleError(`${where}/model`, `there is no model ${rule.model}`)
  const index = model.attributes.indexOf(rule.attribute), places = powerOfTen(numerator, denominator)
  if (index < 0) throw new RuleError(`${where}/attribute`, `${rule.model} has no attribute ${rule.attribute}`)
  if (places === undefined) throw new RuleError(`${where}/scale`, 'is no power of ten')
  const missing = Object.keys(rule.static ?? NO_STATICS).find(name => !model.attributes.includes(name))
  if (missing !== undefined) throw new RuleError(`${where}/static`, `${rule.model} has no attribute ${missing}`)
  return {
    model, index, places, open: opening(rule.attribute), min: rule.min ?? -Infinity, max: rule.max ?? Infinity, isInteger: rule.integer === true,
    isFraction: rule.scale !== undefined || rule.fill === true, isByPhase: rule.shape === 'phases', isFill: rule.fill === true,
    numbers: rule.numbers && new Map(Object.entries(rule.numbers)), statics: rule.static ?? NO_STATICS, variant: JSON.stringify(rule.static ?? ''),
  }
}
