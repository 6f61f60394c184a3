// Stage 4, price: is there an agreement that pays for it (or has it for free) and is covered by a grant? It is charged when it goes out.
import type { Plan } from '#gateway/decision/plans.ts'
import type { RefusalCode } from '#gateway/errors.ts'
import type { Entity } from '#semantic-models/entity.ts'

export function price(plan: Plan, entity: Entity): RefusalCode | undefined {
  if (plan.outlets.size === 0) return plan.refusal
  for (const { mask } of plan.outlets.values()) if ((mask & entity.mask) !== 0) return undefined
  return 'NO_AGREEMENT'
}
