// Offers: posted prices on a stream. An offer binds its attributes, how exact they are and, where it names some, its purposes.
import type { DatabaseSync } from 'node:sqlite'
import { normalPurposes } from '#gateway/consent/purposes/purposes.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import { prefixedId } from '#gateway/lib/ids.ts'
import { AMOUNT_MAX } from '#gateway/market/amount.ts'
import { parsePeriod } from '#gateway/market/period.ts'
import { specOf } from '#gateway/transforms/spec.ts'

export const UNITS = ['message', 'second', 'kB', 'period'] as const
export type Unit = (typeof UNITS)[number]

/** Offers that stand on one stream. */
export const OFFERS_PER_STREAM_MAX = 1_000

export interface Offer {
  readonly id: string
  readonly ownerId: string
  readonly streamId: string
  /** Micro-units for each unit; 0 is free. */
  readonly price: bigint
  readonly unit: Unit
  /** An ISO 8601 duration, with the unit `period` only. */
  readonly period?: string
  /** Three capitals, as of ISO 4217. */
  readonly currency: string
  /** None: for any purpose. */
  readonly purposes: readonly string[]
  readonly attributes: readonly string[]
  /** How exact they are at most, as `specTexts` writes it; left out: as the consents have it. */
  readonly transforms?: readonly string[]
  readonly createdAt: number
  readonly withdrawnAt?: number
}

export type NewOffer = Pick<Offer, 'streamId' | 'price' | 'unit' | 'period' | 'currency' | 'attributes'> & Partial<Pick<Offer, 'purposes' | 'transforms'>>

/** All offers in memory, each change on disk before it is answered. */
export class Offers {
  readonly #database: DatabaseSync
  readonly #clock: Clock
  readonly #byId = new Map<string, Offer>()
  readonly #byOwner = new Map<string, string[]>()
  /** Those that stand. */
  readonly #byStream = new Map<string, Set<string>>()

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database
    this.#clock = clock
    const offers = database.prepare('SELECT * FROM offers ORDER BY rowid')
    offers.setReadBigInts(true)
    for (const row of offers.iterate() as Iterable<unknown> as Iterable<Row>) this.#index(fromRow(row))
  }

  /** Posts a price on a stream of the owner. Throws BAD_REQUEST for terms that make no sense, LIMIT_REACHED. */
  create(ownerId: string, wish: NewOffer): Offer {
    const { streamId, price, unit, period, currency, purposes, attributes, transforms } = checked(wish)
    if ((this.#byStream.get(streamId)?.size ?? 0) >= OFFERS_PER_STREAM_MAX) {
      throw new GatewayError('LIMIT_REACHED', `${OFFERS_PER_STREAM_MAX} offers stand on this stream: withdraw some first.`)
    }
    const id = prefixedId('offer'), createdAt = this.#clock.now()
    this.#database.prepare(`INSERT INTO offers (id, owner_id, stream_id, price, unit, period, currency, purposes, attributes, created_at, transforms)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`).run(
      id, ownerId, streamId, price, unit, period ?? null, currency, JSON.stringify(purposes), JSON.stringify(attributes), createdAt, transforms ? JSON.stringify(transforms) : null)
    const offer = { id, ownerId, streamId, price, unit, ...(period !== undefined && { period }), currency, purposes, attributes, ...(transforms && { transforms }), createdAt }
    this.#index(offer)
    return offer
  }

  /** It takes no new agreements; those that were made go on. Again changes nothing. Throws NOT_FOUND for what is not the owner's. */
  withdraw(ownerId: string, offerId: string): Offer {
    const offer = this.#byId.get(offerId)
    if (offer?.ownerId !== ownerId) throw notFound('offer')
    if (offer.withdrawnAt !== undefined) return offer
    const withdrawn = { ...offer, withdrawnAt: this.#clock.now() }
    this.#database.prepare('UPDATE offers SET withdrawn_at = ? WHERE id = ?').run(withdrawn.withdrawnAt, offerId)
    this.#byId.set(offerId, withdrawn)
    this.#byStream.get(offer.streamId)?.delete(offerId)
    return withdrawn
  }

  get(id: string): Offer | undefined { return this.#byId.get(id) }

  /** In the order in which they were made, whether they stand or not. */
  list(ownerId: string): readonly Offer[] { return this.#named(this.#byOwner.get(ownerId)) }

  /** The offers that stand on a stream. */
  on(streamId: string): readonly Offer[] { return this.#named(this.#byStream.get(streamId)) }

  /** Offers of an owner who was erased, as they stand in the database now; those that are not there any more are forgotten. */
  replace(ownerId: string, left: readonly Offer[]): void {
    for (const { id, streamId } of this.list(ownerId)) {
      this.#byId.delete(id)
      this.#byStream.delete(streamId)
    }
    this.#byOwner.delete(ownerId)
    for (const offer of left) this.#index(offer)
  }

  #named(ids: Iterable<string> = []): readonly Offer[] { return Array.from(ids, id => this.#byId.get(id)!) }

  #index(offer: Offer): void {
    this.#byId.set(offer.id, offer)
    const siblings = this.#byOwner.get(offer.ownerId)
    if (siblings) siblings.push(offer.id)
    else this.#byOwner.set(offer.ownerId, [offer.id])
    if (offer.withdrawnAt !== undefined) return
    const standing = this.#byStream.get(offer.streamId)
    if (standing) standing.add(offer.id)
    else this.#byStream.set(offer.streamId, new Set([offer.id]))
  }
}

function checked(wish: NewOffer): NewOffer & Pick<Offer, 'purposes'> {
  const { price, unit, period, currency, purposes = [], attributes, transforms, ...rest } = wish
  const isPeriodic = unit === 'period'
  if (price < 0n || price > AMOUNT_MAX) throw badRequest('A price is an amount that is not negative.')
  if (!UNITS.includes(unit)) throw badRequest(`A price is for a ${UNITS.join(', ')}.`)
  if (isPeriodic !== (period !== undefined)) throw badRequest('The unit period needs a period such as P1M, and no other unit takes one.')
  if (period !== undefined) parsePeriod(period)
  if (!/^[A-Z]{3}$/.test(currency)) throw badRequest('A currency is three capitals of ISO 4217, such as EUR.')
  if (attributes.length === 0) throw badRequest('An offer names at least one attribute of the stream.')
  if (!specOf(transforms)) throw badRequest('A transform that is not known is refused.')
  const known = { ...rest, price, unit, period, currency, purposes: normalPurposes(purposes), attributes: [...new Set(attributes)] }
  return transforms && transforms.length > 0 ? { ...known, transforms } : known
}

function badRequest(message: string): GatewayError { return new GatewayError('BAD_REQUEST', message) }

interface Row {
  readonly id: string
  readonly owner_id: string
  readonly stream_id: string
  readonly price: bigint
  readonly unit: Unit
  readonly period: string | null
  readonly currency: string
  readonly purposes: string
  readonly attributes: string
  readonly created_at: bigint
  readonly withdrawn_at: bigint | null
  readonly transforms: string | null
}

function fromRow(row: Row): Offer {
  return {
    id: row.id, ownerId: row.owner_id, streamId: row.stream_id, price: row.price, unit: row.unit,
    ...(row.period !== null && { period: row.period }),
    currency: row.currency, purposes: JSON.parse(row.purposes) as string[], attributes: JSON.parse(row.attributes) as string[],
    ...(row.transforms !== null && { transforms: JSON.parse(row.transforms) as string[] }),
    createdAt: Number(row.created_at),
    ...(row.withdrawn_at !== null && { withdrawnAt: Number(row.withdrawn_at) }),
  }
}
