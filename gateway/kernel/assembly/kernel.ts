// The kernel: whole messages from bytes to entities, for plans that are tables (tables.ts says how they lie in memory). What it does not
// understand in full it hands back, and the JavaScript road, which is the truth, has it. AssemblyScript; all memory is the host's.

// --- the board: where everything lies, written by the host (offsets from BOARD) ---
const BOARD: usize = 1024
const TOPICS = 0, TOPICS_MASK = 4, SLOTS = 8, PRESENT = 12, CELLS = 16, ROWS_OUT = 20, ROWS_OUT_MAX = 24, TEXT_OUT = 28, TEXT_OUT_END = 32
const PARTS_OUT = 36, NOW_TEXT = 40, NOW = 48, ROWS_DONE = 56, ROWS_MADE = 60, FIRST_MS = 64, END_MS = 72, AHEAD_MS = 80

// --- what becomes of a row of the batch ---
const DONE = 0, NO_PLAN = 1, NOT_JSON = 2, NOT_COVERED = 3

const ROW_BYTES: usize = 24, ROW_OUT_BYTES: usize = 32, SLOT_BYTES: usize = 40, CELL_BYTES: usize = 16, CELLS_PER_PART: usize = 4
const ENTRY_BYTES: usize = 32, FIELD_BYTES: usize = 24, ROUTE_BYTES: usize = 112, PART_BYTES: usize = 24, OTHER_BYTES: usize = 32
const TOPIC_BYTES: usize = 24, DEVICE_BYTES: usize = 16, ENTITY_BYTES: usize = 24, WORD_BYTES: usize = 12, TEXT_BYTES: usize = 8, STATE_BYTES: usize = 24
const DEPTH_MAX = 60
const DIGITS_MAX = 15, POWER_MAX = 22, LEXEME_MAX: u32 = 40
/** Of one row, at most; the host sees to it that no plan has more. */
const MADE_PER_ROW_MAX = 16
const ENTITY_TEXT_MAX: usize = 8192
const PACKED_FORMAT: u8 = 2
/** Decimals that an affine conversion leaves. */
const AFFINE_DECIMALS = 6

const NUMBER = 1, TRUE = 2, FALSE = 3, NULL = 4, STRING = 5, NESTED = 6
const CHILD_FIELD = 1, CHILD_NODE = 2
const KIND_NUMBER = 0, KIND_WORDS = 1, KIND_TIME = 2
const TO_PART = 1, TO_STATUS = 2
const AS_SENT = 0, SHIFTED = 1, AFFINE = 2
const PART_TEXT = 0, PART_OF_DEVICE = 1, PART_VALUE = 2, PART_PHASES = 3, PART_INSTANT = 4

const QUOTE: u8 = 0x22, BACKSLASH: u8 = 0x5c, OPEN: u8 = 0x7b, CLOSE: u8 = 0x7d, OPEN_LIST: u8 = 0x5b, CLOSE_LIST: u8 = 0x5d
const COMMA: u8 = 0x2c, COLON: u8 = 0x3a, MINUS: u8 = 0x2d, POINT: u8 = 0x2e, ZERO: u8 = 0x30

// --- what is known of the message under way ---
let at: usize = 0
let plan: usize = 0
let slots: usize = 0
let present: usize = 0
let presentCount: i32 = 0
let generation: i32 = 0
let marks: i32 = 0
let isEscaped: bool = false
let cells: usize = 0
let out: usize = 0
let observedAt: f64 = 0
let timeText: usize = 0
let isTimed: bool = false

@inline function board(offset: usize): usize { return <usize>load<u32>(BOARD + offset) }

/**
 * Works off rows of a batch: `rows` is [topic, topic's length, payload, its length, flags, answer] each, all offsets into memory. Stops
 * early where there is no room for another answer; ROWS_DONE says how far it came. Returns the number of entities made.
 */
export function run(rows: usize, count: i32, source: u32): i32 {
  slots = board(SLOTS); present = board(PRESENT); cells = board(CELLS); out = board(TEXT_OUT)
  const outMax = load<i32>(BOARD + ROWS_OUT_MAX), textEnd = board(TEXT_OUT_END)
  store<i32>(BOARD + ROWS_MADE, 0)
  let done: i32 = 0
  for (; done < count; done++) {
    const row = rows + <usize>done * ROW_BYTES
    if (load<i32>(BOARD + ROWS_MADE) + MADE_PER_ROW_MAX > outMax || out + ENTITY_TEXT_MAX * <usize>MADE_PER_ROW_MAX > textEnd) break
    store<i32>(row, take(row, done, source), 20)
  }
  store<i32>(BOARD + ROWS_DONE, done)
  return load<i32>(BOARD + ROWS_MADE)
}
let partEnds: usize = 0

