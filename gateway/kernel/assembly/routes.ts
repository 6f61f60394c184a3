// From fields to the cells of entities: which route of a field fits, and what its value is there.
import {
  AFFINE, ALIEN_BYTES, BOARD, CELLS_PER_PART, CELL_BYTES, DIGITS_MAX, FIELD_BYTES, KIND_ALIEN, KIND_MARK, KIND_NEVER, KIND_NUMBER, KIND_WORDS, LEXEME_MAX, LONG, MADE_PER_ROW_MAX,
  NEVER_NULL, NOT_COVERED, NOW, NOW_TEXT, NULL, NUMBER, OBJECT, ONLY_STATES, POWER_MAX, RATIO, REQUIRED, ROUTE_BYTES, SLOT_BYTES, STRING, TELLER, TEXT_TOO,
  TO_MAPPER, TO_PART, TO_STATE, ZERO, board,
} from './board'
import { affine, ratio } from './conversions'
import { noteOrder, write } from './emission'
import { readTimes } from './instants'
import { cells, device, generation, isTimed, marks, observedAt, placed, plan, present, presentCount, slots, timeText, touched, touchedCount } from './message'
import { nothing, NOTHING_POWER, scaled, shorten, textNumber, trim } from './numbers'
import { keepState, keepStates, signal } from './states'
import { wordOf, WORD_MARKS } from './words'

/**
 * Plan: [root, fields' number, fields, times, their number, fields that come first, sets of marks that are apart, their number, signal or 0,
 * required fields' number, has tellers, states' number].
 */
export function emit(index: i32): i32 {
  isTimed = false
  observedAt = load<f64>(BOARD + NOW)
  timeText = board(NOW_TEXT)
  placed = 0
  touched = 0
  touchedCount = 0
  if ((load<i32>(plan, 40) != 0 && !tell()) || isApart() || !readTimes() || !placeAll() || !signal()) return NOT_COVERED
  // Nothing, and more than there is room for, are rare, and decode says why.
  if (placed == 0 || touchedCount > MADE_PER_ROW_MAX) return NOT_COVERED
  keepStates()
  return touched == 0 ? ONLY_STATES : write(index)
}

@inline function slotAt(slot: u32): usize { return slots + <usize>slot * SLOT_BYTES }
@inline function fieldAt(slot: u32): usize { return <usize>load<u32>(plan, 8) + <usize>slot * FIELD_BYTES }

/** Fields that say something of the whole message. */
function tell(): bool {
  let required: i32 = 0
  for (let n = 0; n < presentCount; n++) {
    const slot = load<u32>(present + <usize>n * 4), field = fieldAt(slot), flags = load<i32>(field, 24), kept = slotAt(slot)
    if ((flags & TELLER) == 0 || load<i32>(kept, 4) == NULL) continue
    if (load<i32>(field) == KIND_MARK) {
      if (load<i32>(kept, 4) != OBJECT) return false
      required++
      continue
    }
    const word = wordOf(field, kept)
    if (word < 0) return false
    marks |= load<i32>(<usize>load<u32>(field, 16) + <usize>word * WORD_MARKS, 12)
    if ((flags & REQUIRED) != 0) required++
  }
  return required == load<i32>(plan, 36)
}

function isApart(): bool {
  const sets = <usize>load<u32>(plan, 24), count = load<i32>(plan, 28)
  for (let n = 0; n < count; n++) {
    const set = load<i32>(sets + <usize>n * 4)
    if ((marks & set) == set) return true
  }
  return false
}

function placeAll(): bool {
  const ordered = load<u32>(plan, 20)
  for (let slot: u32 = 0; slot < ordered; slot++) {
    if (load<i32>(slotAt(slot)) == generation && !place(slot)) return false
  }
  for (let n = 0; n < presentCount; n++) {
    const slot = load<u32>(present + <usize>n * 4)
    if (slot >= ordered && !place(slot)) return false
  }
  return true
}

/** Field: [kind, marks, routes, their number, words, words' number, flags]. Finds the first route that fits, and puts the value in its place. */
function place(slot: u32): bool {
  const field = fieldAt(slot), kept = slotAt(slot), kind = load<i32>(field), type = load<i32>(kept, 4)
  if (type == NULL) return (load<i32>(field, 24) & NEVER_NULL) == 0
  if (kind == KIND_NUMBER) return placeNumber(field, kept, type)
  if (kind == KIND_WORDS) {
    const word = wordOf(field, kept)
    return word >= 0 && placeWord(field, kept, word)
  }
  return kind != KIND_NEVER && (kind != KIND_ALIEN || !isAlien(field, kept, type))
}

