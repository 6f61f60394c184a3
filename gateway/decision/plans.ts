// Compiled snapshots: for each stream what may leave it at this moment, found by one look-up and compiled anew when a consent or an
// agreement changes.
import type { Consents } from '#gateway/consent/consents.ts'
import { stateOf, type Grant } from '#gateway/consent/grant.ts'
import { furthest, isOutlet, standing, type Outlet } from '#gateway/decision/standing.ts'
import type { Stream, Streams } from '#gateway/devices/streams.ts'
import type { RefusalCode } from '#gateway/errors.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import type { Agreement } from '#gateway/market/agreement.ts'
import type { Agreements } from '#gateway/market/agreements.ts'

export interface Plan {
  /** Every attribute that some grant in force lets out: what the journal may hold. */
  readonly granted: number
  /** Every attribute that leaves by some outlet. */
  readonly sold: number
  /** By the id of the agreement. */
  readonly outlets: ReadonlyMap<string, Outlet>
  /** Why nothing leaves, where there is no outlet. */
  readonly refusal: RefusalCode
  /** The next moment at which a grant ends by itself. */
  readonly validUntil: number
  /** Nothing has changed since it was compiled. */
  isCurrent: boolean
}

export interface PlansOptions {
  readonly consents: Pick<Consents, 'on'>
  readonly agreements: Agreements
  readonly streams: Streams
  readonly clock: Clock
}

/** The longest time that a timer of Node waits. */
const TIMER_MS_MAX = 2 ** 31 - 1

export type AgreementState = 'active' | 'waiting' | 'suspended' | 'ended'

export class Plans {
  readonly #options: PlansOptions
  readonly #byStream = new Map<number, Plan>()
  readonly #alarms = new Map<number, NodeJS.Timeout>()
  /** Told when what a stream lets out is to be looked up anew. */
  onChanged: (stream: Stream) => void = () => {}
  /** Told when a grant was found to have ended by itself, before anything more is let out. */
  onExpired: (stream: Stream) => void = () => {}

  constructor(options: PlansOptions) { this.#options = options }

  /** What may leave this stream now. */
  of(stream: Stream): Plan {
    const plan = this.#byStream.get(stream.number)
    if (plan && this.#options.clock.now() < plan.validUntil) return plan
    if (plan) plan.isCurrent = false
    const compiled = this.#compile(stream)
    if (!plan) return compiled
    this.onChanged(stream)
    this.onExpired(stream)
    return compiled
  }

  /** To be called when a consent or an agreement of the stream has changed, before the change is answered. */
  invalidate(stream: Stream): void {
    const plan = this.#byStream.get(stream.number)
    if (plan) plan.isCurrent = false
    this.#byStream.delete(stream.number)
    this.onChanged(stream)
  }

  /** A stream that was erased. */
  forget(stream: Stream): void {
    this.invalidate(stream)
    clearTimeout(this.#alarms.get(stream.number))
    this.#alarms.delete(stream.number)
  }

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

  /** Whether a consent lets anything out at this moment. */
  isInForce(stream: Stream, consentId: string): boolean {
    const { consents, clock } = this.#options
    return consents.on(stream.id).some(grant => grant.id === consentId && stateOf(grant, clock.now()) === 'given')
  }

  #compile(stream: Stream): Plan {
    const { consents, agreements, clock } = this.#options, now = clock.now(), grants = consents.on(stream.id)
    const inForce = grants.filter(grant => stateOf(grant, now) === 'given'), outlets = new Map<string, Outlet>()
    let refusal: RefusalCode = inForce.length > 0 ? 'NO_AGREEMENT' : ended(grants, now), sold = 0
    for (const agreement of agreements.on(stream.id)) {
      const found = standing(agreement, grants, stream.model, now)
      if (isOutlet(found)) {
        outlets.set(agreement.id, found)
        sold |= found.mask
      } else if (inForce.length > 0) refusal = furthest(refusal, found)
    }
    const granted = inForce.reduce((mask, { attributes }) => mask | stream.model.maskOf(attributes), 0)
    const plan: Plan = { isCurrent: true, granted, sold, outlets, refusal, validUntil: Math.min(...inForce.map(({ until }) => until ?? Infinity)) }
    this.#byStream.set(stream.number, plan)
    this.#setAlarm(stream, plan)
    return plan
  }

  /** Looks again when a grant has ended, so that it is not the next message that finds out. */
  #setAlarm(stream: Stream, plan: Plan): void {
    clearTimeout(this.#alarms.get(stream.number))
    this.#alarms.delete(stream.number)
    if (plan.validUntil === Infinity) return
    const alarm = setTimeout(() => {
      if (this.of(stream) === plan) this.#setAlarm(stream, plan) // not yet: the clock was set back, or the time was too long for one timer
    }, Math.min(plan.validUntil - this.#options.clock.now(), TIMER_MS_MAX))
    this.#alarms.set(stream.number, alarm.unref())
  }
}

/** Why there is no grant in force: of those that there were, what came nearest. */
function ended(grants: readonly Grant[], now: number): RefusalCode {
  const ends = grants.map(grant => stateOf(grant, now) === 'withdrawn' ? 'CONSENT_WITHDRAWN' : 'EXPIRED')
  return ends.reduce<RefusalCode>(furthest, 'NO_CONSENT')
}
