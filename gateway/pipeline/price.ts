// Stage 4, price: is there an agreement that pays for it (or has it for free) and is covered by a grant? What it costs is charged when it is handed over.
import type { Plan } from '#gateway/decision/plans.ts'
import type { RefusalCode } from '#gateway/errors.ts'

export function price(plan: Plan): RefusalCode | undefined {
  return plan.outlets.size === 0 ? plan.refusal : undefined
}
