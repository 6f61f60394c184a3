// What a backup says of itself, behind all that it holds: without its last word it is no backup.
import { notWhole } from '#gateway/backup/tar-reader.ts'
import { GatewayError } from '#gateway/errors.ts'
import { SEGMENT_NAME } from '#gateway/journal/segment.ts'
import { MASTER_KEY_FILE } from '#gateway/parties/vault.ts'
import { SIGNING_KEY_FILE } from '#gateway/proof/signing-key.ts'
import { STATE_FILE } from '#gateway/state/database.ts'
import { SCHEMA_VERSION } from '#gateway/state/migrations.ts'

export const MANIFEST_FILE = 'manifest.json'
export const JOURNAL_FOLDER = 'journal'
/** Of the archive: which files there are, and what this document says. */
export const FORMAT = 1
/** Of a manifest: room for the segments of a journal of a terabyte. */
export const MANIFEST_BYTES_MAX = 16 << 20

export interface ManifestFile {
  readonly name: string
  readonly bytes: number
  /** In hexadecimal. */
  readonly sha256: string
}

export interface Manifest {
  readonly format: number
  /** Of the Sluice that wrote it. */
  readonly sluiceVersion: string
  readonly schemaVersion: number
  /** RFC 3339: the moment that all of it shows. */
  readonly createdAt: string
  /** How many the journal keeps. */
  readonly messages: number
  /** In the order of the archive. */
  readonly files: readonly ManifestFile[]
}

/** Whether a backup may hold a file of this name. */
export function isKnown(name: string): boolean {
  if (name === STATE_FILE || name === MASTER_KEY_FILE || name === SIGNING_KEY_FILE) return true
  const folder = `${JOURNAL_FOLDER}/`
  return name.startsWith(folder) && SEGMENT_NAME.test(name.slice(folder.length))
}

/** Throws BAD_REQUEST for what is no manifest, or that of a newer Sluice. */
export function parseManifest(text: string): Manifest {
  const manifest = parsed(text)
  if (manifest.format > FORMAT || manifest.schemaVersion > SCHEMA_VERSION) {
    throw new GatewayError('BAD_REQUEST', `A newer Sluice (${manifest.sluiceVersion}) wrote this backup: restore it with that one.`)
  }
  return manifest
}

function parsed(text: string): Manifest {
  try {
    const { format, sluiceVersion, schemaVersion, createdAt, messages, files } = JSON.parse(text) as Partial<Manifest>
    const areNumbers = [format, schemaVersion, messages].every(Number.isSafeInteger)
    if (areNumbers && typeof sluiceVersion === 'string' && typeof createdAt === 'string' && Array.isArray(files) && files.every(isFile)) {
      return { format, sluiceVersion, schemaVersion, createdAt, messages, files } as Manifest
    }
  } catch { /* no JSON, or null */ }
  throw notWhole(`its ${MANIFEST_FILE} is none`)
}

function isFile(file: unknown): file is ManifestFile {
  const { name, bytes, sha256 } = (file ?? {}) as Partial<ManifestFile>
  return typeof name === 'string' && Number.isSafeInteger(bytes) && typeof sha256 === 'string'
}
