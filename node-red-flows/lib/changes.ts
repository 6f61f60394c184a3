// What has changed in a list of consents or agreements since it was read the last time.

/** One of them, as it stands. */
export interface Standing {
  readonly kind: 'consent' | 'agreement'
  readonly id: string
  readonly streamId: string
  readonly state: string
  /** When it came into this state, where that is known (RFC 3339). */
  readonly at: string | undefined
}

/** `event` is kind and state: `consent-withdrawn`, `agreement-active`. `before` is missing for what is new. */
export interface Change {
  readonly event: string
  readonly streamId: string
  readonly consentId?: string
  readonly agreementId?: string
  readonly at: string
  readonly state: string
  readonly before?: string
}

export class Changes {
  #known: ReadonlyMap<string, string> | undefined

  /** The first list is where it begins: nothing in it is a change. */
  take(standings: readonly Standing[], now: Date): readonly Change[] {
    const known = this.#known
    this.#known = new Map(standings.map(({ id, state }) => [id, state]))
    const changed = known ? standings.filter(({ id, state }) => known.get(id) !== state) : []
    return changed.map(standing => changeOf(standing, known?.get(standing.id), now))
  }
}

function changeOf({ kind, id, streamId, state, at }: Standing, before: string | undefined, now: Date): Change {
  const change = { event: `${kind}-${state}`, streamId, [`${kind}Id`]: id, at: at ?? now.toISOString(), state }
  return before === undefined ? change : { ...change, before }
}

interface Consent {
  readonly consentId: string
  readonly streamId: string
  readonly state: string
  readonly grantedAt: string
  readonly until?: string
  readonly withdrawnAt?: string
}

/** From `GET /v1/consents`. */
export function ofConsent({ consentId, streamId, state, grantedAt, until, withdrawnAt }: Consent): Standing {
  const at = state === 'withdrawn' ? withdrawnAt : state === 'expired' ? until : grantedAt
  return { kind: 'consent', id: consentId, streamId, state, at }
}

interface Agreement { readonly agreementId: string, readonly streamId: string, readonly state: string }

/** From `GET /v1/agreements`. */
export function ofAgreement({ agreementId, streamId, state }: Agreement): Standing {
  return { kind: 'agreement', id: agreementId, streamId, state, at: undefined }
}
