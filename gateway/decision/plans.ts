// Compiled snapshots: for each stream what may leave it at this moment, found by one look-up and compiled anew when a consent or an
// agreement changes.
import type { Consents } from '#gateway/consent/consents.ts'
import { isInForce, type Grant } from '#gateway/consent/grant.ts'
import { formsIn } from '#gateway/decision/forms.ts'
import { lettingOut, whyNothing } from '#gateway/decision/granted.ts'
import { groundOf, nextChange, type Ground, type Recipients } from '#gateway/decision/ground.ts'
import { consentIdsIn, covered, furthest, isOutlet, standing, type Outlet } from '#gateway/decision/standing.ts'
import type { Devices } from '#gateway/devices/devices.ts'
import type { Stream, Streams } from '#gateway/devices/streams.ts'
import type { Subjects } from '#gateway/devices/subjects.ts'
import type { RefusalCode } from '#gateway/errors.ts'
import { SteadyClock, type Clock } from '#gateway/lib/clock.ts'
import type { Agreement } from '#gateway/market/agreement.ts'
import type { Agreements } from '#gateway/market/agreements.ts'
import { weakestOf } from '#gateway/transforms/spec.ts'
import type { Transform } from '#gateway/transforms/transform.ts'
import type { Transforms } from '#gateway/transforms/transforms.ts'

export interface Plan {
  /** Every attribute that some grant in force lets out: what the journal may hold. */
  readonly granted: number
  /** How exact; left out: as it came. */
  readonly kept?: Transform
  /** Every attribute that leaves by some outlet. */
  readonly sold: number
  /** By the id of the agreement. */
  readonly outlets: ReadonlyMap<string, Outlet>
  /** Of the other agreements, why they are refused. */
  readonly refusals: ReadonlyMap<string, RefusalCode>
  /** Why nothing leaves, where there is no outlet. */
  readonly refusal: RefusalCode
  /** The next moment at which a grant ends, or begins, by itself. */
  readonly validUntil: number
  /** Nothing has changed since it was compiled. */
  isCurrent: boolean
}

export interface PlansOptions {
  readonly consents: Pick<Consents, 'on'>
  readonly agreements: Agreements
  readonly streams: Streams
  readonly devices: Devices
  readonly subjects: Subjects
  readonly recipients: Recipients
  readonly transforms: Transforms
  readonly clock: Clock
}

/** The longest time that a timer of Node waits. */
const TIMER_MS_MAX = 2 ** 31 - 1

export type AgreementState = 'active' | 'waiting' | 'suspended' | 'ended'

export class Plans {
  readonly #options: PlansOptions
  /** By the number of the stream. */
  readonly #plans: (Plan | undefined)[] = []
  readonly #clock: SteadyClock
  readonly #alarms = new Map<number, NodeJS.Timeout>()
  /** Told when what a stream lets out is to be looked up anew. */
  onChanged: (stream: Stream) => void = () => {}
  /** Told when a grant was found to have ended by itself, before anything more is let out. */
  onExpired: (stream: Stream) => void = () => {}

  constructor(options: PlansOptions) {
    this.#options = options
    this.#clock = new SteadyClock(options.clock)
  }

