// Numbers as they are sent: a decimal mantissa and a power of ten, and what a double or a text of them is.
import { MINUS, NUMBER, POINT, ZERO } from './board'
import { at, out } from './message'

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

/** Keeps [type, lexeme, its length, mantissa, exponent, digits, isNegative]; leading zeros do not count as digits. */
export function number(kept: usize): bool {
  const begin = at
  const isNegative = load<u8>(at) == MINUS
  if (isNegative) at++
  let mantissa: u64 = 0, count: i32 = 0, power: i32 = 0
  let byte = load<u8>(at)
  if (byte == ZERO) byte = load<u8>(++at)
  else {
    if (<u8>(byte - ZERO) > 9) return false
    while (<u8>(byte - ZERO) < 10) {
      if (count < 18) mantissa = mantissa * 10 + <u64>(byte - ZERO)
      count++
      byte = load<u8>(++at)
    }
  }
  if (byte == POINT) {
    byte = load<u8>(++at)
    if (<u8>(byte - ZERO) > 9) return false
    while (<u8>(byte - ZERO) < 10) {
      if (count < 18) mantissa = mantissa * 10 + <u64>(byte - ZERO)
      if (mantissa != 0) count++
      power--
      byte = load<u8>(++at)
    }
  }
  if ((byte | 0x20) == 0x65) {
    byte = load<u8>(++at)
    const isDown = byte == MINUS
    if (isDown || byte == 0x2b) byte = load<u8>(++at)
    if (<u8>(byte - ZERO) > 9) return false
    let exponent: i32 = 0
    while (<u8>(byte - ZERO) < 10) {
      if (exponent < 10000) exponent = exponent * 10 + <i32>(byte - ZERO)
      byte = load<u8>(++at)
    }
    power += isDown ? -exponent : exponent
  }
  store<i32>(kept, NUMBER, 4)
  store<u32>(kept, <u32>begin, 8)
  store<u32>(kept, <u32>(at - begin), 12)
  store<u64>(kept, mantissa, 16)
  store<i32>(kept, power, 24)
  store<i32>(kept, count, 28)
  store<i32>(kept, isNegative ? 1 : 0, 32)
  return true
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
