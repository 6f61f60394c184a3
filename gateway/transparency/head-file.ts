// The newest head beside the database: whoever puts an older database in its place, or cuts the log behind a head and takes the head out of
// its table, has to know of this file as well. Whoever does can only be found by heads that others keep.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SignedHead } from '#gateway/proof/head.ts'
import { writePrivateFile } from '#gateway/lib/private-file.ts'
import { broken } from '#gateway/transparency/broken.ts'
import { parseDocument } from '#gateway/transparency/documents.ts'

export const HEAD_FILE = 'transparency.head'

/** Undefined where there is none. Throws UNAVAILABLE for what is no head. */
export function readHeadFile(directory: string): SignedHead | undefined {
  const path = join(directory, HEAD_FILE)
  if (!existsSync(path)) return undefined
  const document = parseDocument(readFileSync(path, 'utf8').trimEnd())
  if (document?.kind !== 'head') throw broken(undefined, `${HEAD_FILE} holds no head`)
  return document.head
}

export function writeHeadFile(directory: string, head: SignedHead): void { writePrivateFile(join(directory, HEAD_FILE), `${JSON.stringify(head)}\n`) }
