// backup and restore: a running gateway into a file, and a file into a data directory.
import { existsSync } from 'node:fs'
import { open, readFile, rename, rm, type FileHandle } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CliError, usageError } from '#cli/errors.ts'
import type { Input } from '#cli/input.ts'
import { interruption } from '#cli/interrupt.ts'
import type { Io } from '#cli/io.ts'
import { Progress } from '#cli/progress.ts'
import { readArchive } from '#gateway/backup/archive.ts'
import type { Manifest } from '#gateway/backup/manifest.ts'
import { restore as restoreFile } from '#gateway/backup/restore.ts'
import { eraseAgain, parseErasures, type ListedErasure } from '#gateway/rights/again.ts'

const MIB = 1 << 20

/** Prints where the backup lies and what it says of itself. Under its name is a whole backup or none. Throws CONFLICT where a file is. */
export async function backup(input: Input, io: Io): Promise<void> {
  const file = resolve(input.text('to') ?? `sluice-backup-${stamp(new Date())}.tar`), part = `${file}.part`
  assertFree(file)
  const client = await io.client(), archive = await client.download('/v1/backup', interruption())
  const { createdAt, sluiceVersion, schemaVersion, messages, bytes } = await save(archive, part).catch(async (error: Error) => {
    archive.destroy()
    await rm(part, { force: true })
    throw new CliError('UNAVAILABLE', `The backup was not kept: ${error.message}`, { cause: error })
  })
  assertFree(file)
  await rename(part, file)
  io.show({ file, bytes, createdAt, sluiceVersion, schemaVersion, messages })
}

/** Works on the gateway's own machine. Throws where the file is no whole backup, or the directory is not empty; there is none then. */
export async function restore(input: Input, io: Io): Promise<void> {
  const progress = new Progress(), file = input.needed('FILE'), known = await erasuresIn(input.text('erasures'))
  let erasedAgain = 0
  const onProgress = (share: number): void => progress.update(share, 'restoring')
  const prepare = (folder: string): void => { erasedAgain = eraseAgain(folder, known) }
  const restored = await restoreFile({ file, directory: input.needed('data'), onProgress, prepare }).finally(() => progress.end())
  io.show({ ...restored, ...known.length > 0 && { erasedAgain } })
}

/** As `sluice erasure list --json` has printed them. */
async function erasuresIn(file: string | undefined): Promise<readonly ListedErasure[]> {
  if (file === undefined) return []
  try {
    return parseErasures(await readFile(file, 'utf8'))
  } catch (error) {
    throw usageError(`${file} holds no list of erasures (${(error as Error).message}): make it with \`sluice erasure list --json\`.`)
  }
}

/** 2027-03-04T05:06:07.089Z → 20270304T050607Z */
function stamp(time: Date): string { return time.toISOString().replaceAll(/[-:]|\.\d+/g, '') }

function assertFree(file: string): void {
  if (existsSync(file)) throw new CliError('CONFLICT', `${file} is there already: say with --to where the backup should be.`)
}

/** Writes and proves it at once: what is wrong with a backup has to be known while there is a gateway to make another. */
async function save(archive: AsyncIterable<Buffer>, path: string): Promise<Manifest & { bytes: number }> {
  await rm(path, { force: true }) // left by a backup that was killed
  const file = await open(path, 'wx', 0o600), progress = new Progress()
  try {
    const manifest = await readArchive(written(archive, file, progress), readThrough)
    await file.sync()
    return { ...manifest, bytes: (await file.stat()).size }
  } finally {
    progress.end()
    await file.close()
  }
}

async function* written(archive: AsyncIterable<Buffer>, file: FileHandle, progress: Progress): AsyncGenerator<Buffer, void> {
  let bytes = 0
  for await (const chunk of archive) {
    await file.appendFile(chunk)
    progress.update(undefined, `${((bytes += chunk.length) / MIB).toFixed(1)} MiB`)
    yield chunk
  }
}

async function readThrough(_name: string, content: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of content) { /* it is hashed as it passes */ }
}
