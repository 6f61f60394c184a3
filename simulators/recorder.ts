// Writes a run down as it goes: in bounded memory, packed where the file's name ends in .gz, and never over a file that is there.
import { once } from 'node:events'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { PassThrough, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32, createGzip } from 'node:zlib'
import { headerOf, lineOf, RecordingError, type Trailer } from '#simulators/recording.ts'
import type { Outgoing } from '#simulators/run-options.ts'
import type { Source } from '#simulators/source-plan.ts'

/** Characters that are gathered before they are written. */
const CHUNK_LENGTH = 1 << 16

export interface Recorded {
  readonly fleet: string
  readonly seed: number
  readonly startMs: number
  readonly sources: readonly Source[]
  /** Of the run. */
  readonly qos?: 0 | 1
}

export class Recorder {
  readonly #file: string
  readonly #sources: ReadonlyMap<Source, number>
  readonly #qos: 0 | 1
  readonly #out: Transform
  readonly #written: Promise<void>
  #failure: unknown
  #gathered = ''
  #messages = 0
  #crc32 = 0

  /** Makes the file. Rejects with RecordingError where that is not possible, and where there is one already. */
  static async open(file: string, recorded: Recorded): Promise<Recorder> {
    const handle = await open(file, 'wx').catch((error: unknown) => { throw failed(file, error) })
    return new Recorder(file, handle, recorded)
  }

  private constructor(file: string, handle: FileHandle, { fleet, seed, startMs, sources, qos = 1 }: Recorded) {
    this.#file = file
    this.#sources = new Map(sources.map((source, index) => [source, index]))
    this.#qos = qos
    this.#out = file.endsWith('.gz') ? createGzip() : new PassThrough()
    this.#written = pipeline(this.#out, handle.createWriteStream())
    this.#written.catch((error: unknown) => { this.#failure = error })
    this.#gather(JSON.stringify(headerOf(fleet, seed, startMs, sources)))
  }

  /** As `RunOptions.record`. Rejects with RecordingError where the file cannot be written. */
  readonly record = async (sent: Outgoing): Promise<void> => {
    this.#messages++
    this.#gather(lineOf(sent, this.#sources, this.#qos))
    if (this.#gathered.length >= CHUNK_LENGTH) await this.#flush()
  }

  /** Writes the last line. Until then a recording is no recording. */
  async close(): Promise<void> {
    await this.#flush()
    const trailer: Trailer = { messages: this.#messages, crc32: this.#crc32 }
    this.#out.end(`${JSON.stringify(trailer)}\n`)
    await this.#written.catch((error: unknown) => { throw failed(this.#file, error) })
  }

  /** As if there had been none. */
  async discard(): Promise<void> {
    this.#out.destroy()
    await this.#written.catch(() => undefined)
    await rm(this.#file, { force: true })
  }

  #gather(line: string): void {
    this.#gathered += `${line}\n`
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#gathered)
    this.#gathered = ''
    this.#crc32 = crc32(bytes, this.#crc32)
    if (!this.#failure && !this.#out.write(bytes)) await Promise.race([once(this.#out, 'drain'), this.#written]).catch(() => undefined)
    if (this.#failure) throw failed(this.#file, this.#failure)
  }
}

function failed(file: string, cause: unknown): RecordingError {
  const { code, message } = cause as NodeJS.ErrnoException
  const fault = code === 'EEXIST' ? 'is there already, and is not written over' : `cannot be written (${message})`
  return new RecordingError(file, fault, { cause })
}
