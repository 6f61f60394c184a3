// Whether bytes are UTF-8 (RFC 3629).

/** Only what has a byte above 0x7f is looked at twice. */
export function isUtf8(from: usize, end: usize): bool {
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
