// Exact rationals over the decimal that was sent, for the conversions that doubles would get wrong in the last digit.

export interface Rational { readonly mul: number, readonly div: number }

const SIGNIFICANT_DIGITS = 15

/**
 * value × mul ÷ div, rounded once, half away from zero, to 15 significant digits. The value is taken as the shortest decimal that means it: the one that was sent.
 */
export function multiplied(value: number, { mul, div }: Rational): number {
  const { mantissa, exponent } = decimalOf(value)
  let numerator = mantissa * BigInt(mul), denominator = BigInt(div)
  const isNegative = numerator < 0n
  if (isNegative) numerator = -numerator
  if (numerator === 0n) return 0
  // Shifted so far that the quotient has one digit more than is kept, or a few.
  const shift = SIGNIFICANT_DIGITS + 1 - (digitsOf(numerator) - digitsOf(denominator))
  if (shift >= 0) numerator *= 10n ** BigInt(shift)
  else denominator *= 10n ** BigInt(-shift)
  const surplus = digitsOf(numerator / denominator) - SIGNIFICANT_DIGITS
  denominator *= 10n ** BigInt(surplus)
  const rounded = (2n * numerator + denominator) / (2n * denominator)
  return Number(`${isNegative ? '-' : ''}${rounded}e${exponent - shift + surplus}`)
}

function decimalOf(value: number): { mantissa: bigint, exponent: number } {
  const [digits = '', power = '0'] = String(value).split('e')
  const point = digits.indexOf('.')
  return point < 0 ? { mantissa: BigInt(digits), exponent: Number(power) } : { mantissa: BigInt(digits.slice(0, point) + digits.slice(point + 1)), exponent: Number(power) - (digits.length - point - 1) }
}

const digitsOf = (positive: bigint): number => positive.toString().length
