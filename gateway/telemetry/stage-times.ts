// How long the stages take, in seconds, summed without a closure or an object per message; the metrics read the sums.

export const STAGES = ['map', 'journal', 'publish'] as const
export type Stage = (typeof STAGES)[number]

export class StageTimes {
  readonly seconds: Record<Stage, number> = { map: 0, journal: 0, publish: 0 }
  readonly counts: Record<Stage, number> = { map: 0, journal: 0, publish: 0 }

  /** Milliseconds on a clock that never goes back. */
  now(): number { return performance.now() }

  /** Adds what has passed since `started`; returns the present. */
  add(stage: Stage, started: number): number {
    const now = performance.now()
    this.seconds[stage] += (now - started) / 1000
    this.counts[stage]++
    return now
  }
}
