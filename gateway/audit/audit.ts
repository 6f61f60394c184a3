// The transparency log and all that it tells of: the log in itself, and then each row of the books against its entry, both ways.
import type { DatabaseSync } from 'node:sqlite'
import { ActionRows } from '#gateway/audit/action-rows.ts'
import { AgreementBook, KnownAgreements } from '#gateway/audit/agreements.ts'
import { ConsentRows } from '#gateway/audit/consent-rows.ts'
import { differs } from '#gateway/audit/differs.ts'
import { TransferRows } from '#gateway/audit/transfer-rows.ts'
import { UsageRows } from '#gateway/audit/usage-rows.ts'
import { audit as auditLog, type AuditOptions, type Audited } from '#gateway/transparency/audit.ts'

/** Reads all of it, as long as that takes; payloads of consent events are held against their chain by `ConsentChain`. Throws UNAVAILABLE for the first thing that is not as it was written, and names it. */
export function audit(database: DatabaseSync, options: Omit<AuditOptions, 'books'> = {}): Audited {
  const agreements = new KnownAgreements(database)
  const audited = auditLog(database, { ...options, books: [
    new ConsentRows(database), new AgreementBook(database, agreements), new UsageRows(database, agreements), new TransferRows(database, agreements), new ActionRows(database),
  ] })
  checkErasures(database, audited.erased)
  return audited
}

/** What nobody asked to have erased was not erased: whoever hides an entry says so nowhere. */
function checkErasures(database: DatabaseSync, count: number): void {
  const told = database.prepare("SELECT total(json_extract(erased, '$.transparency_payloads')) AS told FROM erasures").get()!['told']
  if (told !== count) throw differs(`what was erased of the log, ${count} entries,`, `is not what the erasures tell of, ${String(told)}`)
}
