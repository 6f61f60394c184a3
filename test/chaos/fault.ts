// What a fault is to those who run it: a name, a sentence, and figures of which one counts what must not have happened.

export interface ChaosOptions {
  /** All chance follows from it, but for that of processes and networks. */
  readonly seed: number
  /** How often a process is killed. */
  readonly kills: number
  /** Simulated power cuts, and places that are damaged. */
  readonly cuts: number
  /** Withdrawals that are raced against what leaves. */
  readonly races: number
  /** Told what is going on, now and then. */
  readonly tell: (line: string) => void
}

export interface Outcome {
  /** How much happened that must not. */
  readonly failed: number
  readonly figures: Readonly<Record<string, number | string | boolean>>
  /** Why it could not be tried here, where it could not. */
  readonly skipped?: string
}

export interface Fault {
  readonly name: string
  /** What is done, and what has to come of it. */
  readonly about: string
  readonly run: (options: ChaosOptions) => Promise<Outcome>
}

export const skippedFor = (reason: string): Outcome => ({ failed: 0, figures: {}, skipped: reason })
