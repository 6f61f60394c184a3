// The newest head that was signed, as the database keeps it: what the log is held against when it is opened.
import { verify } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { headText, TRANSPARENCY_SCHEME, type SignedHead } from '#gateway/proof/head.ts'
import { parseHead } from '#gateway/proof/proof.ts'
import type { PublicKeys } from '#gateway/proof/public-keys.ts'
import { broken } from '#gateway/transparency/broken.ts'

/** Undefined where none was signed. Throws UNAVAILABLE for what is no head. */
export function readHead(database: DatabaseSync): SignedHead | undefined {
  const row = database.prepare('SELECT time, kid, size, root, signature FROM transparency_head').get()
  if (!row) return undefined
  const head = parseHead({ ...row, scheme: TRANSPARENCY_SCHEME })
  if (!head) throw broken(undefined, 'its newest head is none')
  return head
}

export function writeHead(database: DatabaseSync, { time, kid, size, root, signature }: SignedHead): void {
  database.prepare('INSERT OR REPLACE INTO transparency_head VALUES (1, ?, ?, ?, ?, ?)').run(time, kid, size, root, signature)
}

/** Throws UNAVAILABLE. `name`: of the head, in what is said. */
export function checkSignature(head: SignedHead, keys: PublicKeys, name = 'the newest head'): void {
  const key = keys.get(head.kid)
  if (!key) throw broken(undefined, `${name} is by another key`)
  if (!verify(null, Buffer.from(headText(head)), key, Buffer.from(head.signature, 'base64'))) throw broken(undefined, `the signature of ${name} is wrong`)
}
