// What the clocks of zones show just now, for the kernel: it has no calendar of zones, and asks for what holds around today.
import { steadyOffset } from '#adapters/time.ts'
import type { KernelMemory } from '#gateway/kernel/memory.ts'

const DAY_MS = 86_400_000, ZONE_BYTES = 24

export class Zones {
  readonly #memory: KernelMemory
  readonly #places = new Map<string, number>()
  #day = NaN

  constructor(memory: KernelMemory) { this.#memory = memory }

  /** Where a zone lies: its offset, and from when to when, as its clocks show it, that is sure. Good after the next `refresh`. */
  at(zone: string): number {
    const known = this.#places.get(zone) ?? this.#memory.take(ZONE_BYTES)
    this.#places.set(zone, known)
    this.#day = NaN
    return known
  }

  /** To be called whenever time has passed, in milliseconds since 1970. */
  refresh(now: number): void {
    const day = Math.floor(now / DAY_MS)
    if (day === this.#day) return
    this.#day = day
    for (const [zone, at] of this.#places) {
      const { offset, from, to } = steadyOffset(zone, now)
      for (const [n, value] of [offset, from, to].entries()) this.#memory.view.setFloat64(at + n * 8, value, true)
    }
  }
}
