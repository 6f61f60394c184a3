// Units: what a source calls them, and the exact way to the canonical one. An unknown spelling refuses the field; nothing is guessed.
import { DIALECTS, type Dialect } from '#adapters/adapter.ts'
import { fractionOf, plus, shifted, times, timesTenExactly, toDecimals, toDigits, type Fraction } from '#semantic-models/decimal.ts'
import { RuleError, RULES, type Factor, type QuantityRules, type UnitRule } from '#semantic-models/rules.ts'
import { closing } from '#semantic-models/text.ts'

/** A way to a canonical unit: by a power of ten, or (with `factor`) canonical = (value + add) × factor. */
export interface Conversion {
  /** UN/CEFACT code of the canonical unit. */
  readonly code: string
  /** What stands behind a value in that unit: unit code, and up to the instant. */
  readonly close: string
  readonly places: number
  readonly factor?: Fraction
  readonly add?: Fraction
}

/** The spellings that a quantity may have in a dialect. */
export type Spellings = ReadonlyMap<string, Conversion>

/** Longer texts are no units: they are not even normalised. */
export const UNIT_LENGTH_MAX = 40

/** An offset leaves so many decimals: more would be noise of the subtraction. */
const OFFSET_DECIMALS = 6
const UNCHANGED = 0

/** Characters that NFKC makes into those of the table: such spellings are entered beforehand, so that what devices send is found in one look. */
const COMPATIBLE: readonly (readonly [string, string])[] = [['3', '³'], ['2', '²'], ['μ', 'µ'], ['°C', '℃'], ['°F', '℉'], ['oC', 'ºC']]

const NO_SPELLINGS: Spellings = new Map()
const tables = compileUnits(RULES.units, RULES.quantities)

/** The spellings of a quantity; none where it has no unit. */
export function spellingsOf(dialect: Dialect, quantity: string): Spellings {
  return tables.get(dialect)?.get(quantity) ?? NO_SPELLINGS
}

/** How this spelling leads to the canonical unit; undefined where it does not. */
export function conversionIn(spellings: Spellings, unit: string): Conversion | undefined {
  return spellings.get(unit) ?? (unit.length > UNIT_LENGTH_MAX ? undefined : spellings.get(unit.normalize('NFKC').trim()))
}

/**
 * The value in the canonical unit, × 10^places. Rounded once, half away from zero, to 15 significant digits, or where the unit has an offset
 * to six decimals; what needs no conversion passes untouched. Infinite where a double cannot hold it.
 */
export function convert(value: number, conversion: Conversion, places = UNCHANGED): number {
  if (conversion.factor === undefined) {
    const shift = conversion.places + places
    return shift === UNCHANGED ? value : shifted(value, shift)
  }
  const exact = timesTenExactly(exactly(value, conversion), places)
  return conversion.add ? toDecimals(exact, OFFSET_DECIMALS) : toDigits(exact)
}

/** The exact value in the canonical unit, before any rounding. */
export function exactly(value: number, { places, factor, add }: Conversion): Fraction {
  const sent = fractionOf(value)
  return factor === undefined ? timesTenExactly(sent, places) : times(add ? plus(sent, add) : sent, factor)
}

/** Tables by dialect, then quantity; quantities of the same units share one. Throws RuleError where a quantity names a unit that is not there. */
export function compileUnits(units: readonly UnitRule[], quantities: QuantityRules): ReadonlyMap<Dialect, ReadonlyMap<string, Spellings>> {
  const byId = new Map(units.map(unit => [unit.id, unit])), rows = Object.entries(quantities.units)
  for (const [quantity, ids] of rows) {
    const unknown = ids.find(id => !byId.has(id))
    if (unknown !== undefined) throw new RuleError(`rules/quantities.json#/units/${quantity}`, `there is no unit ${unknown}`)
  }
  return new Map(DIALECTS.map(dialect => {
    const shared = new Map<string, Spellings>()
    const spellingsBy = (ids: readonly string[]): Spellings => {
      const spellings = shared.get(ids.join()) ?? spellingsIn(dialect, ids.map(id => byId.get(id)!))
      shared.set(ids.join(), spellings)
      return spellings
    }
    return [dialect, new Map(rows.map(([quantity, ids]) => [quantity, spellingsBy(ids)]))]
  }))
}

/** Where mass and fraction are both kept, each spelling belongs to the first unit that has it. */
function spellingsIn(dialect: Dialect, units: readonly UnitRule[]): Spellings {
  const spellings = new Map<string, Conversion>()
  for (const unit of units) {
    for (const [text, factor] of Object.entries(unit.spellings)) {
      if (!means(unit, text, dialect)) continue
      const conversion = conversionBy(factor, unit.code)
      for (const variant of variantsOf(text, unit.anyCase === true)) if (!spellings.has(variant)) spellings.set(variant, conversion)
    }
  }
  return spellings
}

function means(unit: UnitRule, text: string, dialect: Dialect): boolean {
  if (unit.notIn?.[dialect]?.includes(text)) return false
  return unit.onlyIn?.[text]?.includes(dialect) ?? true
}

function conversionBy(factor: Factor, code: string): Conversion {
  if (factor === 1) return { code, close: closing(code), places: UNCHANGED }
  const places = powerOfTen(factor.mul, factor.div)
  if (factor.add === undefined && places !== undefined) return { code, close: closing(code), places }
  const by = { numerator: BigInt(factor.mul), denominator: BigInt(factor.div) }
  return { code, close: closing(code), places: UNCHANGED, factor: by, add: factor.add === undefined ? undefined : fractionOf(factor.add) }
}

/** The n of mul ÷ div = 10^n, or undefined. */
export function powerOfTen(mul: number, div: number): number | undefined {
  const power = Math.round(Math.log10(mul / div))
  return (power < 0 ? mul * 10 ** -power === div : mul === div * 10 ** power) ? power : undefined
}

/** All texts that are this spelling once NFKC has been at them (and the case, where it does not count). */
function variantsOf(text: string, anyCase: boolean): readonly string[] {
  let variants = [text]
  for (const [plain, compatible] of COMPATIBLE) {
    if (text.includes(plain)) variants = variants.flatMap(variant => [variant, variant.replaceAll(plain, compatible)])
  }
  return anyCase ? variants.flatMap(variant => casesOf(variant)) : variants
}

function casesOf(text: string): readonly string[] {
  if (text === '') return ['']
  return casesOf(text.slice(1)).flatMap(rest => [text[0]!.toLowerCase() + rest, text[0]!.toUpperCase() + rest])
}
