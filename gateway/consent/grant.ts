// A grant: what an owner lets a recipient have of a stream, for what, and until when. Its state follows from its events and the time.

export interface Grant {
  readonly id: string
  readonly ownerId: string
  readonly streamId: string
  /** A party's id, or `any`. */
  readonly recipient: string
  readonly purposes: readonly string[]
  /** By the names of the stream's model; what is not named is not granted. */
  readonly attributes: readonly string[]
  readonly grantedAt: number
  readonly until?: number
  readonly withdrawnAt?: number
}

/** DPV's words for consent states. */
export type GrantState = 'given' | 'withdrawn' | 'expired'

export function stateOf({ withdrawnAt, until }: Grant, now: number): GrantState {
  if (withdrawnAt !== undefined) return 'withdrawn'
  return until !== undefined && until <= now ? 'expired' : 'given'
}