function take(row: usize, index: i32, source: u32): i32 {
  const device = deviceOf(<usize>load<u32>(row), load<u32>(row, 4), source)
  if (device == 0) return NO_PLAN
  const payload = <usize>load<u32>(row, 8), end = payload + <usize>load<u32>(row, 12)
  const behind = load<u8>(end)
  store<u8>(end, 0) // nothing reads on into the next packet
  const answer = read(device, payload, end, index)
  store<u8>(end, behind)
  return answer
}

function read(device: usize, payload: usize, end: usize, index: i32): i32 {
  plan = <usize>load<u32>(device)
  generation++
  presentCount = 0
  marks = 0
  at = payload
  if (!isUtf8(payload, end)) return NOT_JSON
  blank()
  if (load<u8>(at) != OPEN) return NOT_JSON
  const fault = object(<usize>load<u32>(plan), 1)
  if (fault != DONE) return fault
  blank()
  if (at != end) return NOT_JSON
  return emit(device, index)
}

// --- topics ---

/** The device record of a topic in a source; 0 where there is none. */
function deviceOf(topic: usize, length: u32, source: u32): usize {
  const mask = load<u32>(BOARD + TOPICS_MASK), table = board(TOPICS), hash = hashOf(topic, length, source)
  for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
    const entry = table + <usize>slot * TOPIC_BYTES, device = load<u32>(entry, 16)
    const text = load<u32>(entry, 8)
    if (text == 0) return 0
    if (load<u32>(entry) == hash && load<u32>(entry, 4) == source && load<u32>(entry, 12) == length && device != 0 && isSame(topic, text, length)) return device
  }
  return 0
}

/** Of bytes and a number; the host computes the same to enter a topic (export). */
export function hashOf(text: usize, length: u32, seed: u32): u32 {
  let hash: u64 = (<u64>seed + 0x9e3779b97f4a7c15) * 0xff51afd7ed558ccd
  let left = length
  while (left >= 8) {
    hash = (hash ^ load<u64>(text)) * 0x9fb21c651e98df25
    hash ^= hash >> 32
    text += 8
    left -= 8
  }
  if (left > 0) {
    hash = (hash ^ (load<u64>(text) & ((<u64>1 << (left * 8)) - 1))) * 0x9fb21c651e98df25
    hash ^= hash >> 32
  }
  hash = (hash ^ <u64>length) * 0xff51afd7ed558ccd
  return <u32>(hash >> 32)
}

@inline function isSame(a: usize, b: usize, length: u32): bool {
  let left = length
  while (left >= 8) {
    if (load<u64>(a) != load<u64>(b)) return false
    a += 8; b += 8; left -= 8
  }
  if (left == 0) return true
  const few: u64 = (<u64>1 << (left * 8)) - 1
  return (load<u64>(a) & few) == (load<u64>(b) & few)
}

// --- JSON (RFC 8259), strictly ---

@inline function blank(): void {
  let byte = load<u8>(at)
  while (byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09) byte = load<u8>(++at)
}

