// Numbers as they are sent: a decimal mantissa and a power of ten, and what a double or a text of them is.
import { DIGITS_KEPT, DIGITS_MAX, LEXEME_MAX, MINUS, NUMBER, PLUS, POINT, ZERO } from './board'
import { at, out } from './message'

const LOST = 0x10000

@inline function digits(): bool {
  if (<u8>(load<u8>(at) - ZERO) > 9) return false
  while (<u8>(load<u8>(++at) - ZERO) < 10) { /* on */ }
  return true
}

export function plainNumber(): bool {
  if (load<u8>(at) == MINUS) at++
  if (load<u8>(at) == ZERO) at++
  else if (!digits()) return false
  if (load<u8>(at) == POINT) { at++; if (!digits()) return false }
  if ((load<u8>(at) | 0x20) != 0x65) return true
  at++
  const sign = load<u8>(at)
  if (sign == 0x2b || sign == MINUS) at++
  return digits()
}

/** Keeps [type, lexeme, its length, mantissa, power, digits, isNegative]; zeros in front do not count as digits. */
export function number(kept: usize): bool {
  const begin = at
  const isNegative = load<u8>(at) == MINUS
  if (isNegative) at++
  if (load<u8>(at) == ZERO && <u8>(load<u8>(at, 1) - ZERO) < 10) return false
  if (!decimal(kept)) return false
  let byte = load<u8>(at)
  if ((byte | 0x20) == 0x65) {
    byte = load<u8>(++at)
    const isDown = byte == MINUS
    if (isDown || byte == PLUS) byte = load<u8>(++at)
    if (<u8>(byte - ZERO) > 9) return false
    let exponent: i32 = 0
    while (<u8>(byte - ZERO) < 10) {
      if (exponent < 10000) exponent = exponent * 10 + <i32>(byte - ZERO)
      byte = load<u8>(++at)
    }
    store<i32>(kept, load<i32>(kept, 24) + (isDown ? -exponent : exponent), 24)
  }
  store<i32>(kept, NUMBER, 4)
  store<u32>(kept, <u32>begin, 8)
  store<u32>(kept, <u32>(at - begin), 12)
  store<i32>(kept, isNegative ? 1 : 0, 32)
  return true
}

/** Digits, and a point and digits: keeps [mantissa, power, digits]. What is beyond DIGITS_KEPT is cut; where that loses anything, digits has LOST. */
function decimal(kept: usize): bool {
  let mantissa: u64 = 0, count: i32 = 0, power: i32 = 0, lost: i32 = 0
  let byte = load<u8>(at)
  if (<u8>(byte - ZERO) > 9) return false
  while (<u8>(byte - ZERO) < 10) {
    if (count < DIGITS_KEPT) mantissa = mantissa * 10 + <u64>(byte - ZERO)
    else {
      power++
      if (byte != ZERO) lost = LOST
    }
    if (mantissa != 0) count++
    byte = load<u8>(++at)
  }
  if (byte == POINT) {
    byte = load<u8>(++at)
    if (<u8>(byte - ZERO) > 9) return false
    while (<u8>(byte - ZERO) < 10) {
      if (count < DIGITS_KEPT) {
        mantissa = mantissa * 10 + <u64>(byte - ZERO)
        power--
      } else if (byte != ZERO) lost = LOST
      if (mantissa != 0) count++
      byte = load<u8>(++at)
    }
  }
  store<u64>(kept, mantissa, 16)
  store<i32>(kept, power, 24)
  store<i32>(kept, count | lost, 28)
  return true
}

/** A text that is a plain decimal (`[+-]?digits[.digits]`) becomes the number that it says; what is longer than a double holds does not. */
export function textNumber(kept: usize): bool {
  const text = <usize>load<u32>(kept, 8), end = text + <usize>load<u32>(kept, 12), first = load<u8>(text), behind = load<u8>(end), before = at
  if (text == end) return false
  at = first == MINUS || first == PLUS ? text + 1 : text
  store<u8>(end, 0)
  const isDecimal = decimal(kept) && at == end
  store<u8>(end, behind)
  at = before
  store<i32>(kept, NUMBER, 4)
  store<u32>(kept, LEXEME_MAX + 1, 12) // it is not to be copied
  store<i32>(kept, first == MINUS ? 1 : 0, 32)
  return isDecimal && load<i32>(kept, 28) <= DIGITS_MAX
}

