// Bytes beside bytes.

@inline export function isSame(a: usize, b: usize, length: u32): bool {
  let left = length
  while (left >= 8) {
    if (load<u64>(a) != load<u64>(b)) return false
    a += 8; b += 8; left -= 8
  }
  if (left == 0) return true
  const few: u64 = (<u64>1 << (left * 8)) - 1
  return (load<u64>(a) & few) == (load<u64>(b) & few)
}
