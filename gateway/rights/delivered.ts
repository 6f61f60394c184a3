// By which consents the messages of a usage record went: read from the delivery digests that stand before it in the transparency log.
import type { DatabaseSync } from 'node:sqlite'
import { consentIdsIn } from '#gateway/decision/standing.ts'

/** Tells it by the number of a usage record; undefined where the log does not tell it of each message. */
export function deliveredIn(database: DatabaseSync): (record: number) => readonly string[] | undefined {
  const entryOf = database.prepare("SELECT number FROM transparency_payloads WHERE json_extract(payload, '$.record') = ?")
  const before = database.prepare('SELECT kind, payload FROM transparency_entries LEFT JOIN transparency_payloads USING (number) WHERE number < ? ORDER BY number DESC')
  return record => {
    const found = new Set<string>(), number = entryOf.get(record)?.['number']
    if (number === undefined) return undefined
    for (const { kind, payload } of before.iterate(number) as Iterable<unknown> as Iterable<{ readonly kind: string, readonly payload: string | null }>) {
      if (kind !== 'delivery') break
      const { consentId } = JSON.parse(payload ?? '{}') as { readonly consentId?: string }
      if (consentId === undefined) return undefined
      for (const id of consentIdsIn(consentId)) found.add(id)
    }
    return found.size === 0 ? undefined : [...found]
  }
}
