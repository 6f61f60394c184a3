// What survives a restart of sessions that were asked to be kept: that they are there, what they subscribed to, and which packet ids of QoS 2
// they have in use. What waits for them does not: readings that nobody consented to are never written to disk, not even for their owner.
import type { DatabaseSync } from 'node:sqlite'
import type { World } from '#gateway/mqtt/world.ts'
import type { SubscriptionOptions } from '#gateway/mqtt/subscriptions.ts'
import { transaction } from '#gateway/state/database.ts'

interface Row {
  readonly source_id: string
  readonly client_id: string
  readonly expiry_ms: number
  /** Milliseconds since 1970; null: it was connected. */
  readonly ended_at: number | null
  /** JSON: `[filter, options][]`. */
  readonly subscriptions: string
  /** JSON: packet ids. */
  readonly incoming: string
}

export class SessionStore {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) { this.#database = database }

  /** Puts back all sessions; for one that was connected its time begins now. */
  load(world: World, now: number): void {
    for (const row of this.#database.prepare('SELECT * FROM mqtt_sessions').all() as unknown as Row[]) {
      const namespace = world.namespaceOf(row.source_id), session = namespace.newSession(row.client_id)
      session.expiryMs = row.expiry_ms
      session.endedAt = row.ended_at ?? now
      for (const [filter, options] of JSON.parse(row.subscriptions) as [string, SubscriptionOptions][]) namespace.restore(session, filter, options)
      for (const id of JSON.parse(row.incoming) as number[]) session.incoming.add(id)
      session.isDirty = false
      session.isOnDisk = true
    }
  }

  /** Writes down what has changed since, in one transaction; to be called in intervals. */
  save(world: World): void {
    const changed = [...world.namespaces].flatMap(([id, { sessions }]) => [...sessions.values()].filter(({ isDirty, isPersistent, isOnDisk }) => isDirty && (isPersistent || isOnDisk)).map(session => ({ id, session })))
    const gone = world.takeEnded()
    if (changed.length === 0 && gone.length === 0) return
    const put = this.#database.prepare('INSERT OR REPLACE INTO mqtt_sessions VALUES (?, ?, ?, ?, ?, ?)'), remove = this.#database.prepare('DELETE FROM mqtt_sessions WHERE source_id = ? AND client_id = ?')
    transaction(this.#database, () => {
      for (const { id, clientId } of gone) remove.run(id, clientId)
      for (const { id, session: { clientId, isPersistent, expiryMs, endedAt, subscriptions, incoming } } of changed) {
        if (isPersistent) put.run(id, clientId, expiryMs, endedAt ?? null, JSON.stringify([...subscriptions]), JSON.stringify([...incoming]))
        else remove.run(id, clientId)
      }
    })
    for (const { session } of changed) {
      session.isDirty = false
      session.isOnDisk = session.isPersistent
    }
  }
}
