// Storage that fails at chosen operations: each is counted, and before it is done somebody is asked what becomes of it.
import type { OpenMode, Storage, StorageFile } from '#gateway/journal/storage.ts'

/** An error of the system, or a write that takes half of its bytes without one. */
export const INJECTED = ['EIO', 'ENOSPC', 'short'] as const
export type Injected = (typeof INJECTED)[number]

const errorOf = (code: string): Error => Object.assign(new Error(`${code}: injected`), { code })

export class FaultyStorage implements Storage {
  readonly #storage: Storage
  readonly #faultAt: (operation: number) => Injected | undefined
  /** How many were asked for so far. */
  operations = 0

  /** `faultAt`: what becomes of the so-manyth operation, counted from 1; it is done where nothing does. */
  constructor(storage: Storage, faultAt: (operation: number) => Injected | undefined) {
    this.#storage = storage
    this.#faultAt = faultAt
  }

  makeDirectory(path: string): Promise<void> { return this.#try(() => this.#storage.makeDirectory(path)) }
  list(directory: string): Promise<readonly string[]> { return this.#try(() => this.#storage.list(directory)) }
  async open(path: string, mode: OpenMode): Promise<StorageFile> { return this.#watched(await this.#try(() => this.#storage.open(path, mode))) }
  remove(path: string): Promise<void> { return this.#try(() => this.#storage.remove(path)) }
  rename(path: string, to: string): Promise<void> { return this.#try(() => this.#storage.rename(path, to)) }
  link(path: string, second: string): void { this.#storage.link(path, second) }
  syncDirectory(path: string): Promise<void> { return this.#try(() => this.#storage.syncDirectory(path)) }

  #watched(file: StorageFile): StorageFile {
    return {
      size: () => this.#try(() => file.size()),
      write: (bytes, position) => this.#try(() => file.write(bytes, position), () => file.write(bytes.subarray(0, bytes.length >> 1), position)),
      sync: () => this.#try(() => file.sync()),
      read: (bytes, position) => this.#try(() => file.read(bytes, position)),
      truncate: size => this.#try(() => file.truncate(size)),
      close: () => file.close(),
    }
  }

  async #try<T>(work: () => Promise<T>, shortened = work): Promise<T> {
    const fault = this.#faultAt(++this.operations)
    if (fault === 'short') return shortened()
    if (fault) throw errorOf(fault)
    return work()
  }
}
