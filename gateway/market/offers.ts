// Offers: posted prices on a stream. An offer binds its attributes and, where it names some, its purposes.
import type { DatabaseSync } from 'node:sqlite'
import { GatewayError, notFound } from '#gateway/errors.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import { prefixedId } from '#gateway/lib/ids.ts'
import { parsePeriod } from '#gateway/market/period.ts'

export const UNITS = ['message', 'second', 'kB', 'period'] as const
export type Unit = (typeof UNITS)[number]

export const OFFERS_PER_STREAM_MAX = 1_000

export interface Offer {
  readonly id: string
  readonly ownerId: string
  readonly streamId: string
  /** Micro-units for each unit; 0 is free. */
  readonly price: bigint
  readonly unit: Unit
  /** ISO 8601, for the unit `period`. */
  readonly period?: string
  /** ISO 4217. */
  readonly currency: string
  /** None: for any purpose. */
  readonly purposes: readonly string[]
  readonly attributes: readonly string[]
  readonly createdAt: number
  readonly withdrawnAt?: number
}

export type NewOffer = Pick<Offer, 'streamId' | 'price' | 'unit' | 'period' | 'currency' | 'purposes' | 'attributes'>

export class Offers {
  readonly #database: DatabaseSync
  readonly #clock: Clock
  readonly #byId = new Map<string, Offer>()
  readonly #byStream = new Map<string, Set<string>>()

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database
    this.#clock = clock
    const all = database.prepare('SELECT * FROM offers ORDER BY created_at, rowid')
    all.setReadBigInts(true)
    for (const row of all.all() as unknown as Row[]) this.#index(fromRow(row))
  }

  create(ownerId: string, { streamId, price, unit, period, currency, purposes, attributes }: NewOffer): Offer {
    if (attributes.length === 0) throw new GatewayError('BAD_REQUEST', 'An offer names at least one attribute of the stream.')
    if (this.on(streamId).length >= OFFERS_PER_STREAM_MAX) throw new GatewayError('LIMIT_REACHED', `A stream has at most ${OFFERS_PER_STREAM_MAX} standing offers: withdraw some.`)
    if (period !== undefined) parsePeriod(period)
    const offer: Offer = { id: prefixedId('offer'), ownerId, streamId, price, unit, period, currency, purposes, attributes, createdAt: this.#clock.now() }
    this.#database.prepare('INSERT INTO offers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)').run(
      offer.id, ownerId, streamId, price, unit, period ?? null, currency, JSON.stringify(purposes), JSON.stringify(attributes), offer.createdAt)
    return this.#index(offer)
  }

  /** It takes no new agreements; those that there are go on. */
  withdraw(ownerId: string, offerId: string): Offer {
    const offer = this.#byId.get(offerId)
    if (offer?.ownerId !== ownerId) throw notFound('offer')
    if (offer.withdrawnAt !== undefined) return offer
    const withdrawnAt = this.#clock.now()
    this.#database.prepare('UPDATE offers SET withdrawn_at = ? WHERE id = ?').run(withdrawnAt, offerId)
    return this.#index({ ...offer, withdrawnAt })
  }

  get(id: string): Offer | undefined { return this.#byId.get(id) }
  list(ownerId: string): readonly Offer[] { return [...this.#byId.values()].filter(offer => offer.ownerId === ownerId) }

  /** The offers that stand on a stream. */
  on(streamId: string): readonly Offer[] {
    return [...this.#byStream.get(streamId) ?? []].map(id => this.#byId.get(id)!).filter(({ withdrawnAt }) => withdrawnAt === undefined)
  }

  #index(offer: Offer): Offer {
    this.#byId.set(offer.id, offer)
    const siblings = this.#byStream.get(offer.streamId)
    if (siblings) siblings.add(offer.id)
    else this.#byStream.set(offer.streamId, new Set([offer.id]))
    return offer
  }
}

interface Row {
  id: string, owner_id: string, stream_id: string, price: bigint, unit: Unit, period: string | null, currency: string, purposes: string, attributes: string, created_at: bigint, withdrawn_at: bigint | null
}

function fromRow(row: Row): Offer {
  return {
    id: row.id, ownerId: row.owner_id, streamId: row.stream_id, price: row.price, unit: row.unit, period: row.period ?? undefined, currency: row.currency, purposes: JSON.parse(row.purposes) as string[],
    attributes: JSON.parse(row.attributes) as string[], createdAt: Number(row.created_at), withdrawnAt: row.withdrawn_at === null ? undefined : Number(row.withdrawn_at),
  }
}
