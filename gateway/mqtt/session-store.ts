// What survives a restart of sessions that were asked to be kept: that they are there, what they subscribed to, and which packet ids of QoS 2
// they have in use. What waits for them does not: readings that nobody consented to are never written to disk, not even for their owner.
import type { DatabaseSync } from 'node:sqlite'
import type { Namespace } from '#gateway/mqtt/namespace.ts'
import type { Session } from '#gateway/mqtt/session.ts'
import type { SubscriptionOptions } from '#gateway/mqtt/subscriptions.ts'
import type { World } from '#gateway/mqtt/world.ts'
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

/** What one turn may take before it is committed: rows, and milliseconds. Some rows are long. */
const TURN = { ROWS: 100, MS: 3 } as const

interface Entry { readonly namespace: Namespace, readonly session: Session }

export class SessionStore {
  readonly #database: DatabaseSync
  /** What had changed when this was looked up last, and is not written yet. */
  #changed: readonly Entry[] = []

  constructor(database: DatabaseSync) { this.#database = database }

  /** Puts back all sessions; for one that was connected its time begins now. */
  load(world: World, now: number): void {
    for (const row of this.#database.prepare('SELECT * FROM mqtt_sessions ORDER BY ended_at IS NULL, ended_at').iterate() as Iterable<unknown> as Iterable<Row>) {
      const namespace = world.namespaceOf(row.source_id), session = namespace.newSession(row.client_id)
      session.expiryMs = row.expiry_ms
      session.endedAt = row.ended_at ?? now
      for (const [filter, options] of JSON.parse(row.subscriptions) as [string, SubscriptionOptions][]) namespace.add(session, filter, options)
      for (const id of JSON.parse(row.incoming) as number[]) session.incoming.add(id)
      session.isDirty = false
      session.isOnDisk = true
      world.putAway(namespace, session)
    }
  }

  /** Writes down all that has changed since, in one transaction. */
  save(world: World): void {
    this.#changed = changedIn(world)
    this.#write(world, Infinity, Infinity)
  }

  /**
   * Writes down some of it, and holds nobody up for long; to be called in intervals. True where something is left, and the next may come soon.
   * It is on disk with the next commit of anything, or the next checkpoint: a power cut takes the last changes, as it does those of the interval.
   */
  saveSome(world: World): boolean {
    if (this.#changed.length === 0) this.#changed = changedIn(world)
    this.#database.exec('PRAGMA synchronous = NORMAL')
    try { this.#write(world, TURN.ROWS, TURN.MS) } finally { this.#database.exec('PRAGMA synchronous = FULL') }
    return this.#changed.length > 0 || world.ended.length > 0
  }

  #write({ ended }: World, rowsMax: number, ms: number): void {
    const changed = this.#changed, until = performance.now() + ms, goesOn = (rows: number) => rows < rowsMax && performance.now() < until
    if (changed.length === 0 && ended.length === 0) return
    let removed = 0, written = 0
    transaction(this.#database, () => {
      const remove = this.#database.prepare('DELETE FROM mqtt_sessions WHERE source_id = ? AND client_id = ?'), put = this.#database.prepare('INSERT OR REPLACE INTO mqtt_sessions VALUES (?, ?, ?, ?, ?, ?)')
      for (; removed < ended.length && goesOn(removed); removed++) remove.run(ended[removed]!.id, ended[removed]!.clientId)
      for (; removed === ended.length && written < changed.length && goesOn(removed + written); written++) {
        const { namespace: { id, sessions }, session } = changed[written]!, { clientId, isPersistent, expiryMs, endedAt, subscriptions, incoming } = session
        if (sessions.get(clientId) !== session) continue // it has ended since
        if (isPersistent) put.run(id, clientId, expiryMs, endedAt ?? null, JSON.stringify([...subscriptions]), JSON.stringify([...incoming]))
        else remove.run(id, clientId)
      }
    })
    ended.splice(0, removed)
    this.#changed = changed.slice(written)
    for (const { session } of changed.slice(0, written)) {
      session.isDirty = false
      session.isOnDisk = session.isPersistent
    }
  }
}

function changedIn({ namespaces }: World): readonly Entry[] {
  const changed: Entry[] = []
  for (const namespace of namespaces.values()) {
    for (const session of namespace.sessions.values()) if (session.isDirty && (session.isPersistent || session.isOnDisk)) changed.push({ namespace, session })
  }
  return changed
}
