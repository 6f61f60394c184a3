// Consents: grants as a fold over events. Default deny: what no event gave is not given.
import type { DatabaseSync } from 'node:sqlite'
import { ConsentEvents, type ConsentEvent, type Recorded } from '#gateway/consent/events.ts'
import type { Grant } from '#gateway/consent/grant.ts'
import { receiptOf, type Receipt } from '#gateway/consent/receipt.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import { prefixedId } from '#gateway/lib/ids.ts'

/** Grants that one stream may have in all, those withdrawn included: each is looked at when a plan is compiled. */
export const GRANTS_PER_STREAM_MAX = 10_000

export type NewGrant = Pick<Grant, 'ownerId' | 'streamId' | 'recipient' | 'purposes' | 'attributes' | 'until'>

interface Known { grant: Grant, recorded: Recorded }

export class Consents {
  readonly #events: ConsentEvents
  readonly #clock: Clock
  readonly #onChange: (streamId: string) => void
  readonly #byId = new Map<string, Known>()
  readonly #byStream = new Map<string, string[]>()

  /** `onChange` is called when an event is on disk, before the call that made it returns. */
  constructor(database: DatabaseSync, clock: Clock, onChange: (streamId: string) => void) {
    this.#events = new ConsentEvents(database)
    this.#clock = clock
    this.#onChange = onChange
    for (const event of this.#events.all()) this.#apply(event, event)
  }

  grant(wish: NewGrant): { grant: Grant, receipt: Receipt } {
    if ((this.#byStream.get(wish.streamId)?.length ?? 0) >= GRANTS_PER_STREAM_MAX) throw new GatewayError('LIMIT_REACHED', `A stream has at most ${GRANTS_PER_STREAM_MAX} grants.`)
    const { ownerId, streamId, recipient, purposes, attributes, until } = wish
    const grant: Grant = { id: prefixedId('grant'), ownerId, streamId, recipient, purposes, attributes, grantedAt: this.#clock.now(), until }
    const recorded = this.#record(grant, grant.grantedAt, { kind: 'given', grant })
    return { grant, receipt: receiptOf(grant, recorded) }
  }

  /**
   * Withdraws. When it returns nothing more leaves by this grant: the event is on disk, and whoever was told by `onChange` has acted.
   * Withdrawing again answers as the first time.
   */
  withdraw(ownerId: string, consentId: string): { grant: Grant, receipt: Receipt, effectiveAt: number } {
    const known = this.#byId.get(consentId)
    if (known?.grant.ownerId !== ownerId) throw notFound('consent')
    if (known.grant.withdrawnAt === undefined) {
      const at = this.#clock.now()
      this.#record(known.grant, at, { kind: 'withdrawn', consentId, at })
    }
    const { grant, recorded } = this.#byId.get(consentId)!
    return { grant, receipt: receiptOf(grant, recorded), effectiveAt: grant.withdrawnAt! }
  }

  list(ownerId: string): readonly Grant[] {
    return [...this.#byId.values()].map(({ grant }) => grant).filter(grant => grant.ownerId === ownerId)
  }

  /** All grants on a stream, in whatever state. */
  on(streamId: string): readonly Grant[] {
    return (this.#byStream.get(streamId) ?? []).map(id => this.#byId.get(id)!.grant)
  }

  /** Checks the chain of events: their number, or an error that names the first that was changed. */
  verify(): number { return this.#events.verify() }

  #record(grant: Grant, at: number, event: ConsentEvent): Recorded {
    const recorded = this.#events.append(grant.id, grant.ownerId, at, event)
    this.#apply(event, recorded)
    this.#onChange(grant.streamId)
    return recorded
  }

  #apply(event: ConsentEvent, recorded: Recorded): void {
    if (event.kind === 'given') {
      const { grant } = event, siblings = this.#byStream.get(grant.streamId)
      this.#byId.set(grant.id, { grant, recorded })
      if (siblings) siblings.push(grant.id)
      else this.#byStream.set(grant.streamId, [grant.id])
      return
    }
    const known = this.#byId.get(event.consentId)
    if (known) this.#byId.set(event.consentId, { grant: { ...known.grant, withdrawnAt: event.at }, recorded })
  }
}
