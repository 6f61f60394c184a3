// Texts, flags and numbers that are one of a few.
import { NUMBER, OWN, STRING, WORD_BYTES } from './board'
import { isSame } from './bytes'
import { device } from './message'

/** Where the marks of a word are, counted from the first's. */
export const WORD_MARKS: usize = WORD_BYTES

/** Words of a field: [type, text or number, its length, marks] each; the number of the one that came, or -1. */
export function wordOf(field: usize, kept: usize): i32 {
  const type = load<i32>(kept, 4), words = <usize>load<u32>(field, 16), count = load<i32>(field, 20)
  for (let n = 0; n < count; n++) {
    if (isWord(words + <usize>n * WORD_BYTES, kept, type)) return n
  }
  return -1
}

function isWord(word: usize, kept: usize, type: i32): bool {
  const wanted = load<i32>(word)
  if (wanted == OWN) return type == STRING && isText(kept, <usize>load<u32>(device, 16), load<u32>(device, 20))
  if (wanted != type) return false
  if (type == STRING) return isText(kept, <usize>load<u32>(word, 4), load<u32>(word, 8))
  return type != NUMBER || isInteger(kept, load<u32>(word, 4))
}

@inline function isText(kept: usize, text: usize, length: u32): bool {
  return length == load<u32>(kept, 12) && isSame(<usize>load<u32>(kept, 8), text, length)
}

/** As it is usually written: without a point, an exponent, or a sign. */
@inline function isInteger(kept: usize, value: u32): bool {
  return load<u64>(kept, 16) == <u64>value && load<i32>(kept, 24) == 0 && load<i32>(kept, 32) == 0
}