@inline export function scaled(mantissa: u64, power: i32, isNegative: bool): f64 {
  const whole = <f64>mantissa, value = power < 0 ? whole / tenTo(-power) : whole * tenTo(power)
  return isNegative ? -value : value
}

function tenTo(power: i32): f64 {
  let value: f64 = 1
  for (let n = 0; n < power; n++) value *= 10 // exact up to 10^22
  return value
}

export function integerTenTo(power: i32): i64 {
  let value: i64 = 1
  for (let n = 0; n < power; n++) value *= 10
  return value
}

/** Below this power of ten every number that is kept is nearer to 0 than to the smallest double. */
export const NOTHING_POWER = -343

export function nothing(kept: usize): void {
  store<u64>(kept, 0, 16)
  store<i32>(kept, 0, 24)
  store<i32>(kept, 0, 28)
}

/** Takes zeros off the end of a number that has too many digits. */
export function trim(kept: usize): void {
  let mantissa = load<u64>(kept, 16), count = min(load<i32>(kept, 28), DIGITS_KEPT), power = load<i32>(kept, 24)
  if ((load<i32>(kept, 28) & LOST) != 0) return
  for (; mantissa != 0 && mantissa % 10 == 0; mantissa /= 10) {
    power++
    count--
  }
  store<u64>(kept, mantissa, 16)
  store<i32>(kept, power, 24)
  store<i32>(kept, count, 28)
}

/** Of a number with more than DIGITS_MAX digits: rounds it to so many, unless what a double makes of it could be rounded otherwise. */
export function shorten(kept: usize): bool {
  let mantissa = load<u64>(kept, 16), unit: u64 = 10
  while (mantissa / unit > 999_999_999_999_999) unit *= 10
  const rest = mantissa % unit, doubt = <u64>(<f64>mantissa * 2.3e-16) + 2, twice = 2 * rest
  if (twice + 2 * doubt >= unit && twice <= unit + 2 * doubt) return false
  mantissa = mantissa / unit + (twice > unit ? 1 : 0)
  let power = load<i32>(kept, 24)
  for (; unit > 1; unit /= 10) power++
  store<u64>(kept, mantissa, 16)
  store<i32>(kept, power, 24)
  return true
}

/** mantissa × 10^power, without zeros at its end or an exponent. */
export function writeDecimal(mantissa: u64, power: i32, isNegative: bool): void {
  if (mantissa == 0) {
    store<u8>(out++, ZERO)
    return
  }
  while (power < 0 && mantissa % 10 == 0) {
    mantissa /= 10
    power++
  }
  if (isNegative) store<u8>(out++, MINUS)
  let size: i32 = 0
  for (let rest = mantissa; rest > 0; rest /= 10) size++
  const point = size + power
  if (point <= 0) {
    store<u16>(out, 0x2e30)
    out += 2
    for (let n = point; n < 0; n++) store<u8>(out++, ZERO)
    integerAt(mantissa, size, size)
  } else if (power < 0) {
    integerAt(mantissa, size, point)
  } else {
    integerAt(mantissa, size, size)
    for (let n = 0; n < power; n++) store<u8>(out++, ZERO)
  }
}

/** So many digits, a point behind the first `point` of them where that is fewer. */
function integerAt(value: u64, size: i32, point: i32): void {
  let p = out + <usize>size + (point < size ? 1 : 0)
  out = p
  for (let n = size; n > 0; n--) {
    if (n == point && point < size) store<u8>(--p, POINT)
    store<u8>(--p, <u8>(value % 10) + ZERO)
    value /= 10
  }
}
