// The kernel: whole messages from bytes to entities, for plans that are tables. What it does not understand in full it hands back, and the
// JavaScript road, which is the truth, has it. AssemblyScript; all memory is the host's.
import {
  BOARD, CELLS, DONE, ENTITY_TEXT_MAX, MADE_PER_ROW_MAX, NOT_COVERED, NOT_JSON, NO_PLAN, OPEN, OPEN_LIST, PRESENT, ROWS_DONE, ROWS_MADE, ROWS_OUT_MAX,
  ROW_BYTES, SLOTS, TEXT_OUT, TEXT_OUT_END, board,
} from './board'
import { emptyScratch } from './escapes'
import { blank, list, object } from './json'
import { at, cells, device, generation, marks, out, plan, present, presentCount, slots, unnamedCount } from './message'
import { emit } from './routes'
import { deviceOf } from './topics'
import { isUtf8 } from './utf8'

export { hashOf } from './topics'

/**
 * Works off rows of a batch, from the `first` up to `count`: `rows` is [topic, topic's length, payload, its length, flags, answer] each, all
 * offsets into memory. Stops behind the first that it does not take, since that may change what those behind it mean, and where there is no
 * room for another answer; ROWS_DONE says how far it came. Returns the number of entities made.
 */
export function run(rows: usize, first: i32, count: i32, source: u32): i32 {
  slots = board(SLOTS); present = board(PRESENT); cells = board(CELLS); out = board(TEXT_OUT)
  const outMax = load<i32>(BOARD + ROWS_OUT_MAX), textEnd = board(TEXT_OUT_END)
  store<i32>(BOARD + ROWS_MADE, 0)
  let done = first, answer = DONE
  while (done < count && answer == DONE) {
    const row = rows + <usize>done * ROW_BYTES
    if (load<i32>(BOARD + ROWS_MADE) + MADE_PER_ROW_MAX > outMax || out + ENTITY_TEXT_MAX * <usize>MADE_PER_ROW_MAX > textEnd) break
    answer = take(row, done, source)
    store<i32>(row, answer, 20)
    done++
  }
  store<i32>(BOARD + ROWS_DONE, done)
  return load<i32>(BOARD + ROWS_MADE)
}

function take(row: usize, index: i32, source: u32): i32 {
  device = deviceOf(<usize>load<u32>(row), load<u32>(row, 4), source)
  if (device == 0) return NO_PLAN
  const payload = <usize>load<u32>(row, 8), end = payload + <usize>load<u32>(row, 12)
  const behind = load<u8>(end)
  store<u8>(end, 0) // nothing reads on into the next packet
  const answer = read(payload, end, index)
  store<u8>(end, behind)
  return answer
}

function read(payload: usize, end: usize, index: i32): i32 {
  plan = <usize>load<u32>(device)
  generation++
  presentCount = 0
  marks = 0
  unnamedCount = 0
  at = payload
  emptyScratch()
  if (!isUtf8(payload, end)) return NOT_JSON
  blank()
  const root = <usize>load<u32>(plan), isList = load<i32>(root, 32) != 0
  if (load<u8>(at) != (isList ? OPEN_LIST : OPEN)) return NOT_COVERED
  const fault = isList ? list(root, 1) : object(root, 1)
  if (fault != DONE) return fault
  blank()
  return at == end ? emit(index) : NOT_JSON
}
