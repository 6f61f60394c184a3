// What a check is: a question to the machine, answered with what was found and with what to do about it.
import type { Facts } from '#cli/doctor/facts.ts'

export type State = 'ok' | 'warning' | 'fault'

export interface Finding {
  readonly state: State
  readonly found: string
  /** What to do. Of everything that is not ok. */
  readonly remedy?: string
  /** What it is about, where a check answers for several. */
  readonly about?: string
}

/** One answer, several, or none where the question does not arise. It leaves nothing behind. */
export type Answer = Finding | readonly Finding[]

export interface Check {
  readonly name: string
  /** It waits for others: made last, with all that do. */
  readonly asksOthers?: true
  readonly run: (facts: Facts) => Answer | Promise<Answer>
}

export const ok = (found: string, about?: string): Finding => ({ state: 'ok', found, about })
export const warning = (found: string, remedy: string, about?: string): Finding => ({ state: 'warning', found, remedy, about })
export const fault = (found: string, remedy: string, about?: string): Finding => ({ state: 'fault', found, remedy, about })
