// JSON (RFC 8259), strictly: one walk over the message that keeps what is wanted of it and finds all else sound.
import {
  BACKSLASH, CHILD_FIELD, CHILD_NODE, CLOSE, CLOSE_LIST, COLON, COMMA, DEPTH_MAX, DONE, FALSE, FIELD_BYTES, MINUS, NESTED, NOT_COVERED,
  NOT_JSON, NULL, OPEN, OPEN_LIST, QUOTE, SLOT_BYTES, STRING, TRUE, ZERO,
} from './board'
import { find, judge } from './keys'
import { at, generation, isEscaped, marks, plan, present, presentCount, slots } from './message'
import { number, plainNumber } from './numbers'

@inline export function blank(): void {
  let byte = load<u8>(at)
  while (byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09) byte = load<u8>(++at)
}

/** At `{`. `node` 0: nothing in it is wanted. */
export function object(node: usize, depth: i32): i32 {
  if (depth > DEPTH_MAX) return NOT_COVERED
  at++
  blank()
  if (load<u8>(at) == CLOSE) { at++; return DONE }
  for (;;) {
    if (load<u8>(at) != QUOTE) return NOT_JSON
    const key = ++at
    if (!string()) return NOT_JSON
    const length = <i32>(at - 1 - key), wasEscaped = isEscaped
    blank()
    if (load<u8>(at) != COLON) return NOT_JSON
    at++
    blank()
    if (node != 0) {
      if (wasEscaped) return NOT_COVERED
      const fault = member(node, key, length, depth)
      if (fault != DONE) return fault
    } else {
      const fault = skip(depth)
      if (fault != DONE) return fault
    }
    blank()
    const byte = load<u8>(at++)
    if (byte == CLOSE) return DONE
    if (byte != COMMA) return NOT_JSON
    blank()
  }
  return NOT_JSON
}

function list(node: usize, depth: i32): i32 {
  if (depth > DEPTH_MAX) return NOT_COVERED
  at++
  blank()
  if (load<u8>(at) == CLOSE_LIST) { at++; return DONE }
  for (let index = 0; ; index++) {
    const fault = node != 0 ? item(node, index, depth) : skip(depth)
    if (fault != DONE) return fault
    blank()
    const byte = load<u8>(at++)
    if (byte == CLOSE_LIST) return DONE
    if (byte != COMMA) return NOT_JSON
    blank()
  }
  return NOT_JSON
}

/** The value of a key. A node: [entries, multiplier lo, hi, shift, mask, others, their number, isPlaces, kind, generation]. */
function member(node: usize, key: usize, length: i32, depth: i32): i32 {
  const entry = find(node, key, length)
  if (entry != 0) return child(load<i32>(entry, 24), load<u32>(entry, 28), depth)
  const others = load<u32>(node, 20)
  if (others != 0 || load<i32>(node, 28) != 0) {
    if (!judge(node, key, length)) return NOT_COVERED
  }
  return skip(depth)
}

function item(node: usize, index: i32, depth: i32): i32 {
  const count = load<i32>(node, 24)
  if (index >= count) return skip(depth)
  const place = <usize>load<u32>(node) + <usize>index * 8
  return child(load<i32>(place), load<u32>(place, 4), depth)
}

function child(kind: i32, target: u32, depth: i32): i32 {
  if (kind == CHILD_FIELD) return field(target, depth)
  if (kind != CHILD_NODE) return skip(depth)
  const node = <usize>target
  if (load<i32>(node, 36) == generation) return NOT_COVERED // twice: what the first one held would survive
  store<i32>(node, generation, 36)
  const byte = load<u8>(at), isList = load<i32>(node, 32) != 0
  if (byte == OPEN && !isList) return object(node, depth + 1)
  if (byte == OPEN_LIST && isList) return list(node, depth + 1)
  return byte == 0x6e ? skip(depth) : NOT_COVERED
}
export function field(slot: u32, depth: i32): i32 {
  const kept = slots + <usize>slot * SLOT_BYTES
  if (load<i32>(kept) != generation) {
    store<i32>(kept, generation)
    store<u32>(present + <usize>presentCount * 4, slot)
    presentCount++
    marks |= load<i32>(<usize>load<u32>(plan, 8) + <usize>slot * FIELD_BYTES, 4)
  }
  const byte = load<u8>(at)
  if (byte == MINUS || <u8>(byte - ZERO) < 10) return number(kept) ? DONE : NOT_JSON
  if (byte == QUOTE) {
    const text = ++at
    if (!string()) return NOT_JSON
    if (isEscaped) return NOT_COVERED
    store<i32>(kept, STRING, 4)
    store<u32>(kept, <u32>text, 8)
    store<u32>(kept, <u32>(at - 1 - text), 12)
    return DONE
  }
  const type: i32 = byte == 0x74 ? TRUE : byte == 0x66 ? FALSE : byte == 0x6e ? NULL : NESTED
  store<i32>(kept, type, 4)
  return skip(depth)
}

/** A value that is not wanted; it has to be sound all the same. */
function skip(depth: i32): i32 {
  const byte = load<u8>(at)
  if (byte == QUOTE) { at++; return string() ? DONE : NOT_JSON }
  if (byte == OPEN) return object(0, depth + 1)
  if (byte == OPEN_LIST) return list(0, depth + 1)
  if (byte == MINUS || <u8>(byte - ZERO) < 10) return plainNumber() ? DONE : NOT_JSON
  return literal(byte) ? DONE : NOT_JSON
}

@inline function literal(byte: u8): bool {
  const word = load<u32>(at)
  if (byte == 0x66) {
    if (word != 0x736c6166 || load<u8>(at, 4) != 0x65) return false
    at += 5
    return true
  }
  at += 4
  return word == 0x65757274 || word == 0x6c6c756e
}

/** Behind the opening quote; leaves `at` behind the closing one. */
function string(): bool {
  isEscaped = false
  const quotes = i8x16.splat(0x22), slashes = i8x16.splat(0x5c), blanks = i8x16.splat(0x20)
  for (;;) {
    const bytes = v128.load(at)
    const ends = v128.or(v128.or(i8x16.eq(bytes, quotes), i8x16.eq(bytes, slashes)), i8x16.lt_u(bytes, blanks))
    const found = i8x16.bitmask(ends)
    if (found == 0) { at += 16; continue }
    at += <usize>ctz(found)
    const byte = load<u8>(at++)
    if (byte == QUOTE) return true
    if (byte != BACKSLASH || !escape()) return false
    isEscaped = true
  }
  return false
}

function escape(): bool {
  const byte = load<u8>(at++)
  if (byte != 0x75) return byte == QUOTE || byte == BACKSLASH || byte == 0x2f || byte == 0x62 || byte == 0x66 || byte == 0x6e || byte == 0x72 || byte == 0x74
  for (let n = 0; n < 4; n++) {
    const digit = load<u8>(at++), letter = digit | 0x20
    if (<u8>(digit - ZERO) > 9 && <u8>(letter - 0x61) > 5) return false
  }
  return true
}
