// The disk of this process as it fails when it is told to: what goes through DiskFile, until it is told to work again.
import { mock } from 'node:test'
import { DiskFile } from '#gateway/journal/disk-storage.ts'

const full = (): Error => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
const broken = (): Error => Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })

export const DISK_FAULTS = ['full', 'short', 'sync', 'sync and cut'] as const
export type DiskFault = (typeof DISK_FAULTS)[number]

export class Disk {
  #restore: (() => void)[] = []

  /** Full: no write succeeds. Short: a write takes half without an error, and the next nothing. Sync: what was written may not be there. */
  fail(fault: DiskFault): void {
    if (fault === 'full') this.#replace('write', () => Promise.reject(full()))
    if (fault === 'short') this.#shorten()
    if (fault.startsWith('sync')) this.#replace('sync', () => Promise.reject(broken()))
    if (fault === 'sync and cut') this.#replace('truncate', () => Promise.reject(broken()))
  }

  /** No write is begun until it is told to work. */
  stall(): void {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the file that it belongs to
    const { write } = DiskFile.prototype, { promise, resolve } = Promise.withResolvers<void>()
    this.#replace('write', async function (this: DiskFile, bytes: Uint8Array, position: number) {
      await promise
      return write.call(this, bytes, position)
    })
    this.#restore.push(resolve)
  }

  /** Watches how many bytes each read asks for. */
  watchReads(): () => readonly number[] {
    const watched = mock.method(DiskFile.prototype, 'read')
    this.#restore.push(() => watched.mock.restore())
    return () => watched.mock.calls.map(({ arguments: [bytes] }) => bytes.length)
  }

  work(): void {
    for (const restore of this.#restore) restore()
    this.#restore = []
  }

  #shorten(): void {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the file that it belongs to
    const { write } = DiskFile.prototype
    let isFull = false
    this.#replace('write', function (this: DiskFile, bytes: Uint8Array, position: number) {
      if (isFull) return Promise.resolve(0)
      isFull = true
      return write.call(this, bytes.subarray(0, bytes.length >> 1), position)
    })
  }

  #replace(method: 'write' | 'sync' | 'truncate', work: (this: DiskFile, ...given: any[]) => Promise<unknown>): void {
    const replaced = mock.method(DiskFile.prototype, method, work as never)
    this.#restore.push(() => replaced.mock.restore())
  }
}
