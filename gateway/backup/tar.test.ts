import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { BLOCK_BYTES, END, FILE_BYTES_MAX, headerOf, paddingOf, parseHeader } from '#gateway/backup/tar.ts'
import { readTar } from '#gateway/backup/tar-reader.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const AT = Math.floor(Date.UTC(2026, 4, 4) / 1000)

interface File { readonly name: string, readonly content: Buffer }

const tarOf = (files: readonly File[]) => Buffer.concat([...files.flatMap(({ name, content }) => [headerOf({ name, bytes: content.length, modifiedAt: AT }), content, paddingOf(content.length)]), END])

/** What comes out, when the archive comes in pieces of such lengths. */
async function filesIn(archive: Buffer, lengths: readonly number[] = [archive.length]): Promise<File[]> {
  const files: File[] = []
  for await (const { name, bytes, content } of readTar(pieces(archive, lengths))) {
    files.push({ name, content: Buffer.concat(await Array.fromAsync(content)) })
    assert.equal(files.at(-1)!.content.length, bytes)
  }
  return files
}

function pieces(bytes: Buffer, lengths: readonly number[]): Readable {
  const cut: Buffer[] = []
  for (let at = 0, n = 0; at < bytes.length; at += lengths[n++ % lengths.length]!) cut.push(bytes.subarray(at, at + lengths[n % lengths.length]!))
  return Readable.from(cut)
}

const refused = (archive: Buffer, why: RegExp) => assert.rejects(filesIn(archive), { code: 'BAD_REQUEST', message: why })

const someFiles = fc.array(fc.record({ name: fc.stringMatching(/^[a-z0-9./-]{1,100}$/), content: fc.uint8Array({ maxLength: 1_500 }).map(bytes => Buffer.from(bytes)) }, { noNullPrototype: true }), { maxLength: 4 })

/** A header with some bytes of it replaced, whose checksum is right. */
function forged(changes: readonly (readonly [at: number, text: string])[]): Buffer {
  const block = headerOf({ name: 'state.db', bytes: 0, modifiedAt: AT })
  for (const [at, text] of changes) block.write(text, at, 'latin1')
  block.fill(' ', 148, 156)
  block.write(`${block.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0`, 148)
  return block
}

describe('A tar archive', () => {
  it('gives back what was put into it, however it comes in pieces', () => fc.assert(fc.asyncProperty(someFiles, fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 }), async (files, lengths) => {
    assert.deepEqual(await filesIn(tarOf(files), lengths), files)
  })))

  it('is one for the tar of the system', function () {
    if (spawnSync('tar', ['--version']).error) { console.log('      skipped: there is no tar here'); this.skip() }
    const folder = temporaryFolder(), files = [{ name: 'state.db', content: Buffer.from('a state') }, { name: 'journal/0000000001.seg', content: Buffer.alloc(BLOCK_BYTES, 7) }, { name: 'empty', content: Buffer.alloc(0) }]
    writeFileSync(join(folder, 'a.tar'), tarOf(files))
    const { status, stderr } = spawnSync('tar', ['xf', 'a.tar'], { cwd: folder })
    assert.deepEqual([status, stderr.toString()], [0, ''])
    for (const { name, content } of files) assert.deepEqual(readFileSync(join(folder, name)), content)
  })

  it('is refused when it was cut off anywhere, or anything follows it', async () => {
    const archive = tarOf([{ name: 'state.db', content: Buffer.from('a state') }, { name: 'master.key', content: Buffer.alloc(2 * BLOCK_BYTES, 7) }])
    for (let length = 0; length < archive.length; length++) await refused(archive.subarray(0, length), /it was cut off/)
    await refused(Buffer.concat([archive, Buffer.alloc(1)]), /does not end where it should/)
  })

  it('is refused with any bit of a header flipped, and any byte where zeros belong', async () => {
    const archive = tarOf([{ name: 'state.db', content: Buffer.from('a state') }])
    for (let bit = 0; bit < 8 * BLOCK_BYTES; bit++) {
      const damaged = Buffer.from(archive.subarray(0, BLOCK_BYTES))
      damaged[bit >> 3]! ^= 1 << (bit & 7)
      assert.equal(parseHeader(damaged), undefined, `bit ${bit}`)
    }
    for (let at = BLOCK_BYTES + 'a state'.length; at < archive.length; at++) {
      const damaged = Buffer.from(archive)
      damaged[at] = 1
      await refused(damaged, /damaged|does not end/)
    }
  })

  it('is refused with links, folders, devices, other owners and modes, and names that go on elsewhere, though their checksums are right', () => {
    assert.ok(parseHeader(forged([])))
    for (const type of ['\0', '1', '2', '3', '4', '5', '6', '7', 'L', 'K', 'g', 'x', 'S']) assert.equal(parseHeader(forged([[156, type]])), undefined, `type ${type}`)
    for (const [at, text] of [[345, '../..'], [157, '/etc/passwd'], [265, 'root'], [108, '0000001'], [100, '0004755'], [124, '\x80\0\0\0'], [124, '           '], [257, 'ustar  \0'], [9, 'x']] as const) {
      assert.equal(parseHeader(forged([[at, text]])), undefined, `${text} at ${at}`)
    }
  })

  it('has room for a name of 100 bytes and 8 GiB, and for no more', () => {
    const largest = { name: 'n'.repeat(100), bytes: FILE_BYTES_MAX, modifiedAt: AT }
    assert.deepEqual(parseHeader(headerOf(largest)), largest)
    assert.throws(() => headerOf({ ...largest, bytes: FILE_BYTES_MAX + 1 }), RangeError)
    assert.throws(() => headerOf({ ...largest, name: 'n'.repeat(101) }), RangeError)
  })
})
