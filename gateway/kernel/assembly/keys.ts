// Which field a key is, and what the keys say that are none.
import { ENTRY_BYTES, OTHER_BYTES, UNDERSCORE, ZERO } from './board'
import { isSame } from './bytes'
import { marks } from './message'

/** The entry of a key in the table of a node, or 0: [its first eight bytes, its last, its length, the text, slot and 1, node]. */
@inline export function find(node: usize, key: usize, length: i32): usize {
  if (length == 0) return 0
  const few: u64 = length >= 8 ? ~(<u64>0) : (<u64>1 << (<u64>length * 8)) - 1
  const first = load<u64>(key) & few, last = length >= 8 ? load<u64>(key + <usize>length - 8) : first
  const middle = length >= 8 ? load<u64>(key + <usize>(length >> 1) - 4) : first
  const mixed = ((first + middle * 0xc2b2ae3d27d4eb4f) ^ (last * 0x9e3779b97f4a7c15) ^ <u64>length) * load<u64>(node, 8)
  const table = <usize>load<u32>(node), mask = load<u32>(node, 16)
  for (let place = <u32>(mixed >> 40) & mask; ; place = (place + 1) & mask) {
    const entry = table + <usize>place * ENTRY_BYTES, known = load<i32>(entry, 16)
    if (known == 0) return 0
    if (known != length || load<u64>(entry) != first || load<u64>(entry, 8) != last) continue
    if (length <= 16 || isSame(key, <usize>load<u32>(entry, 20), <u32>length)) return entry
  }
  return 0
}

/** A key that is none of the fields: may it be passed over? It may leave a mark. */
export function judge(node: usize, key: usize, length: i32): bool {
  const others = <usize>load<u32>(node, 20), count = load<i32>(node, 24)
  for (let n = 0; n < count; n++) {
    const other = others + <usize>n * OTHER_BYTES
    if (length > load<i32>(other, 16) || ((load<u64>(key) | load<u64>(other, 8)) & load<u64>(other)) != load<u64>(other, 24)) continue
    const mark = load<i32>(other, 20)
    if (mark == 0) return false
    marks |= mark
  }
  return load<i32>(node, 44) == 0 || !isEndpoint(node, key, length)
}

/** A field and something behind it that may be a place. */
function isEndpoint(node: usize, key: usize, length: i32): bool {
  let last = 0
  for (let end = 1; end < length; end++) if (load<u8>(key + <usize>end) == UNDERSCORE) last = end
  if (last == 0 || !isPlace(node, key + <usize>last + 1, length - last - 1)) return false
  for (let end = 1; end <= last; end++) {
    if (load<u8>(key + <usize>end) == UNDERSCORE && find(node, key, end) != 0) return true
  }
  return false
}

/** What stands behind the last `_`: it ends with a digit, or is one of the names that places have. */
function isPlace(node: usize, text: usize, length: i32): bool {
  if (length == 0) return false
  if (<u8>(load<u8>(text + <usize>length - 1) - ZERO) < 10) return true
  if (length > 8) return false
  const word = length == 8 ? load<u64>(text) : load<u64>(text) & ((<u64>1 << (<u64>length * 8)) - 1), names = <usize>load<u32>(node, 40), count = load<i32>(node, 44)
  for (let n = 0; n < count; n++) if (load<u64>(names + <usize>n * 8) == word) return true
  return false
}

/** A folded key, and a bit for each place in it behind which a number, a separator or the word channel stood. */
const FOLDED: usize = 768
export let folded: usize = FOLDED
let ends: u64 = 0

const FOLDED_MAX: i32 = 62

/** Folds a key as `foldName` does; answers with its length, or -1 where only `decode` can. */
export function fold(key: usize, length: i32): i32 {
  if (length > FOLDED_MAX) return -1
  let n: i32 = 0, isApart = false
  ends = 0
  for (let i = 0; i < length; i++) {
    const byte = load<u8>(key + <usize>i)
    if (byte >= 0x80 && isAsciiInLowerCase(key + <usize>i)) return -1
    const letter = byte | 0x20, isDigit = <u8>(byte - ZERO) < 10
    if (!isDigit && (<u8>(letter - 0x61) > 25 || byte >= 0x80)) {
      isApart = true
      continue
    }
    if (isApart || isDigit || letter == 0x63 && (load<u8>(key + <usize>i, 1) | 0x20) == 0x68) ends |= <u64>1 << <u64>n
    if (isApart && isDigit && n > 0 && <u8>(load<u8>(FOLDED + <usize>n - 1) - ZERO) < 10) store<u8>(FOLDED + <usize>(n++), 0x2e)
    store<u8>(FOLDED + <usize>(n++), letter)
    isApart = false
  }
  return n
}

/** Two letters beyond ASCII have one of it in lower case: the Kelvin sign, and the I with a dot. */
@inline function isAsciiInLowerCase(key: usize): bool {
  const two = load<u16>(key)
  return two == 0xb0c4 || two == 0x84e2 && load<u8>(key, 2) == 0xaa
}

/** Whether the folded key is the name of a field and something behind it. */
export function isExtended(node: usize): bool {
  for (let left = ends & ~(<u64>1); left != 0; left &= left - 1) {
    if (find(node, FOLDED, <i32>ctz(left)) != 0) return true
  }
  return false
}
