// A data directory, as somebody checks it who does not believe it: its transparency log by the public key and by heads that were kept
// elsewhere, its consents, and its books against the log.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { CliError } from '#cli/errors.ts'
import type { Io } from '#cli/io.ts'
import { audit } from '#gateway/audit/audit.ts'
import { ConsentChain } from '#gateway/consent/chain.ts'
import type { SignedHead } from '#gateway/proof/head.ts'
import type { PublicKeys } from '#gateway/proof/public-keys.ts'
import { STATE_FILE } from '#gateway/state/database.ts'
import { SCHEMA_VERSION } from '#gateway/state/migrations.ts'
import { isStateHeld, readSnapshot } from '#gateway/state/snapshot.ts'
import { readHeadFile } from '#gateway/transparency/head-file.ts'

export function isDataDirectory(path: string): boolean { return existsSync(join(path, STATE_FILE)) }

/** Prints how much there is. Throws NOT_PROVEN for the first thing that is not as it was written, and names it. */
export function verifyDirectory(directory: string, keys: PublicKeys, kept: readonly SignedHead[], io: Io): void {
  if (isStateHeld(directory)) throw new CliError('CONFLICT', `A gateway runs on ${directory}: stop it, or check what \`sluice transparency export\` prints.`)
  const verdict = readSnapshot(directory, database => verdictOn(database, keys, [...kept, ...beside(directory)]))
  if (io.isJson) io.show({ ...verdict, heads: kept.length })
  else io.print(`a data directory: ${verdict.entries} entries of its log, ${verdict.consentEvents} consent events, and the books, proven`)
}

function verdictOn(database: DatabaseSync, keys: PublicKeys, kept: readonly SignedHead[]) {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  if (version !== SCHEMA_VERSION) throw new CliError('CONFLICT', `It has schema version ${version}, and this Sluice knows ${SCHEMA_VERSION}: use the Sluice that wrote it.`)
  const chain = new ConsentChain(database)
  return proven(() => {
    chain.load(() => {})
    return { ...audit(database, { keys, kept }), consentEvents: chain.verify() }
  })
}

function beside(directory: string): readonly SignedHead[] {
  const head = proven(() => readHeadFile(directory))
  return head ? [head] : []
}

function proven<T>(work: () => T): T {
  try { return work() } catch (error) {
    throw new CliError('NOT_PROVEN', (error as Error).message, { cause: error })
  }
}
