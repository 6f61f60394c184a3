// Agreements: taken, exhausted, ended. The budget moves into a reserve of the agreement's own, and what is left of it moves back.
import type { DatabaseSync } from 'node:sqlite'
import { PurposeSet } from '#gateway/consent/purposes/purpose-set.ts'
import { normalPurpose } from '#gateway/consent/purposes/purposes.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import { prefixedId } from '#gateway/lib/ids.ts'
import type { Agreement } from '#gateway/market/agreement.ts'
import { AMOUNT_MAX, formatAmount } from '#gateway/market/amount.ts'
import { accounts, type Ledger, type Transfer } from '#gateway/market/ledger.ts'
import type { Offer, Offers } from '#gateway/market/offers.ts'
import type { Append, Fact } from '#gateway/transparency/entry.ts'

/** Agreements on one stream that have not ended. */
export const AGREEMENTS_PER_STREAM_MAX = 10_000

export interface AgreementsOptions {
  readonly database: DatabaseSync
  readonly clock: Clock
  readonly offers: Offers
  readonly ledger: Ledger
  /** Takes each that is made or ended into the transparency log, in the same transaction. */
  readonly appendToLog?: Append | undefined
  /** Told of each change, when it is made and before it is answered. */
  readonly onChange: (streamId: string) => void
}

export interface NewAgreement {
  readonly offerId: string
  readonly purpose: string
  /** Micro-units; nothing for what is free. */
  readonly budget?: bigint
  /** The subscriber is going to hand it on. */
  readonly isOnward?: boolean
}

/** All agreements in memory, each change on disk before it is answered. */
export class Agreements {
  readonly #options: AgreementsOptions
  readonly #byId = new Map<string, Agreement>()
  readonly #bySubscriber = new Map<string, string[]>()
  /** By subscriber and stream: asked for with each subscription, of which a subscriber may open thousands at once. */
  readonly #bySubscription = new Map<string, string[]>()
  /** Those that have not ended. */
  readonly #byStream = new Map<string, Set<string>>()
  /** The meter: told of each agreement that begins … */
  onBegun: (agreement: Agreement) => void = () => {}
  /** … and of each that is about to end, to bring its books up to this moment. */
  onEnding: (agreement: Agreement) => void = () => {}

  constructor(options: AgreementsOptions) {
    this.#options = options
    const agreements = options.database.prepare('SELECT * FROM agreements ORDER BY rowid')
    agreements.setReadBigInts(true)
    for (const row of agreements.iterate() as Iterable<unknown> as Iterable<Row>) {
      this.#index(fromRow(row, options.offers.get(row.offer_id)!))
    }
  }

