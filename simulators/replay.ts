// Reads a recorded run: once to see that it is whole before anybody is disturbed, and once to send it, a piece at a time.
import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { crc32, createGunzip } from 'node:zlib'
import { parseHeader, parseLine } from '#simulators/recording-check.ts'
import { LINE_BYTES_MAX, RecordingError, type Header, type Trailer } from '#simulators/recording.ts'
import type { Outgoing } from '#simulators/run-options.ts'
import type { Source } from '#simulators/source-plan.ts'

const NEWLINE = Buffer.from('\n')

export interface Recording extends Header {
  readonly file: string
  readonly messages: number
  /** Between the start and the last message. */
  readonly lifeS: number
}

/** Reads all of it. Throws RecordingError for one that is damaged, foreign or cut short. */
export async function openRecording(file: string): Promise<Recording> {
  let header: Header | undefined
  let [messages, lastMs] = [0, 0]
  for await (const item of itemsOf(file)) {
    if ('recording' in item) header = item
    else [messages, lastMs] = [messages + 1, item.atMs]
  }
  const { startMs } = header!
  return { ...header!, file, messages, lifeS: Math.max(0, lastMs - startMs) / 1000 }
}

/** Its messages, each of one of `recording.sources`. Throws as `openRecording`, should the file have changed meanwhile. */
export async function* messagesOf({ file, sources }: Recording): AsyncGenerator<Outgoing, undefined> {
  for await (const item of itemsOf(file, sources)) if ('atMs' in item) yield item
}

/** The header, then the messages; whatever is wrong is told with its line. `known`: the sources to name in place of those of the header. */
async function* itemsOf(file: string, known?: readonly Source[]): AsyncGenerator<Header | Outgoing, undefined> {
  let number = 1
  const reader = new Reader(known)
  try {
    for await (const line of linesOf(file)) {
      const item = reader.read(line)
      if (item) yield item
      number++
    }
    reader.end()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    if (cause instanceof Error && 'syscall' in cause) throw new RecordingError(file, `cannot be read (${reason})`, { cause })
    throw new RecordingError(file, reason, { cause, line: number })
  }
}

/** Takes the lines of one recording in their order. Throws a text without the line. */
class Reader {
  readonly #known: readonly Source[] | undefined
  #header: Header | undefined
  #trailer: Trailer | undefined
  #messages = 0
  #crc32 = 0
  #sinceMs = 0

  constructor(known: readonly Source[] | undefined) {
    this.#known = known
  }

  /** Undefined for the last line. */
  read(line: Buffer): Header | Outgoing | undefined {
    if (this.#trailer) throw new Error('stands behind the end of the recording')
    if (!isUtf8(line)) throw new Error('is not text (UTF-8)')
    const item = this.#header ? this.#message(line.toString(), this.#header) : this.#begin(line.toString())
    this.#crc32 = crc32(NEWLINE, crc32(line, this.#crc32))
    return item
  }

  end(): void {
    if (!this.#header) throw new Error('the file is empty')
    if (!this.#trailer) throw new Error('the recording breaks off')
  }

  #begin(text: string): Header {
    try {
      this.#header = parseHeader(text)
    } catch (cause) {
      throw new Error(`is not the beginning of a recorded run: ${(cause as Error).message}`, { cause })
    }
    this.#sinceMs = this.#header.startMs
    return this.#header
  }

  #message(text: string, { sources }: Header): Outgoing | undefined {
    const item = parseLine(text, this.#known ?? sources, this.#sinceMs)
    if ('messages' in item) return this.#finish(item)
    this.#sinceMs = item.atMs
    this.#messages++
    return item
  }

  #finish(trailer: Trailer): undefined {
    this.#trailer = trailer
    const { messages, crc32: expected } = trailer
    if (messages !== this.#messages) throw new Error(`speaks of ${messages} messages, and ${this.#messages} stand before it`)
    if (expected !== this.#crc32) throw new Error('the recording was changed: its checksum does not match')
  }
}

/** Bytes between line ends, without them. Throws where the last line has no end. */
async function* linesOf(file: string): AsyncGenerator<Buffer, undefined> {
  let pending: Buffer[] = []
  let length = 0
  for await (const chunk of bytesOf(file)) {
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      yield Buffer.concat([...pending, chunk.subarray(from, end)])
      ;[pending, length, from] = [[], 0, end + 1]
    }
    pending.push(chunk.subarray(from))
    length += chunk.length - from
    if (length > LINE_BYTES_MAX) throw new Error(`has more than ${LINE_BYTES_MAX} bytes`)
  }
  if (length > 0) throw new Error('the recording breaks off in it')
}

function bytesOf(file: string): AsyncIterable<Buffer> {
  const bytes = createReadStream(file)
  return file.endsWith('.gz') ? pipeline(bytes, createGunzip(), () => { /* the reader is told */ }) : bytes
}
