// From a backup to a data directory: all of it is proved beside the place where it will be, and then it is there at once.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { readArchive } from '#gateway/backup/archive.ts'
import { inspect, type Figures } from '#gateway/backup/inspect.ts'
import { JOURNAL_FOLDER, type Manifest } from '#gateway/backup/manifest.ts'
import { GatewayError } from '#gateway/errors.ts'
import { diskStorage } from '#gateway/journal/disk-storage.ts'

export interface RestoreOptions {
  readonly file: string
  /** Is not there, or empty. */
  readonly directory: string
  /** Told now and then which part of the file is read, from 0 to 1. */
  readonly onProgress: (share: number) => void
  /** Told of the folder when it has been proved, before it is the data directory: the last word on what is in it. */
  readonly prepare?: (folder: string) => void
}

export interface Restored extends Figures, Pick<Manifest, 'createdAt' | 'sluiceVersion'> {
  readonly data: string
}

/**
 * Makes a data directory out of a backup. Until this resolves there is none, only a folder of another name beside it, which goes where this
 * throws: NOT_FOUND, CONFLICT (the directory is not empty), BAD_REQUEST (no whole backup), UNAVAILABLE.
 */
export async function restore({ file, directory, onProgress, prepare = () => {} }: RestoreOptions): Promise<Restored> {
  const data = resolve(directory)
  assertEmpty(data)
  const source = await openBackup(file)
  try {
    await mkdir(dirname(data), { recursive: true })
    const folder = await mkdtemp(`${data}.part-`)
    try {
      const { createdAt, sluiceVersion } = await unpack(source, folder, onProgress)
      const figures = await inspect(folder)
      prepare(folder)
      await settle(folder, data)
      return { data, createdAt, sluiceVersion, ...figures }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  } catch (error) {
    if (error instanceof GatewayError) throw error
    const { message } = error as Error
    throw new GatewayError('UNAVAILABLE', `Nothing was restored (${message}): mend that, and try again.`, { cause: error })
  } finally {
    await source.close()
  }
}

function assertEmpty(directory: string): void {
  const isFree = !existsSync(directory) || (statSync(directory).isDirectory() && readdirSync(directory).length === 0)
  if (!isFree) throw new GatewayError('CONFLICT', `${directory} is no empty directory: move it away, or name a new one.`)
}

async function openBackup(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r')
  } catch (error) {
    throw new GatewayError('NOT_FOUND', `There is no backup to be read at ${file} (${(error as Error).message}).`, { cause: error })
  }
}

async function unpack(source: FileHandle, folder: string, onProgress: (share: number) => void): Promise<Manifest> {
  const { size } = await source.stat()
  await mkdir(join(folder, JOURNAL_FOLDER), { mode: 0o700 })
  const bytes = watched(source.createReadStream({ autoClose: false }), read => onProgress(read / size))
  return readArchive(bytes, (name, content) => write(join(folder, name), content))
}

async function* watched(source: AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array, void> {
  let bytes = 0
  for await (const chunk of source) {
    yield chunk
    onBytes(bytes += chunk.length)
  }
}

/** The name is one that a backup may hold. */
async function write(path: string, content: AsyncIterable<Buffer>): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const chunk of content) await file.appendFile(chunk)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A directory that is there and empty is replaced by the system in one step; one that has become full, or is a disk of its own, is not. */
async function settle(folder: string, data: string): Promise<void> {
  await diskStorage.syncDirectory(join(folder, JOURNAL_FOLDER))
  await diskStorage.syncDirectory(folder)
  try {
    await rename(folder, data)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const isDisk = code === 'EBUSY' || code === 'EXDEV'
    const advice = isDisk ? 'is a disk of its own: name a directory in it' : `cannot be put in place (${message}): name another directory`
    throw new GatewayError('CONFLICT', `${data} ${advice}.`, { cause: error })
  }
  await diskStorage.syncDirectory(dirname(data))
}
