// The newest head beside the database: whoever puts an older database in its place, or cuts the log behind a head and takes the head out of
// its table, has to know of this file as well. Whoever does can only be found by heads that others keep.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SignedHead } from '#gateway/proof/head.ts'
import { broken } from '#gateway/transparency/broken.ts'
import { parseDocument } from '#gateway/transparency/documents.ts'

export const HEAD_FILE = 'transparency.head'

/** Undefined where there is none, or a power cut has left it empty. Throws UNAVAILABLE for what is no head. */
export function readHeadFile(directory: string): SignedHead | undefined {
  const path = join(directory, HEAD_FILE), text = existsSync(path) ? readFileSync(path, 'utf8').trimEnd() : ''
  if (text === '') return undefined
  const document = parseDocument(text)
  if (document?.kind !== 'head') throw broken(undefined, `${HEAD_FILE} holds no head`)
  return document.head
}

/** There as a whole or not at all; nobody waits for the disk, which has the same head in the database already. */
export function writeHeadFile(directory: string, head: SignedHead): void {
  const path = join(directory, HEAD_FILE), temporary = `${path}.new`
  writeFileSync(temporary, `${JSON.stringify(head)}\n`, { mode: 0o600 })
  renameSync(temporary, path)
}
