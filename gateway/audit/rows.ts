// Rows that came into the log one after the other: the n-th entry tells of the n-th row, also where what it told was erased.
import type { DatabaseSync } from 'node:sqlite'
import { differs } from '#gateway/audit/differs.ts'
import type { Book } from '#gateway/transparency/audit.ts'
import type { StoredEntry } from '#gateway/transparency/store.ts'

export type Payload = Readonly<Record<string, unknown>>

export abstract class Rows<Row> implements Book {
  abstract readonly kinds: readonly string[]
  readonly #rows: Iterator<Row>

  /** Those of which the log knows. */
  constructor(rows: Iterable<Row>) { this.#rows = rows[Symbol.iterator]() }

  entry(entry: StoredEntry): void {
    const next = this.#rows.next() as IteratorResult<Row, undefined>
    if (next.done === true) throw differs(`what entry ${entry.index} (${entry.kind}) tells of`, 'is not there')
    this.check(next.value, entry)
  }

  end(): void {
    const next = this.#rows.next() as IteratorResult<Row, undefined>
    if (next.done !== true) throw differs(this.nameOf(next.value), 'stands in no entry')
  }

  protected abstract nameOf(row: Row): string
  /** Throws where an entry tells something else than its row; one that was erased tells nothing. */
  protected abstract check(row: Row, entry: StoredEntry): void
}

/** Of an entry that tells nothing any more: what it was about has to be gone from the books as well. */
export function erased(what: string, index: number, isGone: boolean): void {
  if (!isGone) throw differs(what, `was not erased, and entry ${index} was`)
}

/** How many rows of a kind are older than the log. */
export function unlogged(database: DatabaseSync, rows: 'consent_events' | 'usage_records' | 'transfers'): number {
  return Number(metaOf(database, `unlogged_${rows}`) ?? 0)
}

export function metaOf(database: DatabaseSync, key: string): string | undefined { return database.prepare('SELECT value FROM meta WHERE key = ?').get(key)?.['value'] as string | undefined }
