// What operators did: each entry has the hash of their chain up to it.
import type { DatabaseSync } from 'node:sqlite'
import { differs } from '#gateway/audit/differs.ts'
import { erased, Rows, type Payload } from '#gateway/audit/rows.ts'
import { checkedActions, unloggedActions, type ActionRow } from '#gateway/parties/operator-actions.ts'
import type { StoredEntry } from '#gateway/transparency/store.ts'

export class ActionRows extends Rows<ActionRow> {
  readonly kinds = ['action']

  /** Those that wait for the next start to be taken in are not told of yet. */
  constructor(database: DatabaseSync) { super(checkedActions(database, unloggedActions(database))) }

  protected nameOf({ seq }: ActionRow): string { return `the action of an operator with number ${seq}` }

  protected check(row: ActionRow, { payload, index }: StoredEntry): void {
    if (payload === undefined) return erased(this.nameOf(row), index, row.payload === null)
    if (row.payload === null) throw differs(this.nameOf(row), `has no payload, and entry ${index} was not erased`)
    const { sequence, actionHash } = JSON.parse(payload) as Payload
    if (sequence !== row.seq || actionHash !== Buffer.from(row.hash).toString('hex')) throw differs(this.nameOf(row), `is another than that of entry ${index}`)
  }
}
