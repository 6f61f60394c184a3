import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { readArchive, writeArchive, type Part } from '#gateway/backup/archive.ts'
import { FORMAT, MANIFEST_BYTES_MAX, MANIFEST_FILE, type Manifest } from '#gateway/backup/manifest.ts'
import { END, headerOf, paddingOf } from '#gateway/backup/tar.ts'
import { SCHEMA_VERSION } from '#gateway/state/migrations.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

type Files = Readonly<Record<string, Buffer>>

const ABOUT = { format: FORMAT, sluiceVersion: '0.1.0', schemaVersion: SCHEMA_VERSION, createdAt: '2026-05-04T10:15:30.250Z', messages: 3 }
const FILES: Files = { 'state.db': Buffer.alloc(1_000, 's'), 'master.key': Buffer.alloc(32, 'k'), 'journal/0000000001.seg': Buffer.alloc(512, 'j'), 'journal/0000000002.seg': Buffer.from('j') }

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex')
const manifestOf = (files: readonly (readonly [string, Buffer])[], more: object = {}) => ({ ...ABOUT, files: files.map(([name, content]) => ({ name, bytes: content.length, sha256: sha256(content) })), ...more })
const tarOf = (entries: readonly (readonly [string, Buffer])[]) => Buffer.concat([...entries.flatMap(([name, content]) => [headerOf({ name, bytes: content.length, modifiedAt: 0 }), content, paddingOf(content.length)]), END])
/** An archive whose manifest says what is in it, and something else on top. */
const archiveOf = (entries: readonly (readonly [string, Buffer])[], more: object = {}) => tarOf([...entries, [MANIFEST_FILE, Buffer.from(JSON.stringify(manifestOf(entries, more)))]])
const USUAL = Object.entries(FILES)

async function read(archive: Buffer): Promise<{ manifest: Manifest, files: Files }> {
  const files: Record<string, Buffer> = {}
  const manifest = await readArchive(Readable.from([archive]), async (name, content) => { files[name] = Buffer.concat(await Array.fromAsync(content)) })
  return { manifest, files }
}

const refused = (archive: Buffer, why: RegExp) => assert.rejects(read(archive), { name: 'GatewayError', code: 'BAD_REQUEST', message: why })

function partsOf(files: Files): Part[] {
  const folder = temporaryFolder()
  return Object.entries(files).map(([name, content], n) => {
    const path = join(folder, String(n))
    writeFileSync(path, Buffer.concat([content, Buffer.from('what was appended since')]))
    return { name, path, bytes: content.length }
  })
}

