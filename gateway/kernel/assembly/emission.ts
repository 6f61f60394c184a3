// From cells to the text of entities, packed as the journal keeps them.
import {
  AFFINE, AFFINE_DECIMALS, BOARD, CELLS_PER_PART, CELL_BYTES, CLOSE, COMMA, DEVICE_BYTES, DONE, ENTITY_BYTES, LEXEME_MAX, MADE_PER_ROW_MAX, OPEN,
  PACKED_FORMAT, PARTS_OUT, PART_BYTES, PART_INSTANT, PART_OF_DEVICE, PART_TEXT, PART_VALUE, QUOTE, RATIO, ROWS_MADE, ROWS_OUT, ROW_OUT_BYTES,
  TEXT_BYTES, board,
} from './board'
import { cells, device, generation, isTimed, observedAt, out, partEnds, timeText, touched, touchedCount } from './message'
import { writeDecimal } from './numbers'

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

/** Entities of the device in the order in which they were touched. */
const ORDER: usize = 960

export function noteOrder(local: u8): void {
  const bit = <u64>1 << <u64>local
  if ((touched & bit) != 0) return
  touched |= bit
  if (touchedCount < MADE_PER_ROW_MAX) store<u8>(ORDER + <usize>touchedCount, local)
  touchedCount++
}

/** Device: [plan, map of its entities, states, entities' number, own text, its length], then entities of [id, granted, head, its length, planned, texts]. */
export function write(index: i32): i32 {
  for (let n = 0; n < touchedCount; n++) writeEntity(device + DEVICE_BYTES + <usize>load<u8>(ORDER + <usize>n) * ENTITY_BYTES, index)
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
    if (shift == 0 && as != RATIO && length <= LEXEME_MAX && load<u64>(kept, 16) != 0) copy(<usize>load<u32>(kept, 8), length)
    else writeDecimal(load<u64>(kept, 16), load<i32>(kept, 24) + shift, load<i32>(kept, 32) != 0)
  }
  return cell
}
