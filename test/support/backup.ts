// Backups as tests want them: taken, opened up, changed and closed again.
import { globSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { readArchive, writeArchive } from '#gateway/backup/archive.ts'
import type { Manifest } from '#gateway/backup/manifest.ts'
import { restore, type Restored } from '#gateway/backup/restore.ts'
import type { Users } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

export function requestBackup({ http, operatorKey }: Users, signal?: AbortSignal): Promise<Response> {
  return fetch(`${http}/v1/backup`, { headers: { authorization: `Bearer ${operatorKey}` }, signal })
}

export async function takeBackup(users: Users): Promise<Buffer> {
  const response = await requestBackup(users)
  if (response.status !== 200) throw new Error(`backup: ${response.status} ${await response.text()}`)
  return Buffer.from(await response.arrayBuffer())
}

/** A backup's files in a folder. */
export interface Opened { readonly folder: string, readonly manifest: Manifest }

export async function openUp(archive: Buffer): Promise<Opened> {
  const folder = temporaryFolder()
  const manifest = await readArchive(Readable.from([archive]), async (name, content) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), Buffer.concat(await Array.fromAsync(content)), { mode: 0o600 })
  })
  return { folder, manifest }
}

/** A backup that is whole, of whatever the folder holds now. */
export async function closeUp({ folder, manifest: { files: _, ...about } }: Opened): Promise<Buffer> {
  const parts = globSync('{state.db,master.key,signing.key,journal/*}', { cwd: folder }).map(name => ({ name, path: join(folder, name), bytes: statSync(join(folder, name)).size }))
  return Buffer.concat(await Array.fromAsync(writeArchive(parts, about)))
}

/** Restores into a directory that is not there yet. */
export function restoreArchive(archive: Buffer, directory = join(temporaryFolder(), 'restored')): Promise<Restored> {
  const file = join(temporaryFolder(), 'backup.tar')
  writeFileSync(file, archive)
  return restore({ file, directory, onProgress: () => {} })
}
