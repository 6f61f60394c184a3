// Consent events: each entry has the hash of their chain up to it, and so a chain that was written anew as a whole is another.
import type { DatabaseSync } from 'node:sqlite'
import { differs } from '#gateway/audit/differs.ts'
import { erased, metaOf, Rows, unlogged, type Payload } from '#gateway/audit/rows.ts'
import type { StoredEntry } from '#gateway/transparency/store.ts'

interface Row { readonly seq: number, readonly consent_id: string, readonly hash: Uint8Array, readonly is_open: number }

export class ConsentRows extends Rows<Row> {
  readonly kinds = ['consent']

  /** Of before both were erased together. */
  readonly #erasedAlone: ReadonlySet<number>

  constructor(database: DatabaseSync) {
    const rows = database.prepare('SELECT seq, consent_id, hash, payload IS NOT NULL AS is_open FROM consent_events LEFT JOIN consent_payloads USING (seq) WHERE seq > ? ORDER BY seq')
    super(rows.iterate(unlogged(database, 'consent_events')) as Iterable<unknown> as Iterable<Row>)
    this.#erasedAlone = new Set(JSON.parse(metaOf(database, 'consent_events_erased_alone') ?? '[]') as number[])
  }

  protected nameOf({ seq }: Row): string { return `consent event ${seq}` }

  /** The id of a consent is gone from its events where it was erased. */
  protected check(row: Row, { payload, index }: StoredEntry): void {
    if (payload === undefined) return erased(this.nameOf(row), index, row.is_open === 0)
    const { sequence, eventHash, consentId } = JSON.parse(payload) as Payload, isSame = consentId === row.consent_id || row.consent_id === ''
    if (row.is_open === 0 && !this.#erasedAlone.has(row.seq)) throw differs(this.nameOf(row), `has no payload, and entry ${index} was not erased`)
    if (sequence !== row.seq || eventHash !== Buffer.from(row.hash).toString('hex') || !isSame) throw differs(this.nameOf(row), `is another than that of entry ${index}`)
  }
}
