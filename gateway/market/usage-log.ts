// What was charged since the books were sealed last: written before the bytes leave, read back after a crash, cut when it is in the books.
// One line each: `<CRC-32 of the rest, in hexadecimal> [<number>, <kind>, <agreement>, …]`. Numbers only ever rise, also over cuts.
import { closeSync, constants, fdatasyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

export const USAGE_LOG_FILE = 'usage.log'

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

/** Of a run in such a line: agreement, first, last, bytes; or the consent of those that follow: agreement, consent, 0, 0. */
const RUN_VALUES = 4

export class UsageLog {
  readonly #file: number
  /** Bytes of the file that are known to be good. */
  #length = 0
  #syncedLength = 0
  #unwritten = ''
  readonly #runs: (string | number)[] = []
  #number: number

  /**
   * Opens DIR/usage.log and gives the entries with numbers above `sealed`: the others are in the books already. A line that does not
   * verify is passed over: the torn end of a write whose bytes never left, or damage, of which the subscriber has the benefit.
   */
  constructor(directory: string, sealed: number, each: (entry: LogEntry) => void) {
    this.#number = sealed
    this.#file = openSync(join(directory, USAGE_LOG_FILE), constants.O_RDWR | constants.O_CREAT, 0o600)
    const bytes = readFileSync(this.#file)
    this.#length = bytes.length
    for (const line of bytes.toString('latin1').split('\n')) {
      const [number, ...entry] = parseLine(line) ?? [0]
      if (number <= sealed) continue
      this.#number = Math.max(this.#number, number)
      for (const one of entriesOf(entry as unknown as Line)) each(one)
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

  /** Empties the file: all of it is in the books. */
  cut(): void {
    ftruncateSync(this.#file, 0)
    this.#length = 0
    this.#syncedLength = 0
  }

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
