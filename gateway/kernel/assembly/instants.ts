// The device's own time, read and written.
import {
  AGREES, AHEAD_MS, BOARD, COLON, DIGITS_MAX, END_MS, FIRST_MS, LOCAL, MILLISECONDS, MINUS, NOW, NULL, NUMBER, POINT, POWER_MAX, SECONDS, SLOT_BYTES,
  STRICT_TIME, STRING, TEXT, TIME_BYTES, ZERO,
} from './board'
import { generation, isTimed, observedAt, plan, slots, timeText } from './message'
import { scaled } from './numbers'

const OWN_TIME: usize = BOARD + 128
let ownSecond: f64 = -1

/** A text that is no time, since it names no zone and none is known; and what only decode can read. */
const NO_TIME: f64 = -2, NOT_READ: f64 = -1

/**
 * Times: [slot, flags, zone or 0, from f64]. The first that is there counts, and those that have to agree do. An implausible one is no time,
 * but only decode knows what comes in its place.
 */
export function readTimes(): bool {
  const times = <usize>load<u32>(plan, 12), count = load<i32>(plan, 16)
  let isFound = false
  for (let n = 0; n < count; n++) {
    const time = times + <usize>n * TIME_BYTES, kept = slots + <usize>load<u32>(time) * SLOT_BYTES, flags = load<i32>(time, 4)
    if (load<i32>(kept) != generation) continue
    if (load<i32>(kept, 4) == NULL) {
      if ((flags & STRICT_TIME) != 0) return false
      continue
    }
    if ((flags & AGREES) != 0) {
      if (!isTimed || momentOf(time, kept, flags) != observedAt) return false
      continue
    }
    if (isFound) continue
    isFound = true
    const ms = momentOf(time, kept, flags)
    if (ms == NOT_READ) return false
    if (ms == NO_TIME) continue
    if (ms > load<f64>(BOARD + NOW) + load<f64>(BOARD + AHEAD_MS) || ms < load<f64>(BOARD + FIRST_MS) || ms >= load<f64>(BOARD + END_MS)) {
      if (count > 1) return false
      continue
    }
    isTimed = true
    observedAt = floor(ms)
    timeText = OWN_TIME
  }
  if (isTimed) writeTime(observedAt)
  return true
}

/** Milliseconds since 1970, not yet rounded down. */
function momentOf(time: usize, kept: usize, flags: i32): f64 {
  const type = load<i32>(kept, 4)
  if (type == STRING) return (flags & TEXT) != 0 ? instantOf(<usize>load<u32>(kept, 8), load<u32>(kept, 12), time, (flags & LOCAL) != 0) : NOT_READ
  const power = load<i32>(kept, 24)
  if (type != NUMBER || load<i32>(kept, 28) > DIGITS_MAX || power > POWER_MAX || power < -POWER_MAX) return NOT_READ
  const value = scaled(load<u64>(kept, 16), power, load<i32>(kept, 32) != 0)
  if (value < load<f64>(time, 16)) return NOT_READ
  if ((flags & MILLISECONDS) != 0) return value
  // By way of whole microseconds, as instantOfSeconds goes.
  return (flags & SECONDS) != 0 ? floor(floor(value * 1e6 + 0.5) / 1000) : NOT_READ
}

@inline function two(text: usize): i32 {
  const tens = <u8>(load<u8>(text) - ZERO), ones = <u8>(load<u8>(text, 1) - ZERO)
  return tens > 9 || ones > 9 ? -1 : <i32>tens * 10 + <i32>ones
}

/** `YYYY-MM-DDThh:mm:ss[.f…](Z|±hh:mm)`, decimals cut to three; where it may be local also without its zone. */
function instantOf(text: usize, length: u32, time: usize, isLocal: bool): f64 {
  if (length < 19 || load<u8>(text, 4) != MINUS || load<u8>(text, 7) != MINUS || load<u8>(text, 10) != 0x54) return NOT_READ
  if (load<u8>(text, 13) != COLON || load<u8>(text, 16) != COLON) return NOT_READ
  const century = two(text), years = two(text + 2), month = two(text + 5), day = two(text + 8)
  const hour = two(text + 11), minute = two(text + 14), second = two(text + 17)
  if (century < 0 || years < 0 || month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return NOT_READ
  const year = century * 100 + years
  if (day > daysOf(year, month)) return NOT_READ
  let p = text + 19, ms: i32 = 0
  const end = text + <usize>length
  if (p < end && load<u8>(p) == POINT) {
    let unit: i32 = 100
    if (<u8>(load<u8>(++p) - ZERO) > 9) return NOT_READ
    for (; p < end && <u8>(load<u8>(p) - ZERO) < 10; p++) { ms += <i32>(load<u8>(p) - ZERO) * unit; unit /= 10 }
  }
  const days = daysTo(year, month) + day - 1, wall = <f64>days * 86400000 + <f64>((hour * 60 + minute) * 60 + second) * 1000 + <f64>ms
  if (p == end) return isLocal ? instantOfClock(wall, <usize>load<u32>(time, 8)) : NOT_READ
  let offset: i32 = 0
  const zone = load<u8>(p)
  if (zone == 0x5a) p++
  else {
    const hours = two(p + 1), minutes = two(p + 4)
    if ((zone != 0x2b && zone != MINUS) || load<u8>(p, 3) != COLON || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return NOT_READ
    offset = (hours * 60 + minutes) * (zone == MINUS ? -1 : 1)
    p += 6
  }
  if (p != end) return NOT_READ
  return max(wall - <f64>offset * 60000, 0)
}

/** A zone: [its offset f64, and from when to when, as its clocks show it, that holds]. */
function instantOfClock(wall: f64, zone: usize): f64 {
  if (zone == 0) return NO_TIME
  return wall >= load<f64>(zone, 8) && wall < load<f64>(zone, 16) ? wall - load<f64>(zone) : NOT_READ
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
