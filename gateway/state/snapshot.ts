// Looks at a state database without writing to its directory: whether somebody holds it, and what is in it.
import { constants, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { STATE_FILE } from '#gateway/state/database.ts'

/** SQLite's result code for a lock of somebody else's (https://sqlite.org/rescode.html#busy). */
const BUSY = 5

/**
 * Whether a process holds the state. Asking for the whole of it, read-only, fails either way and before anything is written: because
 * somebody has it, or because a reader cannot have it. In the process of the gateway itself this would let go of its lock.
 */
export function isStateHeld(directory: string): boolean {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(join(directory, STATE_FILE), { readOnly: true, timeout: 0 })
    database.exec('PRAGMA locking_mode = EXCLUSIVE; SELECT 1 FROM sqlite_schema')
    return false
  } catch (error) {
    return (error as { errcode?: number }).errcode === BUSY
  } finally {
    database?.close()
  }
}

/** Reads a copy of a state that nobody holds, with its write-ahead log. The copy is gone when this returns. Throws for no database. */
export function readSnapshot<T>(directory: string, read: (database: DatabaseSync) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-state-'))
  try {
    const there = [STATE_FILE, `${STATE_FILE}-wal`].filter(name => existsSync(join(directory, name)))
    for (const name of there) copyFileSync(join(directory, name), join(folder, name), constants.COPYFILE_FICLONE)
    const database = new DatabaseSync(join(folder, STATE_FILE))
    try { return read(database) } finally { database.close() }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
