// The device's own time, read and written.
import { AHEAD_MS, BOARD, COLON, DIGITS_MAX, END_MS, FIRST_MS, MINUS, NOW, NULL, NUMBER, POINT, POWER_MAX, STRING, ZERO } from './board'
import { isTimed, observedAt, timeText } from './message'
import { scaled } from './numbers'

const OWN_TIME: usize = BOARD + 128
let ownSecond: f64 = -1

/** The device's own time: milliseconds, or RFC 3339 with a zone. False: another form, for the other road. */
export function readTime(kept: usize): bool {
  const type = load<i32>(kept, 4)
  let ms: f64 = 0
  if (type == NULL) return true
  if (type == NUMBER) {
    const power = load<i32>(kept, 24)
    if (load<i32>(kept, 28) > DIGITS_MAX || power > POWER_MAX || power < -POWER_MAX) return false
    ms = floor(scaled(load<u64>(kept, 16), power, load<i32>(kept, 32) != 0))
  } else if (type == STRING) {
    ms = instantOf(<usize>load<u32>(kept, 8), load<u32>(kept, 12))
    if (ms < 0) return false
  } else return false
  if (ms > load<f64>(BOARD + NOW) + load<f64>(BOARD + AHEAD_MS) || ms < load<f64>(BOARD + FIRST_MS) || ms >= load<f64>(BOARD + END_MS)) return true
  isTimed = true
  observedAt = ms
  timeText = OWN_TIME
  writeTime(ms)
  return true
}

@inline function two(text: usize): i32 {
  const tens = <u8>(load<u8>(text) - ZERO), ones = <u8>(load<u8>(text, 1) - ZERO)
  return tens > 9 || ones > 9 ? -1 : <i32>tens * 10 + <i32>ones
}

/** `YYYY-MM-DDThh:mm:ss[.f…](Z|±hh:mm)`, decimals cut to three; -1 for anything else. */
function instantOf(text: usize, length: u32): f64 {
  if (length < 20 || load<u8>(text, 4) != MINUS || load<u8>(text, 7) != MINUS || load<u8>(text, 10) != 0x54) return -1
  if (load<u8>(text, 13) != COLON || load<u8>(text, 16) != COLON) return -1
  const century = two(text), years = two(text + 2), month = two(text + 5), day = two(text + 8)
  const hour = two(text + 11), minute = two(text + 14), second = two(text + 17)
  if (century < 0 || years < 0 || month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return -1
  const year = century * 100 + years
  if (day > daysOf(year, month)) return -1
  let p = text + 19, ms: i32 = 0
  const end = text + <usize>length
  if (load<u8>(p) == POINT) {
    let unit: i32 = 100
    if (<u8>(load<u8>(++p) - ZERO) > 9) return -1
    for (; p < end && <u8>(load<u8>(p) - ZERO) < 10; p++) { ms += <i32>(load<u8>(p) - ZERO) * unit; unit /= 10 }
  }
  let offset: i32 = 0
  const zone = load<u8>(p)
  if (zone == 0x5a) p++
  else {
    const hours = two(p + 1), minutes = two(p + 4)
    if ((zone != 0x2b && zone != MINUS) || load<u8>(p, 3) != COLON || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return -1
    offset = (hours * 60 + minutes) * (zone == MINUS ? -1 : 1)
    p += 6
  }
  if (p != end) return -1
  const days = daysTo(year, month) + day - 1
  return <f64>days * 86400000 + <f64>(((hour * 60 + minute) - offset) * 60 + second) * 1000 + <f64>ms
}

@inline function isLeap(year: i32): bool { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 }

function daysOf(year: i32, month: i32): i32 {
  if (month == 2) return isLeap(year) ? 29 : 28
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31
}

/** Days from 1970 to the first of a month (the civil calendar, counted from March). */
function daysTo(year: i32, month: i32): i32 {
  const y = month <= 2 ? year - 1 : year, shifted = (month + 9) % 12
  return 365 * y + y / 4 - y / 100 + y / 400 + (153 * shifted + 2) / 5 - 719468
}

/** Writes `YYYY-MM-DDThh:mm:ss.mmmZ` at OWN_TIME. */
function writeTime(ms: f64): void {
  const second = floor(ms / 1000)
  if (second != ownSecond) writeSecond(second)
  const rest = <i32>(ms - second * 1000)
  digitsAt(OWN_TIME + 20, rest, 3)
}

function writeSecond(second: f64): void {
  ownSecond = second
  const days = <i32>floor(second / 86400), time = <i32>(second - <f64>days * 86400), z = days + 719468
  const era = z / 146097, doe = z - era * 146097, yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365
  const doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153
  const month = mp < 10 ? mp + 3 : mp - 9, year = yoe + era * 400 + (month <= 2 ? 1 : 0)
  digitsAt(OWN_TIME, year, 4)
  digitsAt(OWN_TIME + 5, month, 2)
  digitsAt(OWN_TIME + 8, doy - (153 * mp + 2) / 5 + 1, 2)
  digitsAt(OWN_TIME + 11, time / 3600, 2)
  digitsAt(OWN_TIME + 14, time / 60 % 60, 2)
  digitsAt(OWN_TIME + 17, time % 60, 2)
  store<u8>(OWN_TIME + 4, MINUS)
  store<u8>(OWN_TIME + 7, MINUS)
  store<u8>(OWN_TIME + 10, 0x54)
  store<u8>(OWN_TIME + 13, COLON)
  store<u8>(OWN_TIME + 16, COLON)
  store<u8>(OWN_TIME + 19, POINT)
  store<u8>(OWN_TIME + 23, 0x5a)
}

function digitsAt(to: usize, value: i32, count: i32): void {
  for (let n = count - 1; n >= 0; n--) {
    store<u8>(to + <usize>n, <u8>(value % 10) + ZERO)
    value /= 10
  }
}
