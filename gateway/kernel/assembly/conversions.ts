// Conversions that are no mere power of ten, exactly: on the decimal that was sent, rounded once, half away from zero.
import { RATIO_DIGITS } from './board'
import { integerTenTo } from './numbers'

/** (value + add) × mul ÷ div, to six decimals, half away from zero: kept as a mantissa of 10^-6 in the slot's last word. */
export function affine(route: usize, kept: usize): bool {
  const power = load<i32>(kept, 24), addDecimals = load<i32>(route, 48)
  const decimals = max(-power, addDecimals)
  if (decimals > 6 || power > 0 || load<i32>(kept, 28) > 9) return false
  const sent = <i64>load<u64>(kept, 16) * integerTenTo(decimals + power)
  const whole = (load<i32>(kept, 32) != 0 ? -sent : sent) + load<i64>(route, 72) * integerTenTo(decimals - addDecimals)
  const numerator = whole * load<i64>(route, 80) * integerTenTo(6 - decimals), divisor = load<i64>(route, 88)
  const isNegative = numerator < 0, size = isNegative ? -numerator : numerator
  const rounded = (2 * size + divisor) / (2 * divisor), told = <f64>(isNegative ? -rounded : rounded) / 1e6
  if (rounded > 999999999999999 || !(told >= load<f64>(route, 56) && told <= load<f64>(route, 64))) return false
  store<i64>(kept, isNegative ? -rounded : rounded, 16)
  return true
}

/** value × mul ÷ div, to fifteen digits: mantissa and power are kept in the slot. */
export function ratio(route: usize, kept: usize): bool {
  const mantissa = load<u64>(kept, 16), factor = load<u64>(route, 80), divisor = load<u64>(route, 88)
  if (mantissa > 0x7fffffffffffffff / factor || divisor > 0x0fffffffffffffff / 10) return false
  let quotient = mantissa * factor / divisor, rest = mantissa * factor % divisor, power = load<i32>(kept, 24)
  if (quotient >= RATIO_DIGITS * 10) return false
  while (rest != 0 && quotient < RATIO_DIGITS) {
    rest *= 10
    quotient = quotient * 10 + rest / divisor
    rest %= divisor
    power--
  }
  if (2 * rest >= divisor) quotient++
  store<u64>(kept, quotient, 16)
  store<i32>(kept, power, 24)
  return true
}
