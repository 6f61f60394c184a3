// The device's own states: for its owner only. They are kept aside until the message is known to be understood.
import { DIGITS_MAX, NULL, NUMBER, POWER_MAX, SLOT_BYTES, STATES, STATE_BYTES, STATE_CELL_BYTES, board } from './board'
import { device, generation, observedAt, plan, slots } from './message'
import { scaled } from './numbers'

/** Value × 10^shift. Of two of one state the lower rank counts. */
export function keepState(state: u32, rank: i32, kept: usize, shift: i32): bool {
  const power = load<i32>(kept, 24) + shift
  if (power > POWER_MAX || power < -POWER_MAX) return false
  const value = scaled(load<u64>(kept, 16), power, load<i32>(kept, 32) != 0)
  keep(state, rank, value == 0 ? 0 : value)
  return true
}

/** Aside: [generation, rank, value f64]. */
function keep(state: u32, rank: i32, value: f64): void {
  const cell = board(STATES) + <usize>state * STATE_CELL_BYTES
  if (load<i32>(cell) == generation && load<i32>(cell, 4) <= rank) return
  store<i32>(cell, generation)
  store<i32>(cell, rank, 4)
  store<f64>(cell, value, 8)
}

/** A state of a device: [value f64, when it was observed f64, generation]. */
export function keepStates(): void {
  const count = load<i32>(plan, 44)
  for (let n = 0; n < count; n++) {
    const cell = board(STATES) + <usize>n * STATE_CELL_BYTES, state = <usize>load<u32>(device, 8) + <usize>n * STATE_BYTES
    if (load<i32>(cell) != generation) continue
    store<f64>(state, load<f64>(cell, 8))
    store<f64>(state, observedAt, 8)
    store<i32>(state, generation, 16)
  }
}

/** Signal: [first slot, radio gateways, state of rssi, state of snr, whether a missing snr is 0]: the strongest counts, of equals the first. */
export function signal(): bool {
  const record = <usize>load<u32>(plan, 32)
  if (record == 0) return true
  const first = slots + <usize>load<u32>(record) * SLOT_BYTES, count = load<i32>(record, 4)
  let best: usize = 0, strength: f64 = 0
  for (let n = 0; n < count; n++) {
    const kept = first + <usize>n * 2 * SLOT_BYTES
    if (load<i32>(kept) != generation || load<i32>(kept, 4) == NULL) continue
    if (!isPlain(kept)) return false
    const value = scaled(load<u64>(kept, 16), load<i32>(kept, 24), load<i32>(kept, 32) != 0)
    if (best != 0 && value <= strength) continue
    best = kept
    strength = value
  }
  return best == 0 || keepState(load<u32>(record, 8), 0, best, 0) && snr(record, best + SLOT_BYTES)
}

function snr(record: usize, kept: usize): bool {
  if (load<i32>(kept) != generation) {
    if (load<i32>(record, 16) != 0) keep(load<u32>(record, 12), 0, 0)
    return true
  }
  return load<i32>(kept, 4) == NULL || isPlain(kept) && keepState(load<u32>(record, 12), 0, kept, 0)
}

function isPlain(kept: usize): bool {
  const power = load<i32>(kept, 24)
  return load<i32>(kept, 4) == NUMBER && load<i32>(kept, 28) <= DIGITS_MAX && power <= POWER_MAX && power >= -POWER_MAX
}
