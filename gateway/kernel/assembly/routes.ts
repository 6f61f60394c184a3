// From fields to the cells of entities: which route of a field fits, and what its value is there.
import {
  AFFINE, BOARD, CELLS_PER_PART, CELL_BYTES, DIGITS_MAX, FIELD_BYTES, KIND_NUMBER, KIND_TIME, NOT_COVERED, NOW, NOW_TEXT, NULL, NUMBER,
  POWER_MAX, ROUTE_BYTES, SLOT_BYTES, STATE_BYTES, STRING, TO_PART, TO_STATUS, WORD_BYTES, board,
} from './board'
import { isSame } from './bytes'
import { write } from './emission'
import { readTime } from './instants'
import { field } from './json'
import { cells, generation, isTimed, marks, observedAt, plan, present, presentCount, slots, timeText, touched } from './message'
import { integerTenTo, scaled } from './numbers'

/** Plan: [root, fields' number, fields, entities' number, entities, cells' number, time field or -1, parts' number]. */
export function emit(device: usize, index: i32): i32 {
  isTimed = false
  observedAt = load<f64>(BOARD + NOW)
  timeText = board(NOW_TEXT)
  const timeSlot = load<i32>(plan, 24)
  if (timeSlot >= 0 && load<i32>(slots + <usize>timeSlot * SLOT_BYTES) == generation && !readTime(slots + <usize>timeSlot * SLOT_BYTES)) return NOT_COVERED
  const fields = <usize>load<u32>(plan, 8)
  touched = 0
  for (let n = 0; n < presentCount; n++) {
    const slot = load<u32>(present + <usize>n * 4), kept = slots + <usize>slot * SLOT_BYTES
    if (load<i32>(kept, 4) == NULL) continue
    if (!place(fields + <usize>slot * FIELD_BYTES, kept, device)) return NOT_COVERED
  }
  if (touched == 0) return NOT_COVERED // nothing but states of the device, or nothing at all: rare, and counted elsewhere
  return write(device, index)
}

/** Field: [kind, marks, routes, their number, words, words' number]. Finds the first route that fits, and puts the value in its cell. */
export function place(field: usize, kept: usize, device: usize): bool {
  const kind = load<i32>(field), type = load<i32>(kept, 4)
  if (kind == KIND_TIME) return true
  let value: f64 = 0, word: i32 = -1
  if (kind == KIND_NUMBER) {
    if (type != NUMBER) return false
    const power = load<i32>(kept, 24)
    if (load<i32>(kept, 28) > DIGITS_MAX || power > POWER_MAX || power < -POWER_MAX) return false
    value = scaled(load<u64>(kept, 16), power, load<i32>(kept, 32) != 0)
  } else {
    word = wordOf(field, kept, type)
    if (word < 0) return false
  }
  const count = load<i32>(field, 12)
  let route = <usize>load<u32>(field, 8)
  for (let n = 0; n < count; n++, route += ROUTE_BYTES) {
    const needs = load<i32>(route), lacks = load<i32>(route, 4)
    if ((marks & needs) != needs || (marks & lacks) != 0 || value < load<f64>(route, 8) || value > load<f64>(route, 16)) continue
    return follow(route, kept, device, value, word)
  }
  return false
}

/** Route: [needs, lacks, from f64, to f64, action, local entity's place in the device's map, part, cell, rank, as, shift, add i64 …]. */
function follow(route: usize, kept: usize, device: usize, value: f64, word: i32): bool {
  const action = load<i32>(route, 24)
  if (action == TO_STATUS) {
    const cell = <usize>load<u32>(device, 8) + <usize>load<u32>(route, 28) * STATE_BYTES, rank = load<i32>(route, 40)
    if (load<i32>(cell, 16) == generation && load<i32>(cell, 20) <= rank) return true
    store<f64>(cell, value)
    store<f64>(cell, observedAt, 8)
    store<i32>(cell, generation, 16)
    store<i32>(cell, rank, 20)
    return true
  }
  if (action != TO_PART) return true
  const local = load<u8>(<usize>load<u32>(device, 4) + <usize>load<u32>(route, 28))
  if (local == 0xff) return false
  if (word < 0) {
    const as = load<i32>(route, 44)
    if (as == AFFINE) { if (!affine(route, kept)) return false }
    else {
      const shift = load<i32>(route, 48), power = load<i32>(kept, 24) + shift
      if (power > POWER_MAX || power < -POWER_MAX) return false
      const told = shift == 0 ? value : scaled(load<u64>(kept, 16), power, load<i32>(kept, 32) != 0)
      if (!(told >= load<f64>(route, 56) && told <= load<f64>(route, 64))) return false
      if (load<i32>(route, 52) != 0 && told != floor(told)) return false
    }
  }
  const cell = cells + (<usize>load<u32>(route, 32) * CELLS_PER_PART + <usize>load<u32>(route, 36)) * CELL_BYTES
  if (load<i32>(cell) == generation && <i32>load<u8>(cell, 4) <= load<i32>(route, 40)) return true // a better one is there
  store<i32>(cell, generation)
  store<u8>(cell, <u8>load<i32>(route, 40), 4)
  store<u8>(cell, <u8>(word + 1), 5)
  store<u32>(cell, <u32>route, 8)
  store<u32>(cell, <u32>kept, 12)
  touched |= <u64>1 << <u64>local
  return true
}

/** (value + add) × mul ÷ div, to six decimals, half away from zero: kept as a mantissa of 10^-6 in the slot's last word. */
function affine(route: usize, kept: usize): bool {
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

/** Words of a field: [type, text, its length] each; the number of the one that came, or -1. */
function wordOf(field: usize, kept: usize, type: i32): i32 {
  const words = <usize>load<u32>(field, 16), count = load<i32>(field, 20)
  for (let n = 0; n < count; n++) {
    const word = words + <usize>n * WORD_BYTES
    if (load<i32>(word) != type) continue
    if (type != STRING) return n
    const length = load<u32>(word, 8)
    if (length == load<u32>(kept, 12) && isSame(<usize>load<u32>(kept, 8), <usize>load<u32>(word, 4), length)) return n
  }
  return -1
}
