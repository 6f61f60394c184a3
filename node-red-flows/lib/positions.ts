// How far each stream was sent on, in a file, so that a flow goes on there after a restart of Node-RED.
import { readFileSync } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isMessageId } from './envelope.ts'

/** After a crash of Node-RED at most what was sent on in this time comes twice. */
export const WRITE_EVERY_MS = 1000

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

export class Positions {
  readonly #file: string
  readonly #onError: (error: Error) => void
  readonly #positions: Map<string, string>
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  /** Reads what an earlier one wrote. `onError` hears once of a file that cannot be written. */
  constructor(file: string, onError: (error: Error) => void) {
    this.#file = file
    this.#onError = onError
    this.#positions = read(file)
  }

  /** Where to go on in a stream: a message id, or a time (RFC 3339). */
  get(streamId: string): string | undefined { return this.#positions.get(streamId) }

  set(streamId: string, position: string): void {
    this.#positions.set(streamId, position)
    this.#timer ??= setTimeout(() => this.#write(), WRITE_EVERY_MS)
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    if (this.#timer) this.#write()
    await this.#writing
  }

  /** For good: the node is gone. */
  async remove(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#writing
    await rm(this.#file, { force: true })
  }

  #write(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#writing = this.#writing.then(() => write(this.#file, JSON.stringify(Object.fromEntries(this.#positions)))).catch(this.#onError)
  }
}

/** Anything that is not as it was written counts as nothing: a stream then begins as for the first time. */
function read(file: string): Map<string, string> {
  try {
    const found = Object.entries(JSON.parse(readFileSync(file, 'utf8')) as object)
    return new Map(found.filter((entry): entry is [string, string] => isPosition(entry[1])))
  } catch {
    return new Map()
  }
}

function isPosition(value: unknown): boolean {
  return typeof value === 'string' && (isMessageId(value) || RFC3339.test(value))
}

/** Whole or not at all, also through a power cut: others see the old file until the new one is on the disk. */
async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const temporary = `${file}.new`, handle = await open(temporary, 'w', 0o600)
  try {
    await handle.writeFile(`${text}\n`)
    await handle.datasync()
  } finally {
    await handle.close()
  }
  await rename(temporary, file)
}
