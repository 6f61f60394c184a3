// How far the history has come, on disk: the last message of each stream that the store has kept, and the consents whose readings it has
// forgotten.
import type { DatabaseSync } from 'node:sqlite'
import { transaction } from '#gateway/state/database.ts'

export class Cursors {
  readonly #database: DatabaseSync
  readonly #byStream = new Map<number, string>()
  readonly #unwritten = new Map<number, string>()
  readonly #erased = new Set<string>()

  constructor(database: DatabaseSync) {
    this.#database = database
    for (const { stream_number, message_id } of database.prepare('SELECT * FROM history_cursors').all() as unknown as { stream_number: number, message_id: string }[]) this.#byStream.set(stream_number, message_id)
    for (const { consent_id } of database.prepare('SELECT consent_id FROM history_erasures').all() as unknown as { consent_id: string }[]) this.#erased.add(consent_id)
  }

  of(streamNumber: number): string | undefined { return this.#byStream.get(streamNumber) }

  advance(streamNumber: number, messageId: string): void {
    this.#byStream.set(streamNumber, messageId)
    this.#unwritten.set(streamNumber, messageId)
  }

  /** A stream whose row is gone: it was erased. */
  forget(streamNumber: number): void {
    this.#byStream.delete(streamNumber)
    this.#unwritten.delete(streamNumber)
  }

  /** Writes down how far it has come; what is lost of it is written to the store once more. */
  flush(): void {
    if (this.#unwritten.size === 0) return
    const put = this.#database.prepare('INSERT INTO history_cursors VALUES (?, ?) ON CONFLICT (stream_number) DO UPDATE SET message_id = excluded.message_id')
    transaction(this.#database, () => { for (const [number, messageId] of this.#unwritten) put.run(number, messageId) })
    this.#unwritten.clear()
  }

  isErased(consentId: string): boolean { return this.#erased.has(consentId) }

  noteErased(consentId: string, at: number): void {
    this.#database.prepare('INSERT OR IGNORE INTO history_erasures VALUES (?, ?)').run(consentId, at)
    this.#erased.add(consentId)
  }
}
