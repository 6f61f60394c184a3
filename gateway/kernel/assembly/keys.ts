// Which field a key is, and what the other keys say.
import { ENTRY_BYTES, OTHER_BYTES } from './board'
import { isSame } from './bytes'
import { marks } from './message'

@inline export function find(node: usize, key: usize, length: i32): usize {
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
export function judge(node: usize, key: usize, length: i32): bool {
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
