// JSON (RFC 8259), strictly: one walk over the message that keeps what is wanted of it and finds all else sound.
import {
  BACKSLASH, CLOSE, CLOSE_LIST, COLON, COMMA, DEPTH_MAX, DONE, FALSE, FIELD_BYTES, FOLDED, ITEM_BYTES, KIND_MARK, KIND_NEVER, LONG, MINUS, NESTED, NOT_COVERED,
  NOT_JSON, NULL, OBJECT, OPEN, OPEN_ENDED, OPEN_LIST, QUOTE, SLOT_BYTES, STRICT, STRING, TRUE, UNDERSCORE, UNNAMED_MAX, ZERO,
} from './board'
import { isSame } from './bytes'
import { keepScratch, scratch, unescape } from './escapes'
import { find, fold, folded, isExtended, judge } from './keys'
import { at, generation, isEscaped, marks, plan, present, presentCount, slots, unnamedCount } from './message'
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
    const fault = node == 0 ? skip(depth) : wasEscaped ? escapedMember(node, key, length, depth) : member(node, key, length, key, length, depth)
    if (fault != DONE) return fault
    blank()
    const byte = load<u8>(at++)
    if (byte == CLOSE) return DONE
    if (byte != COMMA) return NOT_JSON
    blank()
  }
  return NOT_JSON
}

/** At `[`. */
export function list(node: usize, depth: i32): i32 {
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

function escapedMember(node: usize, raw: usize, rawLength: i32, depth: i32): i32 {
  const length = unescape(raw, rawLength)
  return length < 0 ? NOT_COVERED : member(node, scratch(), length, raw, rawLength, depth)
}

/**
 * The value of a key, which is `raw` as it stands in the message. A node: [entries, the node of any other key or 0, multiplier u64, mask, others, their number (of a list: its
 * length), flags, isList, generation, places, their number]; an entry ends with [slot and 1, node].
 */
function member(node: usize, key: usize, length: i32, raw: usize, rawLength: i32, depth: i32): i32 {
  const flags = load<i32>(node, 28)
  if ((flags & FOLDED) != 0) return foldedMember(node, flags, key, length, raw, rawLength, depth)
  const entry = find(node, key, length)
  return entry != 0 ? child(load<u32>(entry, 24), <usize>load<u32>(entry, 28), depth) : other(node, flags, key, length, depth)
}

/** Of two keys that are one when they are folded, `decode` knows which counts. */
function foldedMember(node: usize, flags: i32, key: usize, length: i32, raw: usize, rawLength: i32, depth: i32): i32 {
  const foldedLength = fold(key, length)
  if (foldedLength < 0) return NOT_COVERED
  const entry = find(node, folded, foldedLength)
  if (entry == 0) return isExtended(node) ? NOT_COVERED : other(node, flags, key, length, depth)
  const kept = slots + <usize>(load<u32>(entry, 24) - 1) * SLOT_BYTES
  if (load<i32>(kept) == generation && (load<i32>(kept, 40) != rawLength || !isSame(<usize>load<u32>(kept, 36), raw, <u32>rawLength))) return NOT_COVERED
  store<u32>(kept, <u32>raw, 36)
  store<i32>(kept, rawLength, 40)
  return child(load<u32>(entry, 24), <usize>load<u32>(entry, 28), depth)
}

/** A key that is none of the fields. */
function other(node: usize, flags: i32, key: usize, length: i32, depth: i32): i32 {
  if ((load<i32>(node, 24) | flags | load<i32>(node, 44) | load<i32>(node, 4)) == 0) return skip(depth)
  if ((flags & STRICT) != 0 && length > 0 && load<u8>(key + <usize>length - 1) == UNDERSCORE) return NOT_COVERED
  if (!judge(node, key, length)) return NOT_COVERED
  const byte = load<u8>(at), rest = <usize>load<u32>(node, 4)
  if ((flags & OPEN_ENDED) != 0 && (byte == OPEN || byte == OPEN_LIST)) return NOT_COVERED
  if (rest == 0 || byte != OPEN) return skip(depth)
  return ++unnamedCount > UNNAMED_MAX ? NOT_COVERED : object(rest, depth + 1)
}

function item(node: usize, index: i32, depth: i32): i32 {
  if (index >= load<i32>(node, 24)) return skip(depth)
  const place = <usize>load<u32>(node) + <usize>index * ITEM_BYTES
  return child(load<u32>(place), <usize>load<u32>(place, 4), depth)
}

/** A field, an object or a list on the way to fields, or either. */
function child(slotAnd1: u32, node: usize, depth: i32): i32 {
  if (node == 0) return slotAnd1 == 0 ? skip(depth) : field(slotAnd1 - 1, depth)
  if (load<i32>(node, 36) == generation) return NOT_COVERED // twice: what the first one held would survive
  store<i32>(node, generation, 36)
  const byte = load<u8>(at), isList = load<i32>(node, 32) != 0
  if (byte != (isList ? OPEN_LIST : OPEN)) return slotAnd1 != 0 ? field(slotAnd1 - 1, depth) : byte == 0x6e ? skip(depth) : NOT_COVERED
  if (slotAnd1 != 0 && isOfObjects(load<i32>(fieldAt(slotAnd1 - 1)))) store<i32>(touch(slotAnd1 - 1), OBJECT, 4)
  return isList ? list(node, depth + 1) : object(node, depth + 1)
}

@inline function isOfObjects(kind: i32): bool { return kind == KIND_MARK || kind == KIND_NEVER }
@inline function fieldAt(slot: u32): usize { return <usize>load<u32>(plan, 8) + <usize>slot * FIELD_BYTES }

/** A slot: [generation, type, text, its length, mantissa u64, power, digits, isNegative, key, its length]. */
@inline function touch(slot: u32): usize {
  const kept = slots + <usize>slot * SLOT_BYTES
  if (load<i32>(kept) != generation) {
    store<i32>(kept, generation)
    store<u32>(present + <usize>presentCount * 4, slot)
    presentCount++
    marks |= load<i32>(fieldAt(slot), 4)
  }
  return kept
}

function field(slot: u32, depth: i32): i32 {
  const kept = touch(slot), byte = load<u8>(at)
  if (byte == MINUS || <u8>(byte - ZERO) < 10) return number(kept) ? DONE : NOT_JSON
  if (byte == QUOTE) {
    const text = ++at
    if (!string()) return NOT_JSON
    return keepText(kept, text, <i32>(at - 1 - text))
  }
  const type: i32 = byte == 0x74 ? TRUE : byte == 0x66 ? FALSE : byte == 0x6e ? NULL : NESTED
  store<i32>(kept, type, 4)
  return skip(depth)
}

function keepText(kept: usize, text: usize, length: i32): i32 {
  let type = STRING
  if (isEscaped) {
    length = unescape(text, length)
    text = scratch()
    if (length < 0) type = LONG
    else keepScratch(length)
  }
  store<i32>(kept, type, 4)
  store<u32>(kept, <u32>text, 8)
  store<i32>(kept, length, 12)
  return DONE
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
