// A file that is gone before it is used: it has no name any more when the first byte is written, so that not even a kill leaves it behind.
import { randomBytes } from 'node:crypto'
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export interface TemporaryFile {
  /** Appends; the bytes are on disk when it returns. */
  readonly write: (bytes: Uint8Array) => void
}

/** Throws what the system says where no file can be made there, or nothing be written to it. */
export function withTemporaryFile<T>(directory: string, use: (file: TemporaryFile) => T): T {
  const path = join(directory, `.doctor-${randomBytes(6).toString('hex')}`), handle = openSync(path, 'wx', 0o600)
  try {
    rmSync(path)
    return use({ write: bytes => { writeSync(handle, bytes); fdatasyncSync(handle) } })
  } finally {
    closeSync(handle)
  }
}
