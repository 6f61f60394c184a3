// Checks an export as its owner has it, by the gateway's public key alone.
import { createHash } from 'node:crypto'
import { readTar } from '#gateway/backup/tar-reader.ts'
import type { PublicKeys } from '#gateway/proof/public-keys.ts'
import { checkStatement } from '#gateway/proof/statement.ts'
import { EXPORT_MANIFEST, type ExportedFile } from '#gateway/rights/portability.ts'

/** Of a manifest: room for a year of readings in files of a mebibyte. */
const MANIFEST_BYTES_MAX = 64 << 20
/** Where a tar archive says that it is one. */
const MAGIC = 'ustar', MAGIC_AT = 257

export function isArchive(head: Buffer): boolean { return head.toString('latin1', MAGIC_AT, MAGIC_AT + MAGIC.length) === MAGIC }

export interface ExportVerdict { readonly owner: string, readonly createdAt: string, readonly files: number }

/** Throws an Error that says what is wrong with it: cut off, changed, or signed by nobody who is known here. */
export async function verifyExport(source: AsyncIterable<Uint8Array>, keys: PublicKeys): Promise<ExportVerdict> {
  const found: ExportedFile[] = []
  let manifest: string | undefined
  for await (const { name, bytes, content } of readTar(source)) {
    if (manifest !== undefined) throw new Error(`${name} stands behind its ${EXPORT_MANIFEST}`)
    if (name === EXPORT_MANIFEST && bytes > MANIFEST_BYTES_MAX) throw new Error(`its ${EXPORT_MANIFEST} has more than ${MANIFEST_BYTES_MAX} bytes`)
    const hash = createHash('sha256'), chunks: Buffer[] = []
    for await (const chunk of content) {
      hash.update(chunk)
      if (name === EXPORT_MANIFEST) chunks.push(chunk)
    }
    if (name === EXPORT_MANIFEST) manifest = Buffer.concat(chunks).toString().trim()
    else found.push({ name, bytes, sha256: hash.digest('hex') })
  }
  if (manifest === undefined) throw new Error(`it has no ${EXPORT_MANIFEST}`)
  const fault = checkStatement(manifest, keys)
  if (fault !== undefined) throw new Error(`its ${EXPORT_MANIFEST} is not signed by one of the keys given (${fault})`)
  const { type, owner, createdAt, files } = JSON.parse(manifest) as { type: string, owner: string, createdAt: string, files: readonly ExportedFile[] }
  const changed = type !== 'PortabilityExport' ? EXPORT_MANIFEST : found.find((file, n) => JSON.stringify(file) !== JSON.stringify(files[n]))?.name ?? files[found.length]?.name
  if (changed !== undefined) throw new Error(`${changed} is not what was signed, or missing`)
  return { owner, createdAt, files: files.length }
}
