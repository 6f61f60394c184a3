// A grant: what an owner lets out of one stream, to whom, for what; or, as a prohibition, what never goes out whatever else was granted.
import { isInForce as isBeforeItsEnd, type EventType } from '#gateway/consent/life.ts'
import type { NoticeRef } from '#gateway/consent/notices/notices.ts'

/**
 * The policy. It never changes: another wish is another grant. A field that is left out restricts nothing; a value that this gateway does not know
 * lets nothing out.
 */
export interface Grant {
  readonly id: string
  /** Who says so: the owner of the stream, or somebody else whom its source tells about. */
  readonly ownerId: string
  readonly streamId: string
  /** Left out, it permits. A prohibition is by the same fields, and wins. */
  readonly kind?: 'prohibition'
  /** The id of a party or of a group, or `any`. */
  readonly recipient: string
  /** Where the recipient has to be (ISO 3166-1 alpha-2, or a group of countries); of a prohibition, where it must not be. Left out: anywhere. */
  readonly countries?: readonly string[]
  /** The recipient may hand it on; of a prohibition: it is only that which is forbidden. */
  readonly onward?: true
  /** As `normalPurpose` makes them; narrower ones are meant as well. */
  readonly purposes: readonly string[]
  /** As the stream's model names them. */
  readonly attributes: readonly string[]
  /** How exact they may be, as `specTexts` writes it; left out: as they are. What this gateway does not understand lets nothing out. */
  readonly transforms?: readonly string[]
  /** Said in so many words, as the law wants it for special categories of data (Art. 9(2)(a) GDPR). */
  readonly explicit?: true
  readonly grantedAt: number
  /** Before this instant it is not in force; left out: it is at once. */
  readonly notBefore?: number
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

/** Whether it lets something out, and does not forbid it. */
export const isPermission = ({ kind }: Grant): boolean => kind === undefined

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
  return isBeforeItsEnd(last) && stateOf(grant, now) === 'expired' ? 'expired' : last
}

/** When it ended, or will end. */
export const endOf = ({ withdrawnAt = Infinity, until = Infinity }: Grant): number => Math.min(withdrawnAt, until)

export function isInForce(grant: Grant, now: number): boolean { return stateOf(grant, now) === 'given' && now >= (grant.notBefore ?? -Infinity) }
