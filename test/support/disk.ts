// A disk that fails when it is told to: what this process does through file handles (node:fs/promises), until it is told to work again.
import { open, type FileHandle } from 'node:fs/promises'
import { mock } from 'node:test'

const full = (): Error => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
const broken = (): Error => Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })

export const DISK_FAULTS = ['full', 'short', 'sync', 'sync and cut'] as const
export type DiskFault = (typeof DISK_FAULTS)[number]

export class Disk {
  readonly #handles: FileHandle
  #restore: (() => void)[] = []

  private constructor(handles: FileHandle) { this.#handles = handles }

  static async take(): Promise<Disk> {
    const file = await open(import.meta.filename, 'r')
    await file.close()
    return new Disk(Object.getPrototypeOf(file) as FileHandle)
  }

  /** Full: no write succeeds. Short: a write takes half without an error, and the next nothing. Sync: what was written may not be there. */
  fail(fault: DiskFault): void {
    if (fault === 'full') this.#replace('write', () => Promise.reject(full()))
    if (fault === 'short') this.#shorten()
    if (fault.startsWith('sync')) this.#replace('datasync', () => Promise.reject(broken()))
    if (fault === 'sync and cut') this.#replace('truncate', () => Promise.reject(broken()))
  }

  /** Watches how many bytes each read asks for. */
  watchReads(): () => readonly number[] {
    const watched = mock.method(this.#handles, 'read')
    this.#restore.push(() => watched.mock.restore())
    return () => watched.mock.calls.map(({ arguments: [, , length] }: { arguments: readonly any[] }) => length as number)
  }

  work(): void {
    for (const restore of this.#restore) restore()
    this.#restore = []
  }

  #shorten(): void {
    const write = Reflect.get(this.#handles, 'write') as (this: FileHandle, ...given: any[]) => Promise<unknown>
    let isFull = false
    this.#replace('write', function (this: FileHandle, bytes: Buffer, offset: number, length: number, position: number) {
      if (isFull) return Promise.resolve({ bytesWritten: 0, buffer: bytes })
      isFull = true
      return write.call(this, bytes, offset, length >> 1, position)
    })
  }

  #replace(method: 'write' | 'datasync' | 'truncate', work: (this: FileHandle, ...given: any[]) => Promise<unknown>): void {
    const replaced = mock.method(this.#handles, method, work as never)
    this.#restore.push(() => replaced.mock.restore())
  }
}
