// All rights but erasure behind one face, for the API.
import type { DatabaseSync } from 'node:sqlite'
import { Readable } from 'node:stream'
import { isPermission, stateOf, type Grant } from '#gateway/consent/grant.ts'
import type { Consents } from '#gateway/consent/consents.ts'
import { PurposeSet } from '#gateway/consent/purposes/purpose-set.ts'
import { normalPurpose } from '#gateway/consent/purposes/purposes.ts'
import type { Stream, Streams } from '#gateway/devices/streams.ts'
import { GatewayError } from '#gateway/errors.ts'
import type { Journal } from '#gateway/journal/journal.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import type { Meter } from '#gateway/market/meter.ts'
import type { OperatorActions } from '#gateway/parties/operator-actions.ts'
import type { Parties } from '#gateway/parties/parties.ts'
import type { SigningKey } from '#gateway/proof/signing-key.ts'
import { accessOf, type Access } from '#gateway/rights/access.ts'
import { exportOf } from '#gateway/rights/portability.ts'
import { processingRecord, type ProcessingRecord, type RecordOptions } from '#gateway/rights/processing-record.ts'
import { noteToRecipients, noticesFor, type NoticeKind, type RecipientNotice } from '#gateway/rights/recipient-notices.ts'
import type { Restriction, Restrictions } from '#gateway/rights/restrictions.ts'
import { affectedBy, deliveredOf, transfersOf, type Affected, type Delivered, type Transfer, type TransferQuery } from '#gateway/rights/transfers.ts'

export interface RightsOptions {
  readonly database: DatabaseSync
  readonly clock: Clock
  readonly config: RecordOptions['config']
  readonly parties: Parties
  readonly streams: Streams
  readonly consents: Consents
  readonly meter: Meter
  readonly journal: Journal
  readonly signingKey: SigningKey
  readonly restrictions: Restrictions
  readonly actions: OperatorActions
}

/** Records that one search for those affected looks at. */
export const BREACH_RECORDS_MAX = 1_000_000
const BREACH_PAGE = 10_000

/** What an objection is against: all of it has to fit a consent. */
export interface Objection { readonly recipient?: string, readonly purpose?: string, readonly streamId?: string }

export class Rights {
  readonly #options: RightsOptions
  readonly restrictions: Restrictions
  readonly actions: OperatorActions

  constructor(options: RightsOptions) {
    this.#options = options
    this.restrictions = options.restrictions
    this.actions = options.actions
  }

  access(ownerId: string): Access {
    this.#options.meter.sealOf(ownerId)
    return accessOf(this.#options, ownerId, this.#options.clock.now())
  }

  /** Reads no faster than it is read. */
  export(ownerId: string): Readable { return Readable.from(exportOf({ ...this.#options, ownerId, now: this.#options.clock.now() }), { objectMode: false }) }

  transfers(query: TransferQuery): readonly Transfer[] {
    this.#options.meter.seal()
    return transfersOf(this.#options, query)
  }

  /** Throws LIMIT_REACHED where there is more than one search looks at. */
  affected(query: Omit<TransferQuery, 'after' | 'limit'>): readonly Affected[] {
    this.#options.meter.seal()
    const found: Delivered[] = []
    for (let page: readonly Delivered[] = [], isFirst = true; isFirst || page.length === BREACH_PAGE; isFirst = false) {
      found.push(...page = deliveredOf(this.#options.database, { ...query, after: found.at(-1)?.record, limit: BREACH_PAGE }))
      if (found.length > BREACH_RECORDS_MAX) throw new GatewayError('LIMIT_REACHED', `More than ${BREACH_RECORDS_MAX} records fit: name a shorter time, a recipient or a stream.`)
    }
    return affectedBy(found)
  }

  /** For one of those whom it tells about. */
  restrict({ id }: Stream, subjectId: string, by: Restriction['by']): { readonly restriction: Restriction, readonly told: number } {
    const isNew = !this.restrictions.has(id), restriction = this.restrictions.restrict(id, subjectId, by)
    return { restriction, told: isNew ? this.notify(id, 'restricted') : 0 }
  }

  /** Tells whether it is restricted still: by another of those whom it tells about. */
  lift({ id }: Stream, subjectId: string): boolean {
    const wasRestricted = this.restrictions.has(id)
    this.restrictions.lift(id, subjectId)
    if (wasRestricted && !this.restrictions.has(id)) this.notify(id, 'lifted')
    return this.restrictions.has(id)
  }

  /**
   * Withdraws all of an owner's consents that an objection is against (Art. 21), each with its guarantee: also those for a broader or a narrower
   * purpose, and no prohibition. Gives their ids.
   */
  object(ownerId: string, { recipient, purpose, streamId }: Objection): readonly string[] {
    const { consents, clock } = this.#options, against = purpose === undefined ? undefined : new PurposeSet([normalPurpose(purpose)]), now = clock.now()
    const fits = (grant: Grant): boolean => isPermission(grant) && stateOf(grant, now) === 'given' && (recipient ?? grant.recipient) === grant.recipient && (streamId ?? grant.streamId) === grant.streamId
      && (against === undefined || new PurposeSet(grant.purposes).meets(against))
    const withdrawn = [...consents.list(ownerId)].filter(fits).map(({ id }) => consents.withdraw(ownerId, id).grant)
    for (const id of new Set(withdrawn.map(grant => grant.streamId))) this.notify(id, 'objected')
    return withdrawn.map(({ id }) => id)
  }

  /** Tells whoever has received something of a stream (Art. 19). Gives how many that are. */
  notify(streamId: string, kind: NoticeKind): number {
    this.#options.meter.seal(({ offer }) => offer.streamId === streamId)
    return noteToRecipients(this.#options.database, streamId, kind, this.#options.clock.now())
  }

  recipientNotices(subscriberId: string, after: number, limit: number): readonly RecipientNotice[] { return noticesFor(this.#options.database, subscriberId, after, limit) }

  record(): ProcessingRecord { return processingRecord(this.#options, this.#options.clock.now()) }
}
