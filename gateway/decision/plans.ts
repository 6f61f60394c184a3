// Compiled snapshots: for each stream what may leave it at this moment, found by one look-up and compiled anew when a consent or an agreement changes.
import type { Consents } from '#gateway/consent/consents.ts'
import { stateOf } from '#gateway/consent/grant.ts'
import { furthest, isOutlet, standing, type Outlet } from '#gateway/decision/standing.ts'
import type { Stream, Streams } from '#gateway/devices/streams.ts'
import type { RefusalCode } from '#gateway/errors.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import type { Agreement } from '#gateway/market/agreement.ts'
import type { Agreements } from '#gateway/market/agreements.ts'

export interface Plan {
  /** Every attribute that some grant in force lets out: what the journal may hold. */
  readonly granted: number
  readonly outlets: readonly Outlet[]
  /** Why nothing leaves, where `outlets` is empty. */
  readonly refusal: RefusalCode
  /** The next moment at which a grant ends by itself. */
  readonly validUntil: number
}

export interface PlansOptions { readonly consents: Consents, readonly agreements: Agreements, readonly streams: Streams, readonly clock: Clock }

export type AgreementState = 'active' | 'waiting' | 'suspended' | 'ended'

export class Plans {
  readonly #options: PlansOptions
  readonly #byStream = new Map<number, Plan>()
  /** Told when a grant was found to have ended by itself, before anything more is let out. */
  onExpired: (stream: Stream) => void = () => {}

  constructor(options: PlansOptions) { this.#options = options }

  /** What may leave this stream now. */
  of(stream: Stream): Plan {
    const plan = this.#byStream.get(stream.number)
    if (plan === undefined) return this.#compile(stream)
    if (this.#options.clock.now() < plan.validUntil) return plan
    const compiled = this.#compile(stream)
    this.onExpired(stream)
    return compiled
  }

  /** To be called when a consent or an agreement of the stream has changed, before the change is answered. */
  invalidate(stream: Stream): void { this.#byStream.delete(stream.number) }

  /** What an agreement allows now, or why it allows nothing. */
  standingOf(agreement: Agreement): Outlet | RefusalCode {
    const stream = this.#options.streams.get(agreement.offer.streamId)
    return stream ? standing(agreement, this.#options.consents.on(stream.id), stream.model, this.#options.clock.now()) : 'NO_CONSENT'
  }

  stateOf(agreement: Agreement): AgreementState {
    if (agreement.endedAt !== undefined) return 'ended'
    const now = this.standingOf(agreement)
    if (isOutlet(now)) return 'active'
    return now === 'SUSPENDED' ? 'suspended' : 'waiting'
  }

  #compile(stream: Stream): Plan {
    const { consents, agreements, clock } = this.#options, now = clock.now()
    const grants = consents.on(stream.id), inForce = grants.filter(grant => stateOf(grant, now) === 'given')
    let refusal: RefusalCode = inForce.length > 0 ? 'NO_AGREEMENT' : 'NO_CONSENT'
    const outlets: Outlet[] = []
    for (const agreement of agreements.on(stream.id)) {
      const found = standing(agreement, grants, stream.model, now)
      if (isOutlet(found)) outlets.push(found)
      else if (agreement.endedAt === undefined) refusal = furthest(refusal, found)
    }
    if (outlets.length === 0 && inForce.length === 0) refusal = grants.reduce<RefusalCode>((code, grant) => furthest(code, stateOf(grant, now) === 'withdrawn' ? 'CONSENT_WITHDRAWN' : 'EXPIRED'), 'NO_CONSENT')
    const granted = inForce.reduce((mask, { attributes }) => mask | stream.model.maskOf(attributes), 0)
    const plan = { granted, outlets, refusal, validUntil: Math.min(...inForce.map(({ until }) => until ?? Infinity)) }
    this.#byStream.set(stream.number, plan)
    return plan
  }
}
