// One file of the journal: appended to until it is full, read anywhere, deleted whole.
import { constants } from 'node:fs'
import { open, unlink, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeRecord, type JournalRecord } from '#gateway/journal/record.ts'

export const SEGMENT_NAME = /^(\d{10})\.seg$/

export class Segment {
  readonly number: number
  readonly path: string
  /** Bytes that are known to be good. */
  size = 0
  /** Time of its newest record, in milliseconds. */
  newest = 0
  #file: FileHandle | undefined

  constructor(directory: string, number: number) {
    this.number = number
    this.path = join(directory, `${String(number).padStart(10, '0')}.seg`)
  }

  async open(): Promise<void> {
    this.#file = await open(this.path, constants.O_RDWR | constants.O_CREAT, 0o600)
  }

  /**
   * Gives each record with its offset. Returns the size of the file where the records end before it does: a torn tail, or damage.
   */
  async scan(each: (record: JournalRecord, offset: number) => void): Promise<number> {
    const bytes = await this.#handle.readFile()
    for (let found = decodeRecord(bytes, 0); found; found = decodeRecord(bytes, found.end)) {
      each(found.record, this.size)
      this.newest = found.record.timestamp
      this.size = found.end
    }
    return bytes.length
  }

  /** Appends, and returns only when every byte was taken: `write` may take fewer without an error, as on a full disk. */
  async append(bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.size + done)
      if (bytesWritten === 0) throw new Error(`${this.path} takes no more bytes`)
      done += bytesWritten
    }
    this.size += bytes.length
  }

  async sync(): Promise<void> { await this.#handle.datasync() }

  async read(offset: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length)
    const { bytesRead } = await this.#handle.read(bytes, 0, length, offset)
    return bytes.subarray(0, bytesRead)
  }

  /** Cuts off what lies behind the good bytes. */
  async truncate(): Promise<void> { await this.#handle.truncate(this.size) }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }

  async remove(): Promise<void> {
    await this.close()
    await unlink(this.path)
  }

  get #handle(): FileHandle {
    if (!this.#file) throw new Error(`${this.path} is not open`)
    return this.#file
  }
}
