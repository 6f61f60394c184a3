// Stage 3, consent: does a grant in force let out anything of this observation? Default deny.
import type { Plan } from '#gateway/decision/plans.ts'
import type { RefusalCode } from '#gateway/errors.ts'

/** `mask`: what the observation has. That a device has spoken is news as well: where none of its attributes is granted, nothing is. */
export function consent(plan: Plan, mask: number): RefusalCode | undefined {
  if (plan.granted === 0) return plan.refusal
  return (plan.granted & mask) === 0 ? 'NO_CONSENT' : undefined
}
