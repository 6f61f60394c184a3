// Which device a topic of a source is.
import { BOARD, TOPICS, TOPICS_MASK, TOPIC_BYTES, board } from './board'
import { isSame } from './bytes'

/** The device record of a topic in a source; 0 where there is none. */
export function deviceOf(topic: usize, length: u32, source: u32): usize {
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
