// What every adapter answers with when there is little to say.
import type { Decoded, Memory } from '#adapters/adapter.ts'
import type { Refusal } from '#adapters/reading.ts'

const NONE = [] as const

/** A packet that gave nothing, and why. What was remembered stays remembered: one bad packet must not cost a device its state. */
export function refused(code: Refusal['code'], detail: string, memory: Memory | undefined): Decoded {
  return { readings: NONE, refused: [{ code, field: '', detail }], devices: NONE, memory }
}
