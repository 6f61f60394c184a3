// The state database: of a version that this Sluice knows, and sound; in it the transparency log, unchanged.
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { fault, ok, warning, type Answer, type Finding } from '#cli/doctor/check.ts'
import type { Facts } from '#cli/doctor/facts.ts'
import { audit } from '#gateway/audit/audit.ts'
import { parsePublicKeys, type PublicKeys } from '#gateway/proof/public-keys.ts'
import { SigningKey, SIGNING_KEY_FILE } from '#gateway/proof/signing-key.ts'
import { STATE_FILE } from '#gateway/state/database.ts'
import { SCHEMA_VERSION } from '#gateway/state/migrations.ts'
import { readSnapshot } from '#gateway/state/snapshot.ts'
import { readHeadFile } from '#gateway/transparency/head-file.ts'

/** It is looked at in a copy; a larger one would take longer than a doctor should. */
export const COPIED_BYTES_MAX = 512 << 20
const TRANSPARENCY = 'transparency log'

export function state({ data, isHeld }: Facts): Answer {
  const size = statSync(join(data, STATE_FILE), { throwIfNoEntry: false })?.size
  if (size === undefined || isHeld) return []
  if (size > COPIED_BYTES_MAX) return warning(`${STATE_FILE} has ${size} bytes: it was not looked into`, 'A start says whether it is sound.')
  try {
    return readSnapshot(data, database => {
      const pragma = (name: string, call = name): unknown => database.prepare(`PRAGMA ${call}`).get()?.[name]
      const version = Number(pragma('user_version')), judgement = judged(version, String(pragma('quick_check', 'quick_check(1)')))
      return judgement.state === 'ok' && version === SCHEMA_VERSION ? [judgement, transparency(data, database)] : judgement
    })
  } catch (error) {
    return damaged((error as Error).message)
  }
}

function judged(version: number, soundness: string): Finding {
  if (version > SCHEMA_VERSION) {
    const found = `${STATE_FILE} has schema version ${version}, and this Sluice knows ${SCHEMA_VERSION}: a newer one wrote it`
    return fault(found, 'Start the newer Sluice that wrote it, or restore a backup.')
  }
  if (soundness !== 'ok') return damaged(soundness)
  return ok(`schema version ${version}, sound${version < SCHEMA_VERSION ? `; a start brings it to ${SCHEMA_VERSION}` : ''}`)
}

/** All of the transparency log, and of what it tells of. */
function transparency(data: string, database: DatabaseSync): Finding {
  try {
    const beside = readHeadFile(data), { entries, erased } = audit(database, { keys: publicKeysOf(data), kept: beside ? [beside] : [] })
    return ok(`${entries} entries, none of them changed${erased > 0 ? `; what ${erased} of them hid was erased` : ''}`, TRANSPARENCY)
  } catch (error) {
    return fault((error as Error).message, 'Keep a copy of the data directory, and restore a backup: what was shown to others is held against the log.', TRANSPARENCY)
  }
}

/** A key that cannot be used is another check's. */
function publicKeysOf(data: string): PublicKeys | undefined {
  if (!existsSync(join(data, SIGNING_KEY_FILE))) return undefined
  try { return parsePublicKeys(JSON.stringify(SigningKey.open(data).jwk)) } catch { return undefined }
}

function damaged(why: string): Finding {
  return fault(`${STATE_FILE} is damaged (${why})`, 'Keep a copy of it, restore a backup, and have the disk looked at.')
}
