// verify: checks messages that were kept with their proofs, what was kept of a transparency log, and a data directory. Nothing is asked of anybody but the
// public key.
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { checkerFor, type Checker, type Wrong } from '#cli/checkers.ts'
import { isDataDirectory, verifyDirectory } from '#cli/commands/verify-directory.ts'
import { publicKeysAt } from '#cli/connect.ts'
import { CliError, usageError } from '#cli/errors.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'
import { readLines } from '#cli/lines.ts'
import { Progress } from '#cli/progress.ts'
import { BLOCK_BYTES } from '#gateway/backup/tar.ts'
import type { SignedHead } from '#gateway/proof/head.ts'
import { parsePublicKeys, type PublicKeys } from '#gateway/proof/public-keys.ts'
import { isArchive, verifyExport } from '#gateway/rights/export-verifier.ts'
import { parseDocument } from '#gateway/transparency/documents.ts'

/** `subscribe` takes messages of a mebibyte; a proof is some kilobytes at most. */
export const LINE_BYTES_MAX = 2 << 20
/** Told one by one; more are counted. */
export const FAULTS_TOLD_MAX = 1_000
/** Whoever waits for so long wants to see how far it is. */
const PROGRESS_AFTER_MS = 2_000, PROGRESS_EACH_MS = 200

interface LineFault { readonly line: number, readonly code: string, readonly message: string }
interface Against { readonly keys: PublicKeys, readonly kept: readonly SignedHead[] }
interface Verdict { readonly checker: Checker, readonly lines: number, readonly bad: number, readonly faults: readonly LineFault[] }

/** Prints what is wrong with which line, and how many are proven. Throws NOT_PROVEN where one is not, or where there is none. */
export async function verify(input: Input, io: Io): Promise<void> {
  const keys = await keysOf(input, process.env), file = input.needed('FILE'), kept = await headsIn(input.text('head'))
  if (isDataDirectory(file)) return verifyDirectory(file, keys, kept, io)
  if (file !== '-' && isArchive(headOf(file))) return verifyArchive(file, keys, io)
  const progress = new LateProgress(sizeOf(file))
  const { checker, lines, bad, faults } = await check(file, { keys, kept }, progress).finally(() => progress.end()), proven = lines - bad
  if (io.isJson) io.show({ [checker.member]: lines, proven, bad, faults, ...checker.more })
  else {
    for (const { line, code, message } of faults) io.print(`line ${line}: ${message} (${code})`)
    if (bad > faults.length) io.print(`and ${bad - faults.length} more`)
    io.print(`${lines} ${checker.names[lines === 1 ? 0 : 1]}, ${proven} proven`)
  }
  if (lines === 0) throw new CliError('NOT_PROVEN', 'There is no message to check.')
  if (bad > 0) throw new CliError('NOT_PROVEN', `${bad} of ${lines} ${bad === 1 ? 'is' : 'are'} not proven.`)
}

/** An export of an owner's. */
async function verifyArchive(file: string, keys: PublicKeys, io: Io): Promise<void> {
  const verdict = await verifyExport(createReadStream(file), keys).catch((error: unknown) => {
    throw new CliError('NOT_PROVEN', `The export is not proven: ${(error as Error).message}`, { cause: error })
  })
  if (io.isJson) io.show(verdict)
  else io.print(`an export of ${verdict.owner} of ${verdict.createdAt}: ${verdict.files} files, proven`)
}

/** Of a file that cannot be read nothing: whoever reads it says why. */
function headOf(file: string): Buffer {
  const head = Buffer.alloc(BLOCK_BYTES)
  try {
    const fd = openSync(file, 'r')
    try { return head.subarray(0, readSync(fd, head, 0, BLOCK_BYTES, 0)) } finally { closeSync(fd) }
  } catch { return head.subarray(0, 0) }
}

async function check(file: string, { keys, kept }: Against, progress: LateProgress): Promise<Verdict> {
  const faults: LineFault[] = []
  let checker: Checker | undefined, number = 0, lines = 0, bad = 0
  const tell = (wrong: Wrong | undefined): void => { if (wrong && ++bad <= FAULTS_TOLD_MAX) faults.push({ line: number, ...wrong }) }
  const line = (text: string | undefined): void => {
    number++
    if (text?.trim() === '' && (checker?.skipsEmpty ?? true)) return
    for (const wrong of (checker ??= checkerFor(text, keys, kept)).line(text)) {
      lines++
      tell(wrong)
    }
  }
  try {
    await readLines(file === '-' ? process.stdin : createReadStream(file), LINE_BYTES_MAX, { line, read: bytes => progress.add(bytes) })
  } catch (error) {
    throw error instanceof CliError ? error : usageError(`The messages cannot be read: ${(error as Error).message}.`)
  }
  checker ??= checkerFor(undefined, keys, kept)
  if (bad === 0) tell(checker.end())
  return { checker, lines, bad, faults }
}

/** From the files that are named, or from a gateway. */
async function keysOf(input: Input, environment: NodeJS.ProcessEnv): Promise<PublicKeys> {
  const files = [input.text('key'), input.text('keys')].filter(path => path !== undefined), url = input.text('url') ?? (environment['SLUICE_URL'] || undefined)
  if (files.length > 0) return new Map((await Promise.all(files.map(keysIn))).flatMap(keys => [...keys]))
  if (url !== undefined) return parsed(JSON.stringify(await publicKeysAt(url)), url)
  throw usageError('By whose key? Name it with --key or --keys, or with --url the gateway that has it.')
}

/** Heads of a transparency log that somebody kept, one a line. */
async function headsIn(path: string | undefined): Promise<readonly SignedHead[]> {
  if (path === undefined) return []
  const text = await readFile(path, 'utf8').catch((error: Error) => { throw usageError(`The head cannot be read: ${error.message}.`) })
  return text.trimEnd().split('\n').map(line => {
    const document = parseDocument(line)
    if (document?.kind !== 'head') throw usageError(`${path} holds no head: keep what \`sluice transparency head\` prints, a line each.`)
    return document.head
  })
}

async function keysIn(path: string): Promise<PublicKeys> {
  const text = await readFile(path, 'utf8').catch((error: Error) => { throw usageError(`The key cannot be read: ${error.message}.`) })
  return parsed(text, path)
}

function parsed(text: string, from: string): PublicKeys {
  try {
    return parsePublicKeys(text)
  } catch (error) {
    throw usageError(`${from} holds no key: ${(error as Error).message}.`)
  }
}

function sizeOf(file: string): number | undefined { return file === '-' ? undefined : statSync(file, { throwIfNoEntry: false })?.size || undefined }

class LateProgress {
  readonly #progress = new Progress()
  readonly #size: number | undefined
  #bytes = 0
  #next = Date.now() + PROGRESS_AFTER_MS

  constructor(size: number | undefined) { this.#size = size }

  add(bytes: number): void {
    this.#bytes += bytes
    if (Date.now() < this.#next) return
    this.#next = Date.now() + PROGRESS_EACH_MS
    this.#progress.update(this.#size && this.#bytes / this.#size, `checking, ${(this.#bytes / 1e6).toFixed(1)} MB`)
  }

  end(): void { this.#progress.end() }
}
