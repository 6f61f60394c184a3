// A grant: what an owner lets out of one stream, to whom, for what.

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
  /** How exact they may be, as `specTexts` writes it; left out: as they are. What this gateway does not understand lets nothing out. */
  readonly transforms?: readonly string[]
  readonly grantedAt: number
  /** From this instant on it has expired. */
  readonly until?: number
  readonly withdrawnAt?: number
  /** How long the recipient may keep it (ISO 8601); left out: nothing was said of it. */
  readonly keep?: string
}

export type GrantState = 'given' | 'withdrawn' | 'expired'

/** The state at an instant. What was withdrawn stays so, also when it would have expired since. */
export function stateOf({ withdrawnAt, until }: Grant, now: number): GrantState {
  if (withdrawnAt !== undefined) return 'withdrawn'
  return until !== undefined && now >= until ? 'expired' : 'given'
}
