// The part of an erasure that is the state's: what is the owner's goes in one transaction, and then out of the database's file as well.
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Erasure } from '#gateway/rights/erasure.ts'
import { CHANGES, CHANGES_BEFORE, DELETED } from '#gateway/rights/holdings.ts'
import { transaction } from '#gateway/state/database.ts'
import type { TransparencyLog } from '#gateway/transparency/transparency-log.ts'

/** Deletes and changes all rows of an owner. `addressed`: consents of others that name them, or are on streams of theirs. Gives how many rows of each table are gone. */
export function clearState(database: DatabaseSync, transparency: Pick<TransparencyLog, 'erase' | 'eraseTold'>, { id, alias }: Erasure, owner: string, addressed: readonly string[], history: readonly string[], messages: number): Record<string, number> {
  const run = (sql: string): number => Number(database.prepare(sql).run(namedIn(sql, { owner, alias })).changes)
  return transaction(database, () => {
    const erased: Record<string, number> = { messages, consents: consentsOf(database, owner) }
    const payloads = database.prepare('DELETE FROM consent_payloads WHERE seq IN (SELECT seq FROM consent_events WHERE consent_id = ?)')
    let entries = 0
    for (const consentId of addressed) {
      payloads.run(consentId)
      entries += transparency.eraseTold('consent', 'consentId', consentId)
    }
    for (const seq of actionsNaming(database, owner)) entries += transparency.eraseTold('action', 'sequence', seq)
    for (const sql of CHANGES_BEFORE) run(sql)
    for (const { table, where } of DELETED) erased[table] = run(`DELETE FROM ${table} WHERE ${where}`)
    for (const sql of CHANGES) run(sql)
    erased['transparency_payloads'] = entries + transparency.erase(owner)
    database.prepare('UPDATE erasures SET owner_id = NULL, history = ?, erased = ? WHERE id = ?').run(JSON.stringify(history), JSON.stringify(erased), id)
    return erased
  })
}

/**
 * Deleted rows are overwritten when they go (`secure_delete`), and not what a page held before its rows were moved: the file is written anew,
 * and the write-ahead log emptied. Holds everybody up for as long as that takes.
 */
export function compactState(database: DatabaseSync): void {
  database.exec('PRAGMA wal_checkpoint(TRUNCATE); VACUUM; PRAGMA wal_checkpoint(TRUNCATE)')
}

function consentsOf(database: DatabaseSync, owner: string): number {
  const count = 'SELECT count(DISTINCT consent_id) AS count FROM consent_events JOIN consent_payloads USING (seq) WHERE owner_id = ?'
  return Number(database.prepare(count).get(owner)!['count'])
}

/** Actions of operators about somebody else that name them: what is erased here is erased in the log. */
function actionsNaming(database: DatabaseSync, owner: string): readonly number[] {
  const { where } = DELETED.find(({ table }) => table === 'operator_action_payloads')!
  return database.prepare(`SELECT seq FROM operator_action_payloads WHERE ${where}`).all({ owner }).map(row => row['seq'] as number)
}

/** The parameters that a statement has. */
function namedIn(sql: string, values: Readonly<Record<string, SQLInputValue>>): Record<string, SQLInputValue> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => sql.includes(`:${name}`)))
}
