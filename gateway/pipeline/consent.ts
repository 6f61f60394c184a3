// Stage 3, consent: is there a grant in force on this stream at all? Default deny.
import type { Plan } from '#gateway/decision/plans.ts'
import type { RefusalCode } from '#gateway/errors.ts'

export function consent(plan: Plan): RefusalCode | undefined {
  return plan.granted === 0 ? plan.refusal : undefined
}