/** At `{`. `node` 0: nothing in it is wanted. */
function object(node: usize, depth: i32): i32 {
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

@inline function find(node: usize, key: usize, length: i32): usize {
  if (length == 0) return 0
  const few: u64 = length >= 8 ? ~(<u64>0) : (<u64>1 << (<u64>length * 8)) - 1
  const first = load<u64>(key) & few, last = length >= 8 ? load<u64>(key + <usize>length - 8) : first
  const middle = length >= 8 ? load<u64>(key + <usize>(length >> 1) - 4) : first
  const mixed = ((first + middle * 0xc2b2ae3d27d4eb4f) ^ (last * 0x9e3779b97f4a7c15) ^ <u64>length) * load<u64>(node, 8)
  const entry = <usize>load<u32>(node) + <usize>(<u32>(mixed >> 40) & load<u32>(node, 16)) * ENTRY_BYTES
  if (load<u64>(entry) != first || load<u64>(entry, 8) != last || load<i32>(entry, 16) != length) return 0
  return length <= 16 || isSame(key, <usize>load<u32>(entry, 20), <u32>length) ? entry : 0
}

/** A key that is none of the fields: may it be passed over? It may leave a mark. */
function judge(node: usize, key: usize, length: i32): bool {
  const others = <usize>load<u32>(node, 20), count = load<i32>(node, 24)
  for (let n = 0; n < count; n++) {
    const other = others + <usize>n * OTHER_BYTES
    if (length > load<i32>(other, 16) || ((load<u64>(key) | load<u64>(other, 8)) & load<u64>(other)) != load<u64>(other, 24)) continue
    const mark = load<i32>(other, 20)
    if (mark == 0) return false
    marks |= mark
  }
  if (load<i32>(node, 28) == 0) return true
  for (let end = 1; end < length; end++) {
    if (load<u8>(key + <usize>end) == 0x5f && find(node, key, end) != 0) return false
  }
  return true
}
function field(slot: u32, depth: i32): i32 {
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

@inline function digits(): bool {
  if (<u8>(load<u8>(at) - ZERO) > 9) return false
  while (<u8>(load<u8>(++at) - ZERO) < 10) { /* on */ }
  return true
}

function plainNumber(): bool {
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
function number(kept: usize): bool {
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

/** Only what has a byte above 0x7f is looked at twice. */
function isUtf8(from: usize, end: usize): bool {
  let p = from
  while (p + 16 <= end) {
    if (i8x16.bitmask(v128.load(p)) != 0) return isUtf8Slowly(p, end)
    p += 16
  }
  while (p < end) if (load<u8>(p++) >= 0x80) return isUtf8Slowly(p - 1, end)
  return true
}

function isUtf8Slowly(from: usize, end: usize): bool {
  let p = from
  while (p < end) {
    const first = load<u8>(p++)
    if (first < 0x80) continue
    const size: i32 = first >= 0xc2 && first <= 0xdf ? 1 : (first & 0xf0) == 0xe0 ? 2 : first >= 0xf0 && first <= 0xf4 ? 3 : 0
    if (size == 0 || p + <usize>size > end) return false
    const second = load<u8>(p)
    if (first == 0xe0 && second < 0xa0 || first == 0xed && second > 0x9f || first == 0xf0 && second < 0x90 || first == 0xf4 && second > 0x8f) return false
    for (let n = 0; n < size; n++) if ((load<u8>(p++) & 0xc0) != 0x80) return false
  }
  return true
}

// --- from fields to entities ---

/** Plan: [root, fields' number, fields, entities' number, entities, cells' number, time field or -1, parts' number]. */
function emit(device: usize, index: i32): i32 {
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

/** Which local entities of the device were touched, one bit each. */
let touched: u64 = 0

/** Field: [kind, marks, routes, their number, words, words' number]. Finds the first route that fits, and puts the value in its cell. */
function place(field: usize, kept: usize, device: usize): bool {
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

@inline function scaled(mantissa: u64, power: i32, isNegative: bool): f64 {
  const whole = <f64>mantissa, value = power < 0 ? whole / tenTo(-power) : whole * tenTo(power)
  return isNegative ? -value : value
}

function tenTo(power: i32): f64 {
  let value: f64 = 1
  for (let n = 0; n < power; n++) value *= 10 // exact up to 10^22
  return value
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

function integerTenTo(power: i32): i64 {
  let value: i64 = 1
  for (let n = 0; n < power; n++) value *= 10
  return value
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

// --- time ---

const OWN_TIME: usize = BOARD + 128
let ownSecond: f64 = -1

/** The device's own time: milliseconds, or RFC 3339 with a zone. False: another form, for the other road. */
function readTime(kept: usize): bool {
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

// --- writing ---

/** Reads and writes up to 15 bytes too far: both sides have room. */
@inline function copy(from: usize, length: usize): void {
  let to = out
  const end = to + length
  while (to < end) {
    v128.store(to, v128.load(from))
    to += 16
    from += 16
  }
  out = end
}

/** Device: [plan, map of its entities, states, entities' number], then entities of [id, granted, head, its length, planned, texts]. */
function write(device: usize, index: i32): i32 {
  const count = load<i32>(device, 12)
  for (let n = 0; n < count; n++) {
    if ((touched & (<u64>1 << <u64>n)) != 0) writeEntity(device + DEVICE_BYTES + <usize>n * ENTITY_BYTES, index)
  }
  return DONE
}

/** Planned: [parts, their number, has a time in its head]. */
function writeEntity(entity: usize, index: i32): void {
  const made = load<i32>(BOARD + ROWS_MADE), row = board(ROWS_OUT) + <usize>made * ROW_OUT_BYTES, begin = out, granted = load<i32>(entity, 4)
  const planned = <usize>load<u32>(entity, 16), texts = <usize>load<u32>(entity, 20), partsBegin = board(PARTS_OUT)
  let mask: i32 = 0
  partEnds = partsBegin
  if (granted != 0) {
    copy(<usize>load<u32>(entity, 8), load<u32>(entity, 12))
    if (load<i32>(planned, 8) != 0) {
      copy(timeText, 24)
      store<u32>(out, 0x7d7d22)
      out += 3
    }
  }
  const headEnd = out, parts = <usize>load<u32>(planned), count = load<i32>(planned, 4)
  for (let n = 0; n < count; n++) {
    const part = parts + <usize>n * PART_BYTES, bit = load<i32>(part, 4)
    if (!isThere(part, texts)) continue
    mask |= bit
    if ((granted & bit) == 0) continue
    writePart(part, texts)
    store<u32>(partEnds, <u32>(out - begin))
    partEnds += 4
  }
  if ((granted & mask) == 0) out = begin
  const textEnd = out
  if (out != begin) writeTrailer(headEnd - begin, partsBegin)
  store<i32>(row, index)
  store<i32>(row, load<i32>(entity), 4)
  store<u32>(row, <u32>begin, 8)
  store<u32>(row, <u32>out, 12)
  store<i32>(row, mask, 16)
  store<u32>(row, <u32>textEnd, 20)
  store<f64>(row, isTimed ? observedAt : -1, 24)
  store<i32>(BOARD + ROWS_MADE, made + 1)
}

/** Behind the text: where its head and each of its parts end, how many parts, and the format (semantic-models/packed.ts). */
function writeTrailer(headLength: usize, ends: usize): void {
  const count = (partEnds - ends) >> 2
  store<u32>(out, <u32>headLength)
  memory.copy(out + 4, ends, count << 2)
  out += 4 + (count << 2)
  store<u8>(out, <u8>count)
  store<u8>(out, PACKED_FORMAT, 1)
  out += 2
}

/** Part: [kind, bit, text, its length, first of its cells, device text's number]. */
@inline function isThere(part: usize, texts: usize): bool {
  const kind = load<i32>(part)
  if (kind == PART_TEXT || kind == PART_INSTANT) return true
  if (kind == PART_OF_DEVICE) return load<u32>(texts + <usize>load<u32>(part, 20) * TEXT_BYTES, 4) != 0
  const cell = cellsOf(part)
  if (load<i32>(cell) == generation) return true
  if (kind == PART_VALUE) return false
  return load<i32>(cell, 16) == generation || load<i32>(cell, 32) == generation || load<i32>(cell, 48) == generation
}

@inline function cellsOf(part: usize): usize { return cells + <usize>load<u32>(part, 16) * CELLS_PER_PART * CELL_BYTES }

function writePart(part: usize, texts: usize): void {
  const kind = load<i32>(part)
  if (kind == PART_OF_DEVICE) {
    const text = texts + <usize>load<u32>(part, 20) * TEXT_BYTES
    return copy(<usize>load<u32>(text), load<u32>(text, 4))
  }
  copy(<usize>load<u32>(part, 8), load<u32>(part, 12))
  if (kind == PART_TEXT) return
  if (kind == PART_INSTANT) {
    copy(timeText, 24)
    store<u32>(out, 0x7d7d22)
    out += 3
    return
  }
  const cell = kind == PART_VALUE ? writeCell(cellsOf(part)) : writePhases(cellsOf(part)), route = <usize>load<u32>(cell, 8)
  copy(<usize>load<u32>(route, 96), load<u32>(route, 100))
  copy(timeText, 24)
  store<u16>(out, 0x7d22)
  out += 2
}

/** `{"L1":…,"L2":…}` of those that there are; gives one of them, for all close alike. */
function writePhases(first: usize): usize {
  let last = first, lead: u8 = OPEN
  for (let n: usize = 0; n < CELLS_PER_PART; n++) {
    const cell = first + n * CELL_BYTES
    if (load<i32>(cell) != generation) continue
    store<u8>(out++, lead)
    lead = COMMA
    store<u8>(out++, QUOTE)
    if (n == 3) store<u8>(out++, 0x4e)
    else {
      store<u8>(out++, 0x4c)
      store<u8>(out++, <u8>n + 0x31)
    }
    store<u16>(out, 0x3a22)
    out += 2
    writeCell(cell)
    last = cell
  }
  store<u8>(out++, CLOSE)
  return last
}

/** Cell: [generation, rank, word + 1, route, slot]. */
function writeCell(cell: usize): usize {
  const route = <usize>load<u32>(cell, 8), kept = <usize>load<u32>(cell, 12), word = <i32>load<u8>(cell, 5) - 1, as = load<i32>(route, 44)
  if (word >= 0) {
    const text = <usize>load<u32>(route, 104) + <usize>word * TEXT_BYTES
    copy(<usize>load<u32>(text), load<u32>(text, 4))
  } else if (as == AFFINE) {
    const told = load<i64>(kept, 16)
    writeDecimal(<u64>(told < 0 ? -told : told), -AFFINE_DECIMALS, told < 0)
  } else {
    const shift = load<i32>(route, 48), length = load<u32>(kept, 12)
    if (shift == 0 && length <= LEXEME_MAX && load<u64>(kept, 16) != 0) copy(<usize>load<u32>(kept, 8), length)
    else writeDecimal(load<u64>(kept, 16), load<i32>(kept, 24) + shift, load<i32>(kept, 32) != 0)
  }
  return cell
}

/** mantissa × 10^power, without zeros at its end or an exponent. */
function writeDecimal(mantissa: u64, power: i32, isNegative: bool): void {
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
