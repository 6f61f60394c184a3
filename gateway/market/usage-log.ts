// What was handed over since the books were sealed last: appended before the bytes leave, read back after a crash, cut when sealed.
// Lines of `<crc32 in hexadecimal> <JSON>`; the first names the generation, which the state database names as well.
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

export const USAGE_LOG_FILE = 'usage.log'

/** What one turn booked under one agreement. */
export interface LogEntry {
  readonly agreementId: string
  readonly ranges: readonly (readonly [first: number, last: number])[]
  readonly messages: number
  readonly bytes: number
  readonly seconds: number
  readonly periods: number
  readonly paidUntil: number
}

export class UsageLog {
  readonly #file: number
  #length = 0
  generation: number

  /** Opens DIR/usage.log. The entries of this generation are given to `replay`; older ones are in the books already. A torn end is what a crash left of a turn whose bytes never left. */
  constructor(directory: string, generation: number, replay: (entry: LogEntry) => void) {
    const path = join(directory, USAGE_LOG_FILE), lines = existsSync(path) ? wholeLines(readFileSync(path)) : []
    this.generation = generation
    this.#file = openSync(path, existsSync(path) ? 'r+' : 'w+', 0o600)
    const isCurrent = (lines[0]?.value as { generation?: number } | undefined)?.generation === generation
    if (isCurrent) {
      for (const { value } of lines.slice(1)) replay(value as LogEntry)
      this.#length = lines.at(-1)!.end
      ftruncateSync(this.#file, this.#length)
    } else this.#begin()
  }

  append(entries: readonly LogEntry[]): void {
    this.#write(entries.map(lineOf).join(''))
  }

  /** Begins the next generation: what was there is in the books. */
  cut(generation: number): void {
    this.generation = generation
    this.#begin()
  }

  close(): void { closeSync(this.#file) }

  #begin(): void {
    ftruncateSync(this.#file, 0)
    this.#length = 0
    this.#write(lineOf({ generation: this.generation }))
  }

  #write(text: string): void {
    const bytes = Buffer.from(text)
    for (let done = 0; done < bytes.length;) done += writeSync(this.#file, bytes, done, bytes.length - done, this.#length + done)
    this.#length += bytes.length
  }
}

function lineOf(value: object): string {
  const json = JSON.stringify(value)
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`
}

function wholeLines(bytes: Buffer): { value: unknown, end: number }[] {
  const lines: { value: unknown, end: number }[] = []
  for (let at = 0; ;) {
    const end = bytes.indexOf(10, at)
    if (end < 0) return lines
    const text = bytes.toString('utf8', at, end), json = text.slice(9)
    if (crc32(json).toString(16).padStart(8, '0') !== text.slice(0, 8)) return lines
    lines.push({ value: JSON.parse(json), end: end + 1 })
    at = end + 1
  }
}
