// Numbers as they are written, so that a step of 0.1 is a tenth: digits × 10^-places, exact.

export interface Decimal { readonly digits: bigint, readonly places: number }

export const ZERO: Decimal = { digits: 0n, places: 0 }

/** The shortest decimal that means this double: what was sent. */
export function decimalOf(value: number): Decimal {
  const [mantissa = '', power = '0'] = String(value).split('e'), [whole = '', decimals = ''] = mantissa.split('.')
  const digits = BigInt(whole + decimals), places = decimals.length - Number(power)
  return places >= 0 ? { digits, places } : { digits: digits * 10n ** BigInt(-places), places: 0 }
}

/** The nearest double. */
export function numberOf({ digits, places }: Decimal): number { return digits === 0n ? 0 : Number(`${digits}e${-places}`) }

/** Both at the places of the one that has more of them. */
export function aligned(a: Decimal, b: Decimal): { readonly a: bigint, readonly b: bigint, readonly places: number } {
  const places = Math.max(a.places, b.places)
  return { a: at(a, places), b: at(b, places), places }
}

export function compare(one: Decimal, other: Decimal): number {
  const { a, b } = aligned(one, other)
  return a < b ? -1 : a > b ? 1 : 0
}

export function plus(one: Decimal, other: Decimal): Decimal {
  const { a, b, places } = aligned(one, other)
  return { digits: a + b, places }
}

export const times = ({ digits, places }: Decimal, factor: bigint): Decimal => ({ digits: digits * factor, places })
export const half = ({ digits, places }: Decimal): Decimal => ({ digits: digits * 5n, places: places + 1 })

/** The largest whole number of times that a step, which is positive, goes into a value. */
export function floorDivided(value: Decimal, step: Decimal): bigint {
  const { a, b } = aligned(value, step), quotient = a / b
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient
}

/** The same, to the nearest whole number; what lies in the middle goes away from zero. */
export function roundDivided(value: Decimal, step: Decimal): bigint {
  const { a, b } = aligned(value, step), size = (2n * (a < 0n ? -a : a) + b) / (2n * b)
  return a < 0n ? -size : size
}

/** How often one goes into the other where that is a whole number of times. */
export function wholeRatio(value: Decimal, step: Decimal): bigint | undefined {
  const { a, b } = aligned(value, step)
  return a % b === 0n ? a / b : undefined
}

/** The smallest value that both, which are positive, go into. */
export function commonMultiple(one: Decimal, other: Decimal): Decimal {
  const { a, b, places } = aligned(one, other)
  return { digits: a / greatestCommonDivisor(a, b) * b, places }
}

export function greatestCommonDivisor(a: bigint, b: bigint): bigint { return b === 0n ? a : greatestCommonDivisor(b, a % b) }

/** Without zeros that say nothing. */
export function decimalText(value: Decimal): string {
  const size = (value.digits < 0n ? -value.digits : value.digits).toString().padStart(value.places + 1, '0'), point = size.length - value.places
  const text = value.places === 0 ? size : `${size.slice(0, point)}.${size.slice(point)}`.replace(/\.?0+$/, '')
  return value.digits < 0n ? `-${text}` : text
}

function at({ digits, places }: Decimal, wanted: number): bigint { return digits * 10n ** BigInt(wanted - places) }
