// A backup cannot be changed: who was erased since is in it. With the list of erasures they are found by their hashes, and erased again.
import type { DatabaseSync } from 'node:sqlite'
import { subjectOf, type Requester } from '#gateway/rights/erasure.ts'
import { openState, transaction } from '#gateway/state/database.ts'

/** An erasure as an operator's list tells of it. */
export interface ListedErasure {
  readonly erasureId: string
  readonly requestedBy: Requester
  readonly begunAt: string
  readonly finishedAt?: string
  /** Base64. */
  readonly salt: string
  /** Hexadecimal. */
  readonly subject: string
  readonly pseudonym: string
  readonly receipt?: object
}

/** Throws a TypeError or SyntaxError for what is no such list. */
export function parseErasures(text: string): readonly ListedErasure[] {
  const list = JSON.parse(text) as unknown
  if (!Array.isArray(list)) throw new TypeError('it is no list')
  for (const each of list as Partial<Record<keyof ListedErasure, unknown>>[]) {
    const isOne = [each.erasureId, each.requestedBy, each.begunAt, each.salt, each.subject, each.pseudonym].every(member => typeof member === 'string')
    if (!isOne || !/^[0-9a-f]{64}$/.test(each.subject as string) || Number.isNaN(Date.parse(each.begunAt as string))) throw new TypeError('an entry is no erasure')
  }
  return list as ListedErasure[]
}

/** Notes in a state that nobody holds what is to be erased again: its first start does it, before anybody comes in. Gives how many owners. */
export function eraseAgain(directory: string, list: readonly ListedErasure[]): number {
  if (list.length === 0) return 0
  const database = openState(directory)
  try {
    return transaction(database, () => list.reduce((count, erasure) => count + note(database, erasure), 0))
  } finally {
    database.close()
  }
}

/** Of those who are not in it, too, the list goes on; what the state itself knows of their erasure stays. */
function note(database: DatabaseSync, { erasureId, requestedBy, begunAt, finishedAt, salt, subject, pseudonym, receipt }: ListedErasure): number {
  const bytes = Buffer.from(salt, 'base64'), owners = database.prepare("SELECT id FROM parties WHERE role = 'owner'").all().map(({ id }) => id as string)
  const found = owners.find(id => subjectOf(id, bytes).toString('hex') === subject), isOver = found === undefined && finishedAt !== undefined
  database.prepare(`INSERT OR ${found === undefined ? 'IGNORE' : 'REPLACE'} INTO erasures VALUES (?, ?, ?, ?, ?, ?, ?, '[]', '{}', ?, ?)`).run(
    erasureId, bytes, Buffer.from(subject, 'hex'), pseudonym, found === undefined ? requestedBy : 'restore', Date.parse(begunAt), found ?? null,
    isOver ? Date.parse(finishedAt) : null, isOver && receipt ? JSON.stringify(receipt) : null)
  return found === undefined ? 0 : 1
}