/** More digits than a double holds are taken where it makes no difference. */
function placeNumber(field: usize, kept: usize, type: i32): bool {
  if (type == STRING && (load<i32>(field, 24) & TEXT_TOO) != 0) { if (!textNumber(kept)) return false }
  else if (type != NUMBER) return false
  if (load<i32>(kept, 28) > DIGITS_MAX) trim(kept)
  if (load<i32>(kept, 24) < NOTHING_POWER) nothing(kept)
  const power = load<i32>(kept, 24), isLong = load<i32>(kept, 28) > DIGITS_MAX
  if (power > POWER_MAX || power < -POWER_MAX) return false
  const value = scaled(load<u64>(kept, 16), power, load<i32>(kept, 32) != 0), doubt = isLong ? abs(value) * 1e-15 : 0
  const end = <usize>load<u32>(field, 8) + <usize>load<i32>(field, 12) * ROUTE_BYTES
  for (let route = <usize>load<u32>(field, 8); route < end; route += ROUTE_BYTES) {
    if (!fitsMarks(route) || value + doubt < load<f64>(route, 8) || value - doubt > load<f64>(route, 16)) continue
    if (isLong && (value - doubt < load<f64>(route, 8) || value + doubt > load<f64>(route, 16))) return false
    return follow(route, kept, value, isLong, -1)
  }
  return false
}

function placeWord(field: usize, kept: usize, word: i32): bool {
  const end = <usize>load<u32>(field, 8) + <usize>load<i32>(field, 12) * ROUTE_BYTES
  for (let route = <usize>load<u32>(field, 8); route < end; route += ROUTE_BYTES) {
    if (fitsMarks(route)) return follow(route, kept, 0, false, word)
  }
  return false
}

@inline function fitsMarks(route: usize): bool {
  const needs = load<i32>(route)
  return (marks & needs) == needs && (marks & load<i32>(route, 4)) == 0
}

/**
 * Route: [needs, lacks, from f64, to f64, action, entity (of the device's map) or state, part, cell, rank, as, shift, isInteger, min f64, max f64,
 * add i64, factor i64, divisor i64, closing text, its length, texts of words].
 */
function follow(route: usize, kept: usize, value: f64, isLong: bool, word: i32): bool {
  const action = load<i32>(route, 24)
  if (action == TO_STATE) {
    placed++
    return !isLong && keepState(load<u32>(route, 28), load<i32>(route, 40), kept, load<i32>(route, 48))
  }
  if (action != TO_PART) return action != TO_MAPPER
  const local = load<u8>(<usize>load<u32>(device, 4) + <usize>load<u32>(route, 28))
  if (local == 0xff || (word < 0 && !convert(route, kept, value, isLong))) return false
  placed++
  const cell = cells + (<usize>load<u32>(route, 32) * CELLS_PER_PART + <usize>load<u32>(route, 36)) * CELL_BYTES
  if (load<i32>(cell) == generation && <i32>load<u8>(cell, 4) <= load<i32>(route, 40)) return true // a better one is there
  store<i32>(cell, generation)
  store<u8>(cell, <u8>load<i32>(route, 40), 4)
  store<u8>(cell, <u8>(word + 1), 5)
  store<u32>(cell, <u32>route, 8)
  store<u32>(cell, <u32>kept, 12)
  noteOrder(local)
  return true
}

/** Whether the value is one of the attribute's; what has to be reckoned is kept in the slot. */
function convert(route: usize, kept: usize, value: f64, isLong: bool): bool {
  const as = load<i32>(route, 44), shift = load<i32>(route, 48), isNegative = load<i32>(kept, 32) != 0
  if (as == AFFINE) return !isLong && affine(route, kept)
  if (as == RATIO && (isLong || !ratio(route, kept))) return false
  let told = value, doubt: f64 = 0
  if (isLong) {
    if (load<i32>(route, 52) != 0) return false
    if (shift == 0) {
      if (load<u32>(kept, 12) > LEXEME_MAX) return false
      doubt = abs(value) * 1e-15
    } else if (!shorten(kept)) return false
  }
  if (shift != 0 || as == RATIO) {
    const power = load<i32>(kept, 24) + shift
    if (power > POWER_MAX || power < -POWER_MAX) return false
    told = scaled(load<u64>(kept, 16), power, isNegative)
  }
  return told - doubt >= load<f64>(route, 56) && told + doubt <= load<f64>(route, 64) && (load<i32>(route, 52) == 0 || told == floor(told))
}

/** Whether a word of a text begins like one that only decode may judge. Words are of letters, digits and hyphens. */
function isAlien(field: usize, kept: usize, type: i32): bool {
  if (type == LONG) return true
  if (type != STRING) return false
  const aliens = <usize>load<u32>(field, 16), count = load<i32>(field, 20), text = <usize>load<u32>(kept, 8), length = load<i32>(kept, 12)
  let isInWord = false
  for (let i = 0; i < length; i++) {
    const at = text + <usize>i, byte = load<u8>(at), letter = byte | 0x20
    if (!isInWord) {
      const start = load<u64>(at) | 0x2020202020202020
      for (let n = 0; n < count; n++) {
        const alien = aliens + <usize>n * ALIEN_BYTES
        if ((start & load<u64>(alien)) == load<u64>(alien, 8)) return true
      }
    }
    isInWord = <u8>(byte - ZERO) < 10 || byte == 0x2d || (byte < 0x80 && <u8>(letter - 0x61) < 26)
  }
  return false
}
