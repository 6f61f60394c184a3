// How many a second, in the few characters that a node's status has.

/** Counts; `take` gives the rate since the last time it was asked, per second. */
export class Rate {
  #count = 0
  #sinceMs: number

  constructor(nowMs: number) { this.#sinceMs = nowMs }

  add(count: number): void { this.#count += count }

  take(nowMs: number): number {
    const seconds = (nowMs - this.#sinceMs) / 1000, count = this.#count
    this.#count = 0
    this.#sinceMs = nowMs
    return seconds > 0 ? count / seconds : 0
  }
}

/** `0.4/s`, `12/s`, `1.2k/s` */
export function formatRate(perSecond: number): string {
  if (perSecond >= 1000) return `${(perSecond / 1000).toFixed(1)}k/s`
  return `${perSecond >= 10 || Number.isInteger(perSecond) ? perSecond.toFixed(0) : perSecond.toFixed(1)}/s`
}
