// The disk of this machine, by node:fs. Callbacks beneath, not FileHandles: these cost several times as much for each call.
import { close, constants, fdatasync, fstat, ftruncate, linkSync, open, read, write } from 'node:fs'
import { mkdir, open as openHandle, readdir, rename, unlink } from 'node:fs/promises'
import type { OpenMode, Storage, StorageFile } from '#gateway/journal/storage.ts'

const FLAGS: Readonly<Record<OpenMode, number>> = {
  new: constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC,
  old: constants.O_RDWR,
  read: constants.O_RDONLY,
}

export class DiskFile implements StorageFile {
  readonly #fd: number

  constructor(fd: number) { this.#fd = fd }

  size(): Promise<number> { return asked(done => fstat(this.#fd, (error, stat) => done(error, stat?.size))) }
  write(bytes: Uint8Array, position: number): Promise<number> { return asked(done => write(this.#fd, bytes, 0, bytes.length, position, done)) }
  sync(): Promise<void> { return asked(done => fdatasync(this.#fd, done)) }
  read(bytes: Uint8Array, position: number): Promise<number> { return asked(done => read(this.#fd, bytes, 0, bytes.length, position, done)) }
  truncate(size: number): Promise<void> { return asked(done => ftruncate(this.#fd, size, done)) }
  close(): Promise<void> { return asked(done => close(this.#fd, done)) }
}

export const diskStorage: Storage = {
  async makeDirectory(path) { await mkdir(path, { recursive: true, mode: 0o700 }) },
  list: directory => readdir(directory),
  async open(path, mode) { return new DiskFile(await asked<number>(done => open(path, FLAGS[mode], 0o600, done))) },
  remove: path => unlink(path),
  rename: (path, to) => rename(path, to),
  link: (path, second) => linkSync(path, second),
  async syncDirectory(path) {
    const directory = await openHandle(path, 'r')
    try { await directory.sync() } finally { await directory.close() }
  },
}

/** A call with a callback, as a promise. */
function asked<T>(call: (done: (error: Error | null, value?: T) => void) => void): Promise<T> {
  return new Promise((done, fail) => call((error, value) => { if (error) fail(error); else done(value as T) }))
}
