// What survives a restart of sessions that were asked to be kept: that they are there, what they subscribed to, which packet ids of QoS 2
// they have in use, and how far a reader has come in each of its feeds. What waits for them does not: readings that nobody consented to are
// never written to disk, not even for their owner.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Namespace } from '#gateway/mqtt/namespace.ts'
import { ReaderState } from '#gateway/mqtt/reader-state.ts'
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
  readonly is_reader: 0 | 1
}

/** How far a reader has come in a feed since its session was written down. */
interface PositionRow { readonly source_id: string, readonly client_id: string, readonly topic: string, readonly message_id: string }

/** What one turn may take before it is committed: rows, and milliseconds. Some rows are long. */
const TURN = { ROWS: 100, MS: 3 } as const

/** What is to be written: a session, or of a session that is on disk only how far it has come in one feed. */
interface Change { readonly namespace: Namespace, readonly session: Session, readonly topic?: string }

export class SessionStore {
  readonly #database: DatabaseSync
  /** What had changed when this was looked up last, and is not written yet. */
  #changes: readonly Change[] = []

  constructor(database: DatabaseSync) { this.#database = database }

  /** Puts back all sessions; for one that was connected its time begins now. */
  load(world: World, now: number): void {
    for (const row of this.#rows<Row>('SELECT * FROM mqtt_sessions ORDER BY ended_at IS NULL, ended_at')) {
      const namespace = world.namespaceOf(row.source_id), session = namespace.newSession(row.client_id)
      session.expiryMs = row.expiry_ms
      session.endedAt = row.ended_at ?? now
      if (row.is_reader === 1) session.reader = new ReaderState()
      for (const [filter, options] of JSON.parse(row.subscriptions) as [string, SubscriptionOptions][]) {
        if (session.reader) session.subscriptions.set(filter, options)
        else namespace.add(session, filter, options)
      }
      for (const id of JSON.parse(row.incoming) as number[]) session.incoming.add(id)
      session.isDirty = false
      session.isOnDisk = true
      world.putAway(namespace, session)
    }
    for (const { source_id, client_id, topic, message_id: after } of this.#rows<PositionRow>('SELECT * FROM mqtt_positions')) {
      const subscriptions = world.namespaces.get(source_id)?.sessions.get(client_id)?.subscriptions, options = subscriptions?.get(topic)
      if (options) subscriptions!.set(topic, { ...options, after })
    }
  }

  /** Writes down all that has changed since, in one transaction. */
  save(world: World): void {
    this.#changes = changesIn(world)
    this.#write(world, Infinity, Infinity)
  }

  /**
   * Writes down some of it, and holds nobody up for long; to be called in intervals. True where something is left, and the next may come soon.
   * It is on disk with the next commit of anything, or the next checkpoint: a power cut takes the last changes, as it does those of the interval.
   */
  saveSome(world: World): boolean {
    if (this.#changes.length === 0) this.#changes = changesIn(world)
    this.#database.exec('PRAGMA synchronous = NORMAL')
    try { this.#write(world, TURN.ROWS, TURN.MS) } finally { this.#database.exec('PRAGMA synchronous = FULL') }
    return this.#changes.length > 0 || world.ended.length > 0
  }

  #rows<T>(sql: string): Iterable<T> { return this.#database.prepare(sql).iterate() as Iterable<unknown> as Iterable<T> }

  #write({ ended }: World, rowsMax: number, ms: number): void {
    const changes = this.#changes, until = performance.now() + ms, goesOn = (rows: number) => rows < rowsMax && performance.now() < until
    if (changes.length === 0 && ended.length === 0) return
    let removed = 0, written = 0
    transaction(this.#database, () => {
      const table = new Table(this.#database)
      for (; removed < ended.length && goesOn(removed); removed++) table.remove(ended[removed]!.id, ended[removed]!.clientId)
      for (; removed === ended.length && written < changes.length && goesOn(removed + written); written++) table.write(changes[written]!)
    })
    ended.splice(0, removed)
    this.#changes = changes.slice(written)
    for (const { session, topic } of changes.slice(0, written)) {
      if (topic === undefined) markWritten(session)
      else session.reader!.moved.delete(topic)
    }
  }
}

/** The statements of one transaction. */
class Table {
  readonly #put: StatementSync
  readonly #move: StatementSync
  readonly #deletes: readonly StatementSync[]

  constructor(database: DatabaseSync) {
    this.#put = database.prepare('INSERT OR REPLACE INTO mqtt_sessions VALUES (?, ?, ?, ?, ?, ?, ?)')
    this.#move = database.prepare('INSERT OR REPLACE INTO mqtt_positions VALUES (?, ?, ?, ?)')
    this.#deletes = ['mqtt_positions', 'mqtt_sessions'].map(table => database.prepare(`DELETE FROM ${table} WHERE source_id = ? AND client_id = ?`))
  }

  remove(id: string, clientId: string): void { for (const statement of this.#deletes) statement.run(id, clientId) }

  write({ namespace: { id, sessions }, session, topic }: Change): void {
    const { clientId, isPersistent, expiryMs, endedAt, subscriptions, incoming, reader } = session
    if (sessions.get(clientId) !== session) return // it has ended since
    if (topic !== undefined) {
      const after = subscriptions.get(topic)?.after
      if (after !== undefined) this.#move.run(id, clientId, topic, after)
      return
    }
    this.remove(id, clientId)
    if (isPersistent) this.#put.run(id, clientId, expiryMs, endedAt ?? null, JSON.stringify([...subscriptions]), JSON.stringify([...incoming]), reader ? 1 : 0)
  }
}

function markWritten(session: Session): void {
  session.isDirty = false
  session.isOnDisk = session.isPersistent
  session.reader?.moved.clear()
}

function changesIn({ namespaces }: World): readonly Change[] {
  const changes: Change[] = []
  for (const namespace of namespaces.values()) for (const session of namespace.sessions.values()) {
    if (session.isDirty && (session.isPersistent || session.isOnDisk)) changes.push({ namespace, session })
    else if (session.isOnDisk && session.reader) for (const topic of session.reader.moved) changes.push({ namespace, session, topic })
  }
  return changes
}
