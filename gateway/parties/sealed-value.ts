// Secrets that this gateway makes for itself, and keeps sealed in its state: a backup of that has them too, and they say nothing without its key.
import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Vault } from '#gateway/parties/vault.ts'

export const SECRET_BYTES = 32

/** The secret of a name: made when it is asked for the first time, and the same ever after. Throws UNAVAILABLE where it does not open. */
export function secretOf(name: string, database: DatabaseSync, vault: Vault): Buffer {
  const known = database.prepare('SELECT sealed FROM secrets WHERE name = ?').get(name)
  if (known) return vault.open(known['sealed'] as Uint8Array)
  const secret = randomBytes(SECRET_BYTES)
  database.prepare('INSERT INTO secrets VALUES (?, ?)').run(name, vault.seal(secret))
  return secret
}
