// The state of one gateway: a SQLite file that only one process holds, at full sync, migrated forward when it is opened.
import { existsSync, mkdirSync, chmodSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '#gateway/errors.ts'
import { MIGRATIONS, SCHEMA_VERSION } from '#gateway/state/migrations.ts'

export const STATE_FILE = 'state.db'

/**
 * Opens DIR/state.db and holds it exclusively: the operating system's lock on it is the lock of the data directory, and goes with the process.
 * Throws UNAVAILABLE when another process holds it, a newer Sluice wrote it, or it is no directory for a database.
 */
export function openState(directory: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const file = join(directory, STATE_FILE), isNew = !existsSync(file)
    database = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 0 })
    // The mode comes first: entering WAL under an exclusive lock needs no shared memory file.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON')
    if (isNew) chmodSync(file, 0o600)
    migrate(database)
    return database
  } catch (error) {
    database?.close()
    throw error instanceof GatewayError ? error : explained(error as Error, directory)
  }
}

function migrate(database: DatabaseSync): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  if (version > SCHEMA_VERSION) {
    throw new GatewayError('UNAVAILABLE', `The data directory has schema version ${version}, and this Sluice knows ${SCHEMA_VERSION}: start the newer Sluice that wrote it, or restore a backup.`)
  }
  transaction(database, () => {
    for (const step of MIGRATIONS.slice(version)) database.exec(step)
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`)
  })
}

/** Runs `work` in one transaction: all of it is on disk when this returns, or none of it where it throws. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    // A full disk has rolled back by itself: what went wrong first is what is told.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function explained(cause: Error, directory: string): GatewayError {
  const problem = /locked|busy/i.test(cause.message)
    ? `Another gateway holds the data directory ${directory}: stop it`
    : `The data directory ${directory} cannot be used (${cause.message}): mend it`
  return new GatewayError('UNAVAILABLE', `${problem}, or choose another with --data.`, { cause })
}
