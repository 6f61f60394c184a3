// Agreements: taken, ended, exhausted. The budget moves into an account of the agreement's own, and what is left moves back.
import type { DatabaseSync } from 'node:sqlite'
import { GatewayError, notFound } from '#gateway/errors.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import { prefixedId } from '#gateway/lib/ids.ts'
import type { Agreement } from '#gateway/market/agreement.ts'
import { accounts, type Ledger, type Transfer } from '#gateway/market/ledger.ts'
import type { Offer, Offers } from '#gateway/market/offers.ts'

export const AGREEMENTS_PER_STREAM_MAX = 10_000

export interface AgreementsOptions {
  readonly database: DatabaseSync
  readonly clock: Clock
  readonly offers: Offers
  readonly ledger: Ledger
  /** Called when a change is on disk, before the call that made it returns. */
  readonly onChange: (streamId: string) => void
}

export interface Wish { readonly offerId: string, readonly purpose: string, readonly budget?: bigint }

export class Agreements {
  readonly #options: AgreementsOptions
  readonly #byId = new Map<string, Agreement>()
  readonly #byStream = new Map<string, string[]>()
  /** Asked before an agreement ends, so that what it still owes is posted first. */
  onEnding: (agreement: Agreement) => void = () => {}

  constructor(options: AgreementsOptions) {
    this.#options = options
    const all = options.database.prepare('SELECT * FROM agreements ORDER BY started_at, rowid')
    all.setReadBigInts(true)
    for (const row of all.all() as unknown as Row[]) this.#index(fromRow(row, options.offers.get(row.offer_id)!))
  }

  /** Takes an offer. Throws PURPOSE_MISMATCH where the offer is not for that, BAD_REQUEST where the budget does not pay for anything. */
  agree(subscriberId: string, { offerId, purpose, budget = 0n }: Wish): Agreement {
    const { database, clock, offers, ledger, onChange } = this.#options
    const offer = offers.get(offerId)
    if (!offer || offer.withdrawnAt !== undefined) throw notFound('offer')
    if (offer.purposes.length > 0 && !offer.purposes.includes(purpose)) throw new GatewayError('PURPOSE_MISMATCH', `The offer is for ${offer.purposes.join(', ')} only.`)
    if (offer.price > budget) throw new GatewayError('BAD_REQUEST', 'The offer has a price: give a --budget that pays for at least one unit.')
    if ((this.#byStream.get(offer.streamId)?.length ?? 0) >= AGREEMENTS_PER_STREAM_MAX) throw new GatewayError('LIMIT_REACHED', `A stream has at most ${AGREEMENTS_PER_STREAM_MAX} agreements.`)
    const agreement: Agreement = { id: prefixedId('agr'), offer, subscriberId, purpose, budget: offer.price === 0n ? 0n : budget, startedAt: clock.now() }
    ledger.transact(post => {
      database.prepare('INSERT INTO agreements (id, offer_id, subscriber_id, purpose, budget, started_at) VALUES (?, ?, ?, ?, ?, ?)').run(agreement.id, offerId, subscriberId, purpose, agreement.budget, agreement.startedAt)
      if (agreement.budget > 0n) post(move(`budget:${agreement.id}`, 'budget reserved', agreement, agreement.budget))
    })
    this.#index(agreement)
    onChange(offer.streamId)
    return agreement
  }

  /** Ends it: nothing more is delivered, and what is left of the budget goes back. Ending it again changes nothing. */
  end(subscriberId: string, agreementId: string): Agreement {
    const agreement = this.#byId.get(agreementId)
    if (agreement?.subscriberId !== subscriberId) throw notFound('agreement')
    if (agreement.endedAt !== undefined) return agreement
    this.onEnding(agreement)
    const { database, clock, ledger, onChange } = this.#options, ended = { ...this.#byId.get(agreementId)!, endedAt: clock.now() }
    const left = ledger.balance(accounts.reserved(agreementId), agreement.offer.currency)
    ledger.transact(post => {
      database.prepare('UPDATE agreements SET ended_at = ? WHERE id = ?').run(ended.endedAt, agreementId)
      if (left > 0n) post(move(`refund:${agreementId}`, 'budget returned', agreement, -left))
    })
    this.#byId.set(agreementId, ended)
    onChange(agreement.offer.streamId)
    return ended
  }

  /** The budget no longer covers what comes: suspended from now on. */
  exhaust(agreementId: string): void {
    const agreement = this.#byId.get(agreementId)
    if (!agreement || agreement.exhaustedAt !== undefined) return
    const exhaustedAt = this.#options.clock.now()
    this.#options.database.prepare('UPDATE agreements SET exhausted_at = ? WHERE id = ?').run(exhaustedAt, agreementId)
    this.#byId.set(agreementId, { ...agreement, exhaustedAt })
    this.#options.onChange(agreement.offer.streamId)
  }

  get(id: string): Agreement | undefined { return this.#byId.get(id) }
  all(): Iterable<Agreement> { return this.#byId.values() }
  list(subscriberId: string): readonly Agreement[] { return [...this.#byId.values()].filter(agreement => agreement.subscriberId === subscriberId) }
  /** All agreements on a stream, in whatever state. */
  on(streamId: string): readonly Agreement[] { return (this.#byStream.get(streamId) ?? []).map(id => this.#byId.get(id)!) }
  /** A party's agreements on a stream, the newest first. */
  ofSubscriber(subscriberId: string, streamId: string): readonly Agreement[] { return this.on(streamId).filter(agreement => agreement.subscriberId === subscriberId).reverse() }

  #index(agreement: Agreement): void {
    this.#byId.set(agreement.id, agreement)
    const siblings = this.#byStream.get(agreement.offer.streamId)
    if (siblings) siblings.push(agreement.id)
    else this.#byStream.set(agreement.offer.streamId, [agreement.id])
  }
}

/** From the subscriber's purse into the reserve, or where negative back. */
function move(id: string, reason: string, { id: agreementId, subscriberId, offer: { currency } }: Agreement, amount: bigint): Transfer {
  return { id, reason, postings: [{ account: accounts.external(subscriberId), currency, amount: -amount }, { account: accounts.reserved(agreementId), currency, amount }] }
}

interface Row { id: string, offer_id: string, subscriber_id: string, purpose: string, budget: bigint, started_at: bigint, ended_at: bigint | null, exhausted_at: bigint | null }

function fromRow(row: Row, offer: Offer): Agreement {
  const time = (value: bigint | null) => value === null ? undefined : Number(value)
  return { id: row.id, offer, subscriberId: row.subscriber_id, purpose: row.purpose, budget: row.budget, startedAt: Number(row.started_at), endedAt: time(row.ended_at), exhaustedAt: time(row.exhausted_at) }
}