describe('The archive of a backup', () => {
  it('holds the bytes that were named of each file, and a manifest that says so', () => fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 300_000 }), { minLength: 2, maxLength: 4 }), async sizes => {
    const names = Object.keys(FILES), files = Object.fromEntries(sizes.map((size, n) => [names[n]!, Buffer.alloc(size, names[n])]))
    const { manifest, files: found } = await read(Buffer.concat(await Array.fromAsync(writeArchive(partsOf(files), ABOUT))))
    assert.deepEqual(found, files)
    assert.deepEqual(manifest, manifestOf(Object.entries(files)))
  }), { numRuns: 20 }))

  it('breaks off where a file has become shorter than it was', async () => {
    const parts = partsOf(FILES).map(part => ({ ...part, bytes: part.bytes + 100 }))
    await assert.rejects(Array.fromAsync(writeArchive(parts, ABOUT)), /has become 77 bytes shorter/)
  })

  it('is refused when it was cut off anywhere', async () => {
    const archive = archiveOf(USUAL)
    assert.deepEqual((await read(archive)).files, FILES)
    for (let length = 0; length < archive.length; length += length % 512 === 1 ? 510 : 1) await refused(archive.subarray(0, length), /it was cut off/)
  })

  it('is refused with any byte of a file, or of the numbers of a file, changed', async () => {
    const archive = archiveOf(USUAL), end = archive.indexOf('"files"'), from = archive.indexOf('ustar', archive.length - 3_000)
    for (let at = 0; at < archive.length; at++) {
      if (at > from && at < end && archive[at] !== 0) continue // what the manifest says of itself: a version, a time
      const damaged = Buffer.from(archive)
      damaged[at]! ^= 1
      await assert.rejects(read(damaged), { code: 'BAD_REQUEST' }, `byte ${at}`)
    }
  })

  it('is refused with names of other places', async () => {
    for (const name of ['../state.db', '/etc/cron.d/x', 'journal/../../x', 'journal/1.seg', 'journal/0000000001.seg/x', 'journal\\0000000001.seg', 'State.db', 'operator.key', 'journal/', './state.db', 'journal/0000000001.seg\n', '']) {
      await refused(archiveOf([...USUAL, [name, Buffer.from('x')]]), /nothing in it should be called/)
    }
  })

  it('is refused with a file twice, a file too many or too few, files in another order, and anything behind the manifest', async () => {
    const [state, key, segment] = USUAL, manifest: [string, Buffer] = [MANIFEST_FILE, Buffer.from(JSON.stringify(manifestOf(USUAL)))]
    await refused(archiveOf([...USUAL, state!]), /should be called "state\.db"/)
    await refused(tarOf([...USUAL, ['journal/0000000003.seg', Buffer.from('x')], manifest]), /0000000003\.seg is not what was written/)
    await refused(tarOf([...USUAL.slice(0, -1), manifest]), /0000000002\.seg is missing/)
    await refused(tarOf([key!, state!, ...USUAL.slice(2), manifest]), /master\.key is not what was written/)
    await refused(tarOf([...USUAL, manifest, manifest]), /stands behind its manifest/)
    await refused(tarOf([manifest, ...USUAL]), /stands behind its manifest/)
    await refused(tarOf(USUAL), /has no manifest/)
    await refused(tarOf([]), /has no manifest/)
    await refused(archiveOf([state!, segment!]), /master\.key is missing/)
    await refused(archiveOf([key!, segment!]), /state\.db is missing/)
  })

  it('is refused with a checksum of something else', async () => {
    const { files } = manifestOf(USUAL)
    await refused(archiveOf(USUAL, { files: files.with(2, { ...files[2]!, sha256: sha256(Buffer.from('other')) }) }), /0000000001\.seg is not what was written/)
  })

  it('of a newer format or schema is left to the Sluice that wrote it', async () => {
    for (const newer of [{ format: FORMAT + 1 }, { schemaVersion: SCHEMA_VERSION + 1 }]) {
      await refused(archiveOf(USUAL, { ...newer, sluiceVersion: '9.1.0' }), /A newer Sluice \(9\.1\.0\) wrote this backup/)
    }
    assert.equal((await read(archiveOf(USUAL, { schemaVersion: 1 }))).manifest.schemaVersion, 1)
  })

  it('is refused with a manifest that is none', async () => {
    for (const text of ['', 'null', '[]', '{}', 'a letter', JSON.stringify({ ...ABOUT, files: [null] }), JSON.stringify({ ...ABOUT, messages: 'many', files: [] }), JSON.stringify(ABOUT)]) {
      await refused(tarOf([...USUAL, [MANIFEST_FILE, Buffer.from(text)]]), /its manifest\.json is none/)
    }
  })

  it('may have a manifest of 16 MiB, and is not read into memory beyond', async () => {
    const text = JSON.stringify(manifestOf(USUAL))
    assert.ok(await read(tarOf([...USUAL, [MANIFEST_FILE, Buffer.from(text.padEnd(MANIFEST_BYTES_MAX))]])))
    await refused(tarOf([...USUAL, [MANIFEST_FILE, Buffer.from(text.padEnd(MANIFEST_BYTES_MAX + 1))]]), /more than 16777216 bytes/)
  })
})
