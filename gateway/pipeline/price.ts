// Stage 4, price: is there an agreement that pays for it (or has it for free) and is covered by a grant? It is charged when it goes out.
import type { Plan } from '#gateway/decision/plans.ts'
import type { RefusalCode } from '#gateway/errors.ts'

export function price(plan: Plan, mask: number): RefusalCode | undefined {
  if (plan.sold === 0) return plan.refusal
  return (plan.sold & mask) === 0 ? 'NO_AGREEMENT' : undefined
}
