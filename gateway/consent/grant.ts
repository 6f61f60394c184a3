// A grant: what an owner lets out of one stream, to whom, for what.
import { isInForce, type EventType } from '#gateway/consent/life.ts'
import type { NoticeRef } from '#gateway/consent/notices.ts'

export interface Grant {
  readonly id: string
  readonly ownerId: string
  readonly streamId: string
  /** The id of a party, or `any`. */
  readonly recipient: string
  /** As `normalPurpose` makes them. */
  readonly purposes: readonly string[]
  /** As the stream's model names them. */
  readonly attributes: readonly string[]
  readonly grantedAt: number
  /** From this instant on it has expired. */
  readonly until?: number
  /** Since then it lets nothing out, whoever took it back: see `lifeOf`. */
  readonly withdrawnAt?: number
  /** How long the recipient may keep it (ISO 8601); left out: nothing was said of it. */
  readonly keep?: string
  readonly renewedAt?: number
  /** The type of its last event, where that is neither `given` nor `withdrawn`. */
  readonly last?: EventType
  /** What the owner was told; left out in grants that are older than notices. */
  readonly notice?: NoticeRef
}

/** What it lets out follows from this, and from nothing else: a consent that was revoked or found invalid is withdrawn here. */
export type GrantState = 'given' | 'withdrawn' | 'expired'

/** The state at an instant. What was withdrawn stays so, also when it would have expired since. */
export function stateOf({ withdrawnAt, until, last }: Grant, now: number): GrantState {
  if (withdrawnAt !== undefined) return 'withdrawn'
  return last === 'expired' || (until !== undefined && now >= until) ? 'expired' : 'given'
}

/** The state as people and records tell it. */
export function lifeOf(grant: Grant, now: number): EventType {
  const { withdrawnAt, last = withdrawnAt === undefined ? 'given' : 'withdrawn' } = grant
  return isInForce(last) && stateOf(grant, now) === 'expired' ? 'expired' : last
}
