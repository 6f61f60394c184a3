// One file of the journal: appended to until it is full, read anywhere, deleted whole.
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { blocksOf, type Format } from '#gateway/journal/format.ts'
import { HEADER_BYTES, writeHeader, type Ending } from '#gateway/journal/segment-header.ts'
import type { Storage, StorageFile } from '#gateway/journal/storage.ts'

export const SEGMENT_NAME = /^(\d{10})\.seg$/
export const segmentName = (number: number): string => `${String(number).padStart(10, '0')}.seg`

export interface SegmentOptions {
  readonly storage: Storage
  readonly directory: string
  readonly number: number
}

export class Segment {
  readonly number: number
  readonly path: string
  readonly format: Format
  readonly marker: number
  /** Bytes that are known to be good. */
  size = 0
  /** Bytes of the records that were committed: never more than `size`, and never cut off again. */
  committed = 0
  /** Time of its newest record, in milliseconds. */
  newest = 0
  readonly #storage: Storage
  /** While it is appended to. */
  #file: StorageFile | undefined
  #unsynced = false
  /** Under way, by the file that is appended to. */
  readonly #reads = new Set<Promise<Buffer>>()

  constructor({ storage, directory, number }: SegmentOptions, format: Format, marker: number) {
    this.number = number
    this.path = join(directory, segmentName(number))
    this.format = format
    this.marker = marker
    this.#storage = storage
  }

  /** Makes the file: when this resolves it is there, without a record, also after a power cut. */
  static async create(options: SegmentOptions, before: Ending): Promise<Segment> {
    const { storage, directory, number } = options, marker = randomInt(1, 2 ** 32)
    const segment = new Segment(options, blocksOf(marker), marker)
    segment.#file = await storage.open(segment.path, 'new')
    try {
      await segment.append(writeHeader({ number, marker, before }))
      await storage.syncDirectory(directory)
    } catch (error) {
      await segment.finish().catch(() => { /* the error that counts is the first */ })
      throw error
    }
    segment.committed = segment.size
    return segment
  }

  /** Whether it takes more. */
  get isOpen(): boolean { return this.#file !== undefined }
  get isUnsynced(): boolean { return this.#unsynced }
  /** Where its records begin. */
  get firstAt(): number { return this.marker === 0 ? 0 : HEADER_BYTES }
  get hasRecords(): boolean { return this.committed > this.firstAt }
  get ending(): Ending { return { bytes: this.committed, marker: this.marker } }

  /** Takes the file up again, to append behind `size`; what lies behind that is cut off, for good. */
  async resume(): Promise<void> {
    this.#file = await this.#storage.open(this.path, 'old')
    this.#unsynced = true // whoever wrote what is there may not have come to it
    if (await this.#file.size() === this.size) return
    await this.cut(this.size)
    await this.sync()
  }

  /** Appends, and returns only when every byte was taken: `write` may take fewer without an error, as on a full disk. */
  async append(bytes: Buffer): Promise<void> {
    const file = this.#handle
    this.#unsynced = true
    for (let done = 0; done < bytes.length;) {
      const taken = await file.write(done === 0 ? bytes : bytes.subarray(done), this.size + done)
      if (taken === 0) throw new Error(`${this.path} takes no more bytes`)
      done += taken
    }
    this.size += bytes.length
  }

  async sync(): Promise<void> {
    await this.#handle.sync()
    this.#unsynced = false
  }

  /** Cuts off what lies behind so many bytes. */
  async cut(size: number): Promise<void> {
    this.size = size
    this.#unsynced = true
    await this.#handle.truncate(size)
  }

  /** Fewer bytes than asked for at the end, and none of a segment that was removed. */
  async read(offset: number, length: number): Promise<Buffer> {
    if (this.#file) return this.#tracked(readFrom(this.#file, offset, length))
    const file = await this.#storage.open(this.path, 'read').catch(unlessGone)
    if (!file) return Buffer.alloc(0)
    try { return await readFrom(file, offset, length) } finally { await file.close() }
  }

  /** Nothing more is appended to it. */
  async finish(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await Promise.allSettled(this.#reads) // the number of a file that is closed may be another file's at once
    await file?.close()
  }

  async remove(): Promise<void> {
    await this.finish()
    await this.#storage.remove(this.path)
  }

  #tracked(reading: Promise<Buffer>): Promise<Buffer> {
    this.#reads.add(reading)
    return reading.finally(() => this.#reads.delete(reading))
  }

  get #handle(): StorageFile {
    if (!this.#file) throw new Error(`${this.path} takes nothing more`)
    return this.#file
  }
}

export async function readFrom(file: StorageFile, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  return bytes.subarray(0, await file.read(bytes, offset))
}

function unlessGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
