// What the journal asks of a disk, and nothing else: so small that a disk can be replaced by one that fails, or by one that loses its power.

/** An open file. Each call may reject with an error of the system (its `code`: ENOSPC, EIO, ENOENT …). */
export interface StorageFile {
  /** Bytes of the file. */
  size(): Promise<number>
  /** Gives how many bytes were taken: a disk that is full may take fewer without an error. */
  write(bytes: Uint8Array, position: number): Promise<number>
  /** Resolves when all that was written is on the disk (fdatasync). After a rejection nothing is known of what was written since the last. */
  sync(): Promise<void>
  /** Gives how many bytes there were from that position on: fewer than are asked for at the end of the file. */
  read(bytes: Uint8Array, position: number): Promise<number>
  /** Cuts the file off. */
  truncate(size: number): Promise<void>
  close(): Promise<void>
}

/** `new`: made, or emptied where it is there, to be read and written. `old`: has to be there; read and written. `read`: as it says. */
export type OpenMode = 'new' | 'old' | 'read'

export interface Storage {
  makeDirectory(path: string): Promise<void>
  /** The names in it. */
  list(directory: string): Promise<readonly string[]>
  open(path: string, mode: OpenMode): Promise<StorageFile>
  remove(path: string): Promise<void>
  /** Gives the file another name, in the place of the one that has it: after a power cut it is one of the two, whole. */
  rename(path: string, to: string): Promise<void>
  /** Gives the file a second name, at once: whoever fixes a moment cannot wait. */
  link(path: string, second: string): void
  /** What is new in a directory, or gone from it, is so after a power cut only when the directory was synced. */
  syncDirectory(path: string): Promise<void>
}
