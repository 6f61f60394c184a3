// An agreement: a subscriber took an offer, for a purpose, with a budget.
import type { Offer } from '#gateway/market/offers.ts'

export interface Agreement {
  readonly id: string
  readonly offer: Offer
  readonly subscriberId: string
  readonly purpose: string
  /** The subscriber hands on what it receives; a consent has to allow it. */
  readonly isOnward?: true
  /** Micro-units; 0 for what is free. */
  readonly budget: bigint
  readonly startedAt: number
  readonly endedAt?: number
  /** When the budget no longer covered what came. */
  readonly exhaustedAt?: number
}
