// Arithmetic on the decimal that was sent, not on the double that it became: exact, then rounded once.

/** An exact value; the denominator is positive. */
export interface Fraction { readonly numerator: bigint, readonly denominator: bigint }

/** What a conversion keeps (models.md §4): enough for any sensor, and few enough that a double gives them back. */
export const SIGNIFICANT_DIGITS = 15

/** Integers below this, and powers of ten up to TEN_POWER_MAX, are exact doubles: one division of them rounds once, and right (Clinger). */
const EXACT_INTEGER_MAX = 1e15
const TEN_POWER_MAX = 22
/** Decimals that devices send; a value with more takes the slow road. */
const USUAL_DECIMALS_MAX = 6

/** value × 10^places, rounded half away from zero to 15 significant digits. */
export function shifted(value: number, places: number): number {
  for (let decimals = 0, power = 1; decimals <= USUAL_DECIMALS_MAX; decimals++, power *= 10) {
    const mantissa = Math.round(value * power)
    if (mantissa / power === value && Math.abs(mantissa) < EXACT_INTEGER_MAX) return timesTen(mantissa, places - decimals)
  }
  return toDigits(timesTenExactly(fractionOf(value), places))
}

/** The shortest decimal that means this double, which is what was sent, as a fraction. */
export function fractionOf(value: number): Fraction {
  const [digits = '', power = '0'] = String(value).split('e')
  const [whole = '', decimals = ''] = digits.split('.')
  return timesTenExactly({ numerator: BigInt(whole + decimals), denominator: 1n }, Number(power) - decimals.length)
}

export function timesTenExactly({ numerator, denominator }: Fraction, places: number): Fraction {
  if (places >= 0) return { numerator: numerator * 10n ** BigInt(places), denominator }
  return { numerator, denominator: denominator * 10n ** BigInt(-places) }
}

export function plus(a: Fraction, b: Fraction): Fraction {
  return { numerator: a.numerator * b.denominator + b.numerator * a.denominator, denominator: a.denominator * b.denominator }
}

export function minus(a: Fraction, b: Fraction): Fraction { return plus(a, { numerator: -b.numerator, denominator: b.denominator }) }

export function times(a: Fraction, b: Fraction): Fraction {
  return { numerator: a.numerator * b.numerator, denominator: a.denominator * b.denominator }
}

/** The divisor is not zero. */
export function over(a: Fraction, b: Fraction): Fraction {
  const sign = b.numerator < 0n ? -1n : 1n
  return { numerator: a.numerator * b.denominator * sign, denominator: a.denominator * b.numerator * sign }
}

/** The nearest double to the value rounded half away from zero to 15 significant digits; infinite where it is too large. */
export function toDigits(value: Fraction): number {
  if (value.numerator === 0n) return 0
  // The integer part of value × 10^(decimals + 1) has 16 digits or 17; its length tells how many decimals make 15.
  const estimate = SIGNIFICANT_DIGITS + 1 - (lengthOf(value.numerator) - lengthOf(value.denominator))
  const { numerator, denominator } = timesTenExactly(value, estimate)
  return toDecimals(value, estimate + SIGNIFICANT_DIGITS - lengthOf(numerator / denominator))
}

/** The nearest double to the value rounded half away from zero to so many decimals (negative: tens, hundreds …). */
export function toDecimals(value: Fraction, decimals: number): number {
  const { numerator, denominator } = timesTenExactly(value, decimals)
  const isNegative = numerator < 0n
  const rounded = (2n * (isNegative ? -numerator : numerator) + denominator) / (2n * denominator)
  return rounded === 0n ? 0 : Number(`${isNegative ? '-' : ''}${rounded}e${-decimals}`)
}

function timesTen(integer: number, places: number): number {
  if (integer === 0) return 0
  if (Math.abs(places) > TEN_POWER_MAX) return toDigits(timesTenExactly({ numerator: BigInt(integer), denominator: 1n }, places))
  return places >= 0 ? integer * 10 ** places : integer / 10 ** -places
}

function lengthOf(integer: bigint): number {
  return (integer < 0n ? -integer : integer).toString().length
}
