// Units: what a source calls them, and the exact way to the canonical one. An unknown spelling refuses the field; nothing is guessed.
import type { Dialect } from '#adapters/adapter.ts'
import { DIALECTS } from '#adapters/adapter.ts'
import { multiplied } from '#semantic-models/decimal.ts'
import { RuleError, RULES, type Factor, type UnitRule } from '#semantic-models/rules.ts'

/** A way to a canonical unit: canonical = (value + add) × mul ÷ div. */
export interface Conversion {
  readonly add: number
  readonly mul: number
  readonly div: number
  /** UN/CEFACT code of the canonical unit. */
  readonly code: string
}

/** Spellings that were not in the table and were looked up with normalisation: remembered up to this many, since devices choose them. */
const REMEMBERED_SPELLINGS_MAX = 2_000

/** Conversions by dialect, then quantity, then spelling. */
const table = compile()
const remembered = new Map<string, Conversion | undefined>()

/** How this dialect's spelling of a unit leads to the canonical unit of a quantity; undefined where it does not. */
export function conversionOf(dialect: Dialect, quantity: string, unit: string): Conversion | undefined {
  const spellings = table.get(dialect)?.get(quantity)
  return spellings?.get(unit) ?? lookUp(spellings, dialect, quantity, unit)
}

/**
 * Applies a conversion and then a scale, rounding once: half away from zero, to 15 significant digits, or where there is an offset to six decimals.
 * What needs no conversion passes untouched.
 */
export function convert(value: number, { add, mul, div }: Conversion, scale: readonly [number, number] = ONE): number {
  const numerator = mul * scale[0], denominator = div * scale[1]
  if (add !== 0) return plainZero(Number(((value + add) * numerator / denominator).toFixed(6)))
  if (numerator === denominator) return value
  return isShort(numerator, denominator) ? plainZero(Number((value * numerator / denominator).toPrecision(15))) : multiplied(value, { mul: numerator, div: denominator })
}

/** Doubles are exact enough where the quotient ends soon: small factors over powers of ten. */
function isShort(numerator: number, denominator: number): boolean {
  return numerator <= SHORT_FACTOR_MAX && (denominator === 1 || denominator === 10 || denominator === 100 || denominator === 1000)
}

const SHORT_FACTOR_MAX = 1_000_000

const ONE: readonly [number, number] = [1, 1]
const plainZero = (value: number): number => value === 0 ? 0 : value

/** NFKC makes `m³` m3, `℃` °C and `µ` μ; lx alone is known in any case by its spellings. */
function lookUp(spellings: ReadonlyMap<string, Conversion> | undefined, dialect: Dialect, quantity: string, unit: string): Conversion | undefined {
  const key = `${dialect} ${quantity} ${unit}`
  if (remembered.has(key)) return remembered.get(key)
  if (remembered.size >= REMEMBERED_SPELLINGS_MAX) remembered.clear()
  const found = spellings?.get(unit.normalize('NFKC').trim())
  remembered.set(key, found)
  return found
}

function compile(): ReadonlyMap<Dialect, ReadonlyMap<string, ReadonlyMap<string, Conversion>>> {
  const units = new Map(RULES.units.map(unit => [unit.id, unit]))
  return new Map(DIALECTS.map(dialect => [dialect, new Map(Object.entries(RULES.quantities.units).map(([quantity, ids]) => [quantity, spellingsOf(dialect, quantity, ids, units)]))]))
}

function spellingsOf(dialect: Dialect, quantity: string, ids: readonly string[], units: ReadonlyMap<string, UnitRule>): ReadonlyMap<string, Conversion> {
  const spellings = new Map<string, Conversion>()
  for (const id of ids) {
    const unit = units.get(id)
    if (!unit) throw new RuleError(`rules/quantities.json#/units/${quantity}`, `there is no unit ${id}`)
    // Where mass and fraction are both kept, each spelling belongs to the first that has it.
    for (const [text, factor] of Object.entries(unit.spellings)) if (means(unit, text, dialect) && !spellings.has(text)) spellings.set(text, { ...factorsOf(factor), code: unit.code })
  }
  return spellings
}

function means(unit: UnitRule, text: string, dialect: Dialect): boolean {
  if (unit.notIn?.[dialect]?.includes(text)) return false
  return unit.onlyIn?.[text]?.includes(dialect) ?? true
}

function factorsOf(factor: Factor): { add: number, mul: number, div: number } {
  return factor === 1 ? { add: 0, mul: 1, div: 1 } : { add: factor.add ?? 0, mul: factor.mul, div: factor.div }
}
