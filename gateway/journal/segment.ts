// One file of the journal: appended to until it is full, read anywhere, deleted whole.
import { constants } from 'node:fs'
import { open, unlink, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { decodeRecord, type JournalRecord } from '#gateway/journal/record.ts'

export const SEGMENT_NAME = /^(\d{10})\.seg$/

export class Segment {
  readonly number: number
  readonly path: string
  /** Bytes that are known to be good. */
  size = 0
  /** Bytes of the records that were committed: never more than `size`, and never cut off again. */
  committed = 0
  /** Time of its newest record, in milliseconds. */
  newest = 0
  /** A write or a sync of it has failed: what it holds is read, and nothing more is trusted to it. */
  isAbandoned = false
  #file: FileHandle | undefined

  constructor(directory: string, number: number) {
    this.number = number
    this.path = join(directory, `${String(number).padStart(10, '0')}.seg`)
  }

  /** Makes the file: when this resolves it is there, and empty, also after a power cut. */
  async create(): Promise<void> {
    this.#file = await open(this.path, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC, 0o600)
    try {
      await syncDirectory(dirname(this.path))
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /**
   * Opens the file that is there and gives each record with its offset. Returns the size of the file where the records end before it does:
   * a torn tail, or damage.
   */
  async open(each: (record: JournalRecord, offset: number) => void): Promise<number> {
    this.#file = await open(this.path, constants.O_RDWR)
    const bytes = await this.#file.readFile()
    for (let found = decodeRecord(bytes, 0); found; found = decodeRecord(bytes, found.end)) {
      each(found.record, this.size)
      this.newest = Math.max(this.newest, found.record.timestamp)
      this.size = found.end
    }
    this.committed = this.size
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

  /** Of a segment that was removed nothing is left to read. */
  async read(offset: number, length: number): Promise<Buffer> {
    if (!this.#file) return Buffer.alloc(0)
    const bytes = Buffer.allocUnsafe(length)
    const { bytesRead } = await this.#file.read(bytes, 0, length, offset)
    return bytes.subarray(0, bytesRead)
  }

  /** Cuts off what lies behind the good bytes. */
  async truncate(): Promise<void> { await this.#handle.truncate(this.size) }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
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

/** What is new in a directory is there after a power cut only when the directory was synced. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try { await directory.sync() } finally { await directory.close() }
}