  /**
   * Takes an offer: the budget is reserved in the same transaction.
   * Throws NOT_FOUND for an offer that does not stand, PURPOSE_MISMATCH for one that is not for this purpose, BAD_REQUEST where the budget
   * does not pay for one unit, LIMIT_REACHED.
   */
  agree(subscriberId: string, { offerId, purpose, budget = 0n, isOnward = false }: NewAgreement): Agreement {
    const { database, clock, offers, ledger, appendToLog, onChange } = this.#options, offer = offers.get(offerId)
    if (!offer || offer.withdrawnAt !== undefined) throw notFound('offer')
    const agreement: Agreement = {
      id: prefixedId('agr'), offer, subscriberId, startedAt: clock.now(),
      purpose: allowedPurpose(offer, purpose), budget: sufficientBudget(offer, budget),
      ...(isOnward && { isOnward: true }),
    }
    if ((this.#byStream.get(offer.streamId)?.size ?? 0) >= AGREEMENTS_PER_STREAM_MAX) {
      throw new GatewayError('LIMIT_REACHED', `There are ${AGREEMENTS_PER_STREAM_MAX} agreements on this stream, and no more fit.`)
    }
    const insert = database.prepare(`INSERT INTO agreements (id, offer_id, subscriber_id, purpose, budget, started_at, is_onward)
      VALUES (?, ?, ?, ?, ?, ?, ?)`)
    ledger.transact(post => {
      insert.run(agreement.id, offerId, subscriberId, agreement.purpose, agreement.budget, agreement.startedAt, isOnward ? 1 : 0)
      appendToLog?.(factOf(agreement))
      if (agreement.budget > 0n) post(reservation('budget', agreement, agreement.budget))
    })
    this.#index(agreement)
    this.onBegun(agreement)
    onChange(offer.streamId)
    return agreement
  }

  /**
   * Ends it: nothing more is delivered under it, and what is left of the budget goes back. Ending it again changes nothing.
   * Throws NOT_FOUND for what is not the subscriber's.
   */
  end(subscriberId: string, agreementId: string): Agreement {
    const agreement = this.#byId.get(agreementId)
    if (agreement?.subscriberId !== subscriberId) throw notFound('agreement')
    if (agreement.endedAt !== undefined) return agreement
    this.onEnding(agreement)
    const { database, clock, ledger, appendToLog, onChange } = this.#options, ended = { ...this.#byId.get(agreementId)!, endedAt: clock.now() }
    const left = ledger.balance(accounts.reserved(agreementId), agreement.offer.currency)
    ledger.transact(post => {
      database.prepare('UPDATE agreements SET ended_at = ? WHERE id = ?').run(ended.endedAt, agreementId)
      appendToLog?.(factOf(ended))
      if (left > 0n) post(reservation('rest', agreement, -left))
    })
    this.#byId.set(agreementId, ended)
    this.#byStream.get(agreement.offer.streamId)?.delete(agreementId)
    onChange(agreement.offer.streamId)
    return ended
  }

  /** The budget does not cover what comes: suspended from now on. The meter, which found it, writes it to disk with what led to it. */
  exhaust(agreementId: string, at: number): void {
    this.restoreExhausted(agreementId, at)
    this.#options.onChange(this.#byId.get(agreementId)!.offer.streamId)
  }

  /** What `exhaust` did before a crash, at a start, when nobody has asked yet. */
  restoreExhausted(agreementId: string, exhaustedAt: number): void {
    this.#byId.set(agreementId, { ...this.#byId.get(agreementId)!, exhaustedAt })
  }

  get(id: string): Agreement | undefined { return this.#byId.get(id) }

  all(): Iterable<Agreement> { return this.#byId.values() }

  /** In the order in which they were made, whatever their state. */
  list(subscriberId: string): readonly Agreement[] { return this.#named(this.#bySubscriber.get(subscriberId)) }

  /** The agreements on a stream that have not ended. */
  on(streamId: string): readonly Agreement[] { return this.#named(this.#byStream.get(streamId)) }

  /** A subscriber's agreements on a stream, whatever their state, the newest first. */
  ofSubscriber(subscriberId: string, streamId: string): readonly Agreement[] {
    return this.#named(this.#bySubscription.get(subscriptionKey(subscriberId, streamId))).toReversed()
  }

  /** An agreement that has ended, as it stands in the database now that its stream's owner was erased. */
  replace(agreement: Agreement): void {
    const { id, subscriberId, offer } = this.#byId.get(agreement.id)!, former = subscriptionKey(subscriberId, offer.streamId)
    this.#byId.set(id, agreement)
    this.#bySubscription.set(former, (this.#bySubscription.get(former) ?? []).filter(other => other !== id))
    if (this.#bySubscription.get(former)?.length === 0) this.#bySubscription.delete(former)
    append(this.#bySubscription, subscriptionKey(subscriberId, agreement.offer.streamId), id)
  }

  #named(ids: Iterable<string> = []): readonly Agreement[] { return Array.from(ids, id => this.#byId.get(id)!) }

  #index(agreement: Agreement): void {
    this.#byId.set(agreement.id, agreement)
    append(this.#bySubscriber, agreement.subscriberId, agreement.id)
    append(this.#bySubscription, subscriptionKey(agreement.subscriberId, agreement.offer.streamId), agreement.id)
    if (agreement.endedAt !== undefined) return
    const running = this.#byStream.get(agreement.offer.streamId)
    if (running) running.add(agreement.id)
    else this.#byStream.set(agreement.offer.streamId, new Set([agreement.id]))
  }
}

const subscriptionKey = (subscriberId: string, streamId: string): string => `${subscriberId} ${streamId}`

function append(index: Map<string, string[]>, key: string, id: string): void {
  const siblings = index.get(key)
  if (siblings) siblings.push(id)
  else index.set(key, [id])
}

function allowedPurpose({ purposes }: Offer, text: string): string {
  const purpose = normalPurpose(text)
  if (purposes.length > 0 && !new PurposeSet(purposes).covers(new PurposeSet([purpose]))) {
    throw new GatewayError('PURPOSE_MISMATCH', `The offer is for ${purposes.join(', ')} only, and what is narrower.`)
  }
  return purpose
}

/** What is free takes no budget, whatever is given. */
function sufficientBudget({ price, unit }: Offer, budget: bigint): bigint {
  if (price === 0n) return 0n
  if (budget < price || budget > AMOUNT_MAX) {
    throw new GatewayError('BAD_REQUEST', `The offer has a price: give a budget that pays for at least one ${unit}.`)
  }
  return budget
}

/** For the log: that it was made, with all its terms, or that it ended. */
export function factOf({ id: agreementId, subscriberId, purpose, isOnward, budget, startedAt, endedAt, offer }: Agreement): Fact {
  const { id: offerId, ownerId, streamId, price, unit, period, currency, attributes } = offer
  const about = { kind: 'agreement', at: endedAt ?? startedAt, ownerId, readerId: subscriberId } as const
  if (endedAt !== undefined) return { ...about, what: { agreementId, state: 'ended' } }
  const terms = { offerId, streamId, attributes, purpose, onward: isOnward, price: formatAmount(price), unit, period, currency, budget: formatAmount(budget) }
  return { ...about, what: { agreementId, state: 'made', ...terms } }
}

/** From the subscriber's purse into the reserve or, where the amount is negative, back. */
function reservation(reason: 'budget' | 'rest', { id, subscriberId, offer: { ownerId, currency } }: Agreement, amount: bigint): Transfer {
  const from = { account: accounts.external(subscriberId), currency, amount: -amount }
  return { id: `${reason}:${id}`, reason, parties: { ownerId, subscriberId }, postings: [from, { account: accounts.reserved(id), currency, amount }] }
}

interface Row {
  readonly id: string
  readonly offer_id: string
  readonly subscriber_id: string
  readonly purpose: string
  readonly budget: bigint
  readonly started_at: bigint
  readonly ended_at: bigint | null
  readonly exhausted_at: bigint | null
  readonly is_onward: bigint
}

function fromRow(row: Row, offer: Offer): Agreement {
  return {
    id: row.id, offer, subscriberId: row.subscriber_id, purpose: row.purpose, budget: row.budget, startedAt: Number(row.started_at),
    ...(row.ended_at !== null && { endedAt: Number(row.ended_at) }),
    ...(row.exhausted_at !== null && { exhaustedAt: Number(row.exhausted_at) }),
    ...(row.is_onward === 1n && { isOnward: true }),
  }
}
