// Texts with escapes: as they read, in a scratch of the message's own. What is too long, or beyond the basic plane, is not looked at.
import { BACKSLASH, SCRATCH, board } from './board'

/** Of one text, and of all texts of a message. */
const TEXT_MAX: i32 = 256, SCRATCH_MAX: usize = 4096

let used: usize = 0

@inline export function emptyScratch(): void { used = 0 }

/** Where the next text goes. It stays there once it is kept. */
@inline export function scratch(): usize { return board(SCRATCH) + used }

export function keepScratch(length: i32): void { used += <usize>((length + 23) & ~7) }

/** A sound text without its quotes; answers with its length, or -1. */
export function unescape(text: usize, length: i32): i32 {
  if (length > TEXT_MAX * 6 || used + <usize>TEXT_MAX + 16 > SCRATCH_MAX) return -1
  const begin = scratch(), last = begin + <usize>TEXT_MAX - 3, end = text + <usize>length
  let to = begin
  while (text < end) {
    if (to > last) return -1
    const byte = load<u8>(text++)
    if (byte != BACKSLASH) {
      store<u8>(to++, byte)
      continue
    }
    const escape = load<u8>(text++)
    if (escape != 0x75) {
      store<u8>(to++, plainOf(escape))
      continue
    }
    const code = hexAt(text)
    if ((code & 0xf800) == 0xd800) return -1 // half a character
    text += 4
    to = writeCode(to, code)
  }
  return <i32>(to - begin)
}

function plainOf(escape: u8): u8 {
  if (escape == 0x62) return 0x08
  if (escape == 0x66) return 0x0c
  if (escape == 0x6e) return 0x0a
  if (escape == 0x72) return 0x0d
  return escape == 0x74 ? 0x09 : escape
}

function hexAt(text: usize): u32 {
  let code: u32 = 0
  for (let n: usize = 0; n < 4; n++) {
    const digit = <u32>load<u8>(text + n)
    code = (code << 4) + (digit & 15) + (digit > 0x39 ? 9 : 0)
  }
  return code
}

function writeCode(to: usize, code: u32): usize {
  if (code < 0x80) {
    store<u8>(to, <u8>code)
    return to + 1
  }
  if (code < 0x800) {
    store<u8>(to, <u8>(0xc0 | code >> 6))
    store<u8>(to, <u8>(0x80 | code & 0x3f), 1)
    return to + 2
  }
  store<u8>(to, <u8>(0xe0 | code >> 12))
  store<u8>(to, <u8>(0x80 | code >> 6 & 0x3f), 1)
  store<u8>(to, <u8>(0x80 | code & 0x3f), 2)
  return to + 3
}