  /** The instant that is decided for: of now, but never before one that was. */
  now(): number { return this.#clock.now() }

  /** What may leave this stream now. */
  of(stream: Stream): Plan {
    const plan = this.#plans[stream.number]
    if (plan && this.#clock.now() < plan.validUntil) return plan
    if (plan) plan.isCurrent = false
    const compiled = this.#compile(stream)
    if (!plan) return compiled
    this.onChanged(stream)
    this.onExpired(stream)
    return compiled
  }

  /** To be called when a consent or an agreement of the stream has changed, before the change is answered. */
  invalidate(stream: Stream): void {
    const plan = this.#plans[stream.number]
    if (plan) plan.isCurrent = false
    this.#plans[stream.number] = undefined
    this.onChanged(stream)
  }

  /** A stream that was erased. */
  forget(stream: Stream): void {
    this.invalidate(stream)
    clearTimeout(this.#alarms.get(stream.number))
    this.#alarms.delete(stream.number)
    this.#options.transforms.forget(stream.ownerId)
  }

  /** What an agreement allows now, or why it allows nothing. */
  standingOf(agreement: Agreement): Outlet | RefusalCode {
    const stream = this.#options.streams.get(agreement.offer.streamId)
    if (!stream) return 'NO_CONSENT'
    const { outlets, refusals } = this.of(stream), known = outlets.get(agreement.id) ?? refusals.get(agreement.id)
    // One that has ended, or is spent, since: it says so itself. One that has just begun: the plan does not know it yet.
    const isKnown = known !== undefined && agreement.endedAt === undefined && agreement.exhaustedAt === undefined
    return isKnown ? known : standing(agreement, this.#groundOf(stream))
  }

  stateOf(agreement: Agreement): AgreementState {
    if (agreement.endedAt !== undefined) return 'ended'
    const now = this.standingOf(agreement)
    if (isOutlet(now)) return 'active'
    return now === 'SUSPENDED' ? 'suspended' : 'waiting'
  }

  /** Whether a consent is in force at this moment; of several, joined as in an outlet, each of them. */
  isInForce(stream: Stream, consentId: string): boolean {
    const now = this.now(), grants = this.#options.consents.on(stream.id)
    return consentIdsIn(consentId).every(id => grants.some(grant => grant.id === id && isInForce(grant, now)))
  }

  /** Whether what left for an agreement under these consents would leave under them still. */
  isCoveredBy(agreement: Agreement, consentId: string): boolean {
    const stream = this.#options.streams.get(agreement.offer.streamId), ids = consentIdsIn(consentId)
    if (!stream) return false
    const grants = this.#options.consents.on(stream.id).filter(({ id, kind }) => kind !== undefined || ids.includes(id))
    return isOutlet(covered(agreement, this.#groundOf(stream, grants)))
  }

  #groundOf(stream: Stream, grants: readonly Grant[] = this.#options.consents.on(stream.id)): Ground {
    const { devices, subjects, recipients } = this.#options
    return groundOf(grants, {
      model: stream.model, now: this.now(), subjects: subjects.of(stream), isSpecial: devices.get(stream.deviceId)?.settings.special === true, recipients,
    })
  }

  #compile(stream: Stream): Plan {
    const ground = this.#groundOf(stream), granted = lettingOut(ground), outlets = new Map<string, Outlet>(), refusals = new Map<string, RefusalCode>()
    let refusal = granted === 0 ? whyNothing(ground) : 'NO_AGREEMENT', sold = 0
    for (const agreement of this.#options.agreements.on(stream.id)) {
      const found = standing(agreement, ground)
      if (isOutlet(found)) {
        outlets.set(agreement.id, this.#ready(found, stream, agreement))
        sold |= found.mask
      } else {
        refusals.set(agreement.id, found)
        if (granted !== 0) refusal = furthest(refusal, found)
      }
    }
    const kept = this.#options.transforms.kept(weakestOf(formsIn(ground)), stream.ownerId)
    const plan: Plan = { isCurrent: true, granted, ...(kept && { kept }), sold, outlets, refusals, refusal, validUntil: nextChange(ground) }
    this.#plans[stream.number] = plan
    this.#setAlarm(stream, plan)
    return plan
  }

  #ready(outlet: Outlet, { ownerId }: Stream, { subscriberId }: Agreement): Outlet {
    const transform = outlet.spec && this.#options.transforms.of(outlet.spec, ownerId, subscriberId)
    return transform ? { ...outlet, transform } : outlet
  }

  /** Looks again when a grant has ended, so that it is not the next message that finds out. */
  #setAlarm(stream: Stream, plan: Plan): void {
    clearTimeout(this.#alarms.get(stream.number))
    this.#alarms.delete(stream.number)
    if (plan.validUntil === Infinity) return
    const alarm = setTimeout(() => {
      if (this.of(stream) === plan) this.#setAlarm(stream, plan) // not yet: the clock was set back, or the time was too long for one timer
    }, Math.min(plan.validUntil - this.#clock.now(), TIMER_MS_MAX))
    this.#alarms.set(stream.number, alarm.unref())
  }
}
