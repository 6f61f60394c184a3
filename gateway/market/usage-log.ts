// What was charged since the books were sealed last: written before the bytes leave, read back after a crash, cut when it is in the books.
// One line each: `<CRC-32 of the rest, in hexadecimal> [<number>, <kind>, <agreement>, …]`. Numbers only ever rise, also over cuts.
import { closeSync, constants, fdatasyncSync, ftruncateSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

export const USAGE_LOG_FILE = 'usage.log'
/** What was charged before a round of sealing began, as long as that goes on. */
export const OLDER_USAGE_LOG_FILE = 'usage.log.1'

export type LogEntry =
  /** A run of positions that were delivered, and their bytes in all. */
  | readonly ['messages', agreementId: string, first: number, last: number, bytes: number]
  /** By which consent the runs of this agreement are let out that follow. */
  | readonly ['consent', agreementId: string, consentId: string]
  /** So many seconds, the last of them this one. */
  | readonly ['seconds', agreementId: string, count: number, last: number]
  /** One period: the so-manyth that follows from an anchor. */
  | readonly ['period', agreementId: string, anchor: number, count: number]
  /** The budget did not cover what came at this time. */
  | readonly ['exhausted', agreementId: string, at: number]

/** What stands in a line: an entry, or all runs of positions that one write brings. */
type Line = LogEntry | readonly ['runs', ...(string | number)[]]

/** How far the books are: all entries up to `sealed` are in them, and no number up to `newest` may be used again. */
export interface LogStart { readonly sealed: number, readonly newest: number }

const MODE = constants.O_RDWR | constants.O_CREAT

/** Of a run in such a line: agreement, first, last, bytes; or the consent of those that follow: agreement, consent, 0, 0. */
const RUN_VALUES = 4

export class UsageLog {
  readonly #path: string
  readonly #olderPath: string
  #file: number
  /** Bytes of the file that are known to be good. */
  #length = 0
  #syncedLength = 0
  #unwritten = ''
  readonly #runs: (string | number)[] = []
  #number: number

  /**
   * Opens DIR/usage.log and gives the entries with numbers above `sealed`: the others are in the books already. `newest`: a number that may
   * have been used. A line that does not verify is passed over: the torn end of a write whose bytes never left, or damage, of which the
   * subscriber has the benefit.
   */
  constructor(directory: string, { sealed, newest }: LogStart, each: (entry: LogEntry, number: number) => void) {
    this.#path = join(directory, USAGE_LOG_FILE)
    this.#olderPath = join(directory, OLDER_USAGE_LOG_FILE)
    this.#number = Math.max(sealed, newest)
    this.#file = openSync(this.#path, MODE, 0o600)
    const older = readOlder(this.#olderPath), bytes = readFileSync(this.#file)
    this.#length = bytes.length
    for (const line of `${older}\n${bytes.toString('latin1')}`.split('\n')) {
      const [number, ...entry] = parseLine(line) ?? [0]
      if (number <= sealed) continue
      this.#number = Math.max(this.#number, number)
      for (const one of entriesOf(entry as unknown as Line)) each(one, number)
    }
  }

  /** The number of the newest entry. */
  get number(): number { return this.#number }

  add(entry: LogEntry): void { this.#addLine(entry) }

  /** As an entry of `messages`; all that come before the next write stand in one line. */
  addRun(agreementId: string, first: number, last: number, bytes: number): void { this.#runs.push(agreementId, first, last, bytes) }

  /** As an entry of `consent`, in its place between the runs. */
  addConsent(agreementId: string, consentId: string): void { this.#runs.push(agreementId, consentId, 0, 0) }

  /** Hands what was added to the operating system, so that a kill no longer loses it. What cannot be written now is written next time. */
  write(): void {
    if (this.#runs.length > 0) this.#addLine(['runs', ...this.#runs])
    this.#runs.length = 0
    if (this.#unwritten === '') return
    const bytes = Buffer.from(this.#unwritten, 'latin1')
    for (let done = 0; done < bytes.length;) done += writeSync(this.#file, bytes, done, bytes.length - done, this.#length + done)
    this.#length += bytes.length
    this.#unwritten = ''
  }

  /** Brings what was written to the disk, so that a power cut no longer loses it. */
  sync(): void {
    if (this.#length === this.#syncedLength) return
    fdatasyncSync(this.#file)
    this.#syncedLength = this.#length
  }

  /** Empties it: all of it is in the books. */
  cut(): void {
    ftruncateSync(this.#file, 0)
    this.#length = this.#syncedLength = 0
    this.dropOlder()
  }

  /** What is there becomes the older file, and what comes goes to a new one. To be called only when all of the older one is in the books. */
  rotate(): void {
    this.sync()
    renameSync(this.#path, this.#olderPath)
    const before = this.#file
    try {
      this.#file = openSync(this.#path, MODE, 0o600)
    } catch (error) {
      renameSync(this.#olderPath, this.#path)
      throw error
    }
    closeSync(before)
    this.#length = this.#syncedLength = 0
  }

  /** All of the older file is in the books. */
  dropOlder(): void { rmSync(this.#olderPath, { force: true }) }

  close(): void { closeSync(this.#file) }

  #addLine(line: Line): void { this.#unwritten += lineOf([++this.#number, ...line]) }
}

function* entriesOf(line: Line): Iterable<LogEntry> {
  if (line[0] !== 'runs') return void (yield line)
  for (let at = 1; at < line.length; at += RUN_VALUES) {
    if (typeof line[at + 1] === 'string') yield ['consent', line[at] as string, line[at + 1] as string]
    else yield ['messages', ...line.slice(at, at + RUN_VALUES)] as unknown as LogEntry
  }
}

function readOlder(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

const CRC_DIGITS = 8

function lineOf(values: readonly (string | number)[]): string {
  const text = JSON.stringify(values)
  return `${crcOf(text)} ${text}\n`
}

function parseLine(line: string): readonly [number: number, ...entry: unknown[]] | undefined {
  const text = line.slice(CRC_DIGITS + 1)
  return line[CRC_DIGITS] === ' ' && line.slice(0, CRC_DIGITS) === crcOf(text) ? JSON.parse(text) as [number, ...unknown[]] : undefined
}

function crcOf(text: string): string { return crc32(text).toString(16).padStart(CRC_DIGITS, '0') }
