// A backup as one stream of bytes: a tar archive of files, and last their manifest, so that a truncated one is no backup.
import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { isKnown, MANIFEST_BYTES_MAX, MANIFEST_FILE, parseManifest, type Manifest, type ManifestFile } from '#gateway/backup/manifest.ts'
import { END, headerOf, paddingOf } from '#gateway/backup/tar.ts'
import { notWhole, readTar, type TarEntry } from '#gateway/backup/tar-reader.ts'
import { MASTER_KEY_FILE } from '#gateway/parties/vault.ts'
import { STATE_FILE } from '#gateway/state/database.ts'

const READ_BYTES = 128 << 10

/** So many first bytes of a file on disk. */
export interface Part { readonly name: string, readonly path: string, readonly bytes: number }

/** Has to read the content to its end. */
export type Take = (name: string, content: AsyncIterable<Buffer>) => Promise<void>

/** Reads no faster than it is read. Throws where a file has become shorter. */
export async function* writeArchive(parts: readonly Part[], about: Omit<Manifest, 'files'>): AsyncGenerator<Buffer, void> {
  const files: ManifestFile[] = [], modifiedAt = Math.floor(Date.parse(about.createdAt) / 1000)
  for (const { name, path, bytes } of parts) {
    const hash = createHash('sha256')
    yield headerOf({ name, bytes, modifiedAt })
    yield* hashed(contentOf(path, bytes), hash)
    yield paddingOf(bytes)
    files.push({ name, bytes, sha256: hash.digest('hex') })
  }
  const manifest = Buffer.from(`${JSON.stringify({ ...about, files } satisfies Manifest)}\n`)
  yield Buffer.concat([headerOf({ name: MANIFEST_FILE, bytes: manifest.length, modifiedAt }), manifest, paddingOf(manifest.length), END])
}

/**
 * Gives the content of each file to `take`. Resolves with the manifest when all of it came as it was written; throws BAD_REQUEST where it
 * did not. What was taken until then may be anything: nobody should see it before.
 */
export async function readArchive(source: AsyncIterable<Uint8Array>, take: Take): Promise<Manifest> {
  const found = new Map<string, ManifestFile>()
  let manifest: Manifest | undefined
  for await (const entry of readTar(source)) {
    const { name, bytes, content } = entry
    if (manifest) throw notWhole(`${name} stands behind its ${MANIFEST_FILE}`)
    if (name === MANIFEST_FILE) manifest = await readManifest(entry)
    else if (!isKnown(name) || found.has(name)) throw notWhole(`nothing in it should be called ${JSON.stringify(name)} (again)`)
    else {
      const hash = createHash('sha256')
      await take(name, hashed(content, hash))
      found.set(name, { name, bytes, sha256: hash.digest('hex') })
    }
  }
  if (!manifest) throw notWhole(`it has no ${MANIFEST_FILE}`)
  compare([...found.values()], manifest)
  return manifest
}

async function readManifest({ bytes, content }: TarEntry): Promise<Manifest> {
  if (bytes > MANIFEST_BYTES_MAX) throw notWhole(`its ${MANIFEST_FILE} has more than ${MANIFEST_BYTES_MAX} bytes`)
  return parseManifest(Buffer.concat(await Array.fromAsync(content)).toString())
}

function compare(found: readonly ManifestFile[], { files }: Manifest): void {
  for (const [n, { name, bytes, sha256 }] of found.entries()) {
    const written = files[n]
    if (name !== written?.name || bytes !== written.bytes || sha256 !== written.sha256) throw notWhole(`${name} is not what was written`)
  }
  const missing = files[found.length]?.name ?? [STATE_FILE, MASTER_KEY_FILE].find(needed => !found.some(({ name }) => name === needed))
  if (missing !== undefined) throw notWhole(`${missing} is missing`)
}

async function* contentOf(path: string, bytes: number): AsyncGenerator<Buffer, void> {
  let left = bytes
  if (left === 0) return
  for await (const chunk of createReadStream(path, { end: bytes - 1, highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>) {
    left -= chunk.length
    yield chunk
  }
  if (left > 0) throw new Error(`${path} has become ${left} bytes shorter`)
}

async function* hashed(content: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer, void> {
  for await (const chunk of content) {
    hash.update(chunk)
    yield chunk
  }
}
