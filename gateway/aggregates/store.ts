// What is known of aggregates beyond this start: which there are, what they were made of in the last day, and what was told of whom.
import type { DatabaseSync } from 'node:sqlite'
import { aggregateOf, wishOf, type Aggregate, type NewAggregate } from '#gateway/aggregates/aggregate.ts'
import { nameOf } from '#gateway/aggregates/contributors.ts'
import type { Crowd } from '#gateway/aggregates/crowd.ts'
import { transaction } from '#gateway/state/database.ts'

export const DAY_MS = 86_400_000
/** A crowd is remembered for a day since it was released last. */
export const REMEMBERED_MS = DAY_MS
/** Different ones of one recipient, type and attribute: of more none is released until some are forgotten. */
export const CROWDS_MAX = 64
/** Of what was told of whom: a clock that is set back by less finds what was spent. */
const SPENDING_MS = 366 * DAY_MS

/** What one release is written down as, all of it before anything leaves. */
export interface Release {
  readonly at: number
  readonly crowd: Crowd
  /** Of whom something was told, and how much, in millionths. */
  readonly spent: readonly string[]
  readonly epsilon: number
}

export interface Known { readonly aggregate: Aggregate, readonly releasedAt: number }

export class AggregateStore {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) { this.#database = database }

  all(): readonly Known[] {
    return (this.#database.prepare('SELECT * FROM aggregates ORDER BY created_at, id').all() as unknown as Row[]).map(({ id, recipient_id, wish, created_at, released_at }) => (
      { aggregate: aggregateOf(JSON.parse(wish) as NewAggregate, { id, recipientId: recipient_id, createdAt: created_at }), releasedAt: released_at }))
  }

  add(aggregate: Aggregate): void {
    this.#database.prepare('INSERT INTO aggregates VALUES (?, ?, ?, ?, 0)').run(aggregate.id, aggregate.recipientId, JSON.stringify(wishOf(aggregate)), aggregate.createdAt)
  }

  remove(id: string): void { this.#database.prepare('DELETE FROM aggregates WHERE id = ?').run(id) }

  /** Those that a recipient has figures of, of whatever aggregate of theirs. */
  crowds({ recipientId, model, attribute }: Aggregate, now: number): readonly Crowd[] {
    const rows = this.#database.prepare('SELECT members, contributors FROM aggregate_crowds WHERE recipient_id = ? AND type = ? AND attribute = ? AND released_at > ? ORDER BY released_at DESC')
      .all(recipientId, model.type, attribute, now - REMEMBERED_MS) as unknown as { members: string, contributors: number }[]
    return rows.map(({ members, contributors }) => ({ members: JSON.parse(members) as string[][], contributors }))
  }

  /** What was told of somebody on the day of an instant, in millionths. */
  spent(partyId: string, now: number): number {
    return Number(this.#database.prepare('SELECT spent FROM privacy_spending WHERE party_id = ? AND day = ?').get(partyId, dayOf(now))?.['spent'] ?? 0)
  }

  /** On disk when this returns. */
  release(aggregate: Aggregate, { at, crowd, spent, epsilon }: Release): void {
    const spend = this.#database.prepare('INSERT INTO privacy_spending VALUES (?, ?, ?) ON CONFLICT (party_id, day) DO UPDATE SET spent = spent + excluded.spent')
    transaction(this.#database, () => {
      for (const partyId of spent) spend.run(partyId, dayOf(at), epsilon)
      this.#remember(aggregate, crowd, at)
      this.#database.prepare('UPDATE aggregates SET released_at = ? WHERE id = ?').run(at, aggregate.id)
    })
  }

  /** Forgets what is too old to matter. */
  prune(now: number): void {
    this.#database.prepare('DELETE FROM aggregate_crowds WHERE released_at <= ?').run(now - REMEMBERED_MS)
    this.#database.prepare('DELETE FROM privacy_spending WHERE day < ?').run(dayOf(now - SPENDING_MS))
  }

  #remember({ recipientId, model: { type }, attribute }: Aggregate, { members, contributors }: Crowd, at: number): void {
    const sorted = [...members].sort((a, b) => nameOf(a) < nameOf(b) ? -1 : 1).map(subjects => [...subjects].sort())
    this.#database.prepare(`INSERT INTO aggregate_crowds VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (recipient_id, type, attribute, members) DO UPDATE SET contributors = max(contributors, excluded.contributors), released_at = max(released_at, excluded.released_at)`)
      .run(recipientId, type, attribute, JSON.stringify(sorted), contributors, at)
  }
}

const dayOf = (now: number): number => Math.floor(now / DAY_MS)

interface Row { readonly id: string, readonly recipient_id: string, readonly wish: string, readonly created_at: number, readonly released_at: number }
