// What is known of an erasure, while it is under way and for ever: whom it concerned is a salted hash, which only those can tell who know the
// id, so that an older backup that is restored can be rid of them again.
import { hash, randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'

/** What became of readings that the history keeps: it had none, they are gone, or its database does not answer. */
export type HistoryErasure = 'none' | 'erased' | 'pending'
export type Requester = 'owner' | 'operator' | 'restore'

export interface Erasure {
  readonly id: string
  readonly salt: Buffer
  /** SHA-256 of the salt and the owner's id. */
  readonly subject: Buffer
  /** The name under which the books keep what the owner earned. */
  readonly alias: string
  readonly requestedBy: Requester
  readonly begunAt: number
  /** As long as anything of theirs is left in the state. */
  readonly ownerId?: string
  /** Consents by which the history may keep readings still. */
  readonly history: readonly string[]
  /** Rows and messages by what they are. */
  readonly erased: Readonly<Record<string, number>>
  readonly finishedAt?: number
  /** A signed statement. */
  readonly receipt?: string
}

const SALT_BYTES = 16

export function subjectOf(ownerId: string, salt: Uint8Array): Buffer { return Buffer.from(hash('sha256', Buffer.concat([salt, Buffer.from(ownerId)]), 'hex'), 'hex') }

/** Notes that an erasure has begun: on disk when this returns. `again`: one that was done before, on a state that did not know of it. */
export function beginErasure(database: DatabaseSync, { id, ownerId, alias, requestedBy, begunAt }: Pick<Erasure, 'id' | 'alias' | 'requestedBy' | 'begunAt'> & { readonly ownerId: string }): void {
  const salt = randomBytes(SALT_BYTES)
  database.prepare("INSERT INTO erasures VALUES (?, ?, ?, ?, ?, ?, ?, '[]', '{}', NULL, NULL)").run(id, salt, subjectOf(ownerId, salt), alias, requestedBy, begunAt, ownerId)
}

/** All that were ever begun, in that order. */
export function listErasures(database: DatabaseSync): readonly Erasure[] {
  return (database.prepare('SELECT * FROM erasures ORDER BY begun_at, rowid').all() as unknown as Row[]).map(fromRow)
}

interface Row {
  id: string, salt: Uint8Array, subject: Uint8Array, alias: string, requested_by: Requester, begun_at: number, owner_id: string | null
  history: string, erased: string, finished_at: number | null, receipt: string | null
}

function fromRow({ id, salt, subject, alias, requested_by, begun_at, owner_id, history, erased, finished_at, receipt }: Row): Erasure {
  return {
    id, salt: Buffer.from(salt), subject: Buffer.from(subject), alias, requestedBy: requested_by, begunAt: begun_at,
    history: JSON.parse(history) as string[], erased: JSON.parse(erased) as Record<string, number>,
    ...(owner_id !== null && { ownerId: owner_id }), ...(finished_at !== null && { finishedAt: finished_at }), ...(receipt !== null && { receipt }),
  }
}
