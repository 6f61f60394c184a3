// A disk in memory that keeps what POSIX promises and not more: bytes are safe when their file was synced, names when their directory was.
// When its power is cut, what was not safe is dropped, kept, torn by sectors or has come in another order, as a seed decides.
import { basename, dirname } from 'node:path'
import type { OpenMode, Storage, StorageFile } from '#gateway/journal/storage.ts'
import type { Random } from '#benchmarks/corpus/random.ts'

/** What a disk writes whole or not at all. */
const SECTOR_BYTES = 512

/** Something that was done to a file since it was synced: bytes that came somewhere, or a cut. */
type Change = { readonly at: number, readonly bytes: Buffer } | { readonly size: number }

class Content {
  safe: Buffer = Buffer.alloc(0)
  now: Buffer = Buffer.alloc(0)
  changes: Change[] = []

  change(change: Change): void {
    this.now = changed(this.now, change)
    this.changes.push(change)
  }

  sync(): void {
    this.safe = this.now
    this.changes = []
  }

  /** What is found of it after a power cut. */
  afterCut(random: Random): Content {
    const found = new Content(), whole = random.below(this.changes.length + 1)
    const way = random.pick(['none', 'all', 'some in order', 'any sectors', 'any sectors'] as const)
    if (way === 'none') found.now = this.safe
    else if (way === 'all') found.now = this.now
    else if (way === 'some in order') found.now = this.changes.slice(0, whole).reduce(changed, this.safe)
    else found.now = this.#anySectors(random)
    found.safe = found.now
    return found
  }

  /** Each sector as it was when it was safe or as it was last, and the size of either. */
  #anySectors(random: Random): Buffer {
    const found = Buffer.alloc(random.chance(0.5) ? this.now.length : Math.max(this.safe.length, random.below(this.now.length + 1)))
    for (let at = 0; at < found.length; at += SECTOR_BYTES) {
      const from = random.chance(0.5) ? this.now : this.safe
      if (at < from.length) from.copy(found, at, at, Math.min(at + SECTOR_BYTES, found.length))
    }
    return found
  }
}

/** A power that goes. */
export class PowerCut extends Error {}

export class SimulatedDisk implements Storage {
  /** Paths of files. */
  readonly #now = new Map<string, Content>()
  readonly #safe = new Map<string, Content>()
  readonly #syncs: boolean
  /** How many more operations are done before the power goes. */
  operationsLeft = Infinity
  /** Done so far. */
  operations = 0

  /** `syncs`: false for a disk that says so and does not: what must not go unnoticed by whoever tests with it. */
  constructor({ syncs = true }: { readonly syncs?: boolean } = {}) { this.#syncs = syncs }

  /** The disk as it is found after the power was cut. */
  afterCut(random: Random): SimulatedDisk {
    const found = new SimulatedDisk({ syncs: this.#syncs }), contents = new Map<Content, Content>()
    for (const path of new Set([...this.#now.keys(), ...this.#safe.keys()])) {
      const content = (random.chance(0.5) ? this.#now : this.#safe).get(path)
      if (content && !contents.has(content)) contents.set(content, content.afterCut(random))
      if (content) for (const names of [found.#now, found.#safe]) names.set(path, contents.get(content)!)
    }
    return found
  }

  /** The bytes of a file, for whoever wants to change them. */
  bytesOf(path: string): Buffer { return this.#now.get(path)!.now }
  replace(path: string, bytes: Buffer): void { Object.assign(this.#now.get(path)!, { now: bytes, safe: bytes, changes: [] }) }
  get paths(): readonly string[] { return [...this.#now.keys()].sort() }

  makeDirectory(): Promise<void> { return this.#do(() => {}) }
  list(directory: string): Promise<readonly string[]> { return this.#do(() => this.#in(this.#now, directory).map(path => basename(path))) }

  open(path: string, mode: OpenMode): Promise<StorageFile> {
    return this.#do(() => {
      const known = this.#now.get(path), content = known ?? new Content()
      if (!known && mode !== 'new') throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' })
      if (!known) this.#now.set(path, content)
      if (mode === 'new' && content.now.length > 0) content.change({ size: 0 })
      return this.#fileOf(content)
    })
  }

  remove(path: string): Promise<void> {
    return this.#do(() => { if (!this.#now.delete(path)) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' }) })
  }

  rename(path: string, to: string): Promise<void> {
    return this.#do(() => {
      this.#now.set(to, this.#now.get(path)!)
      this.#now.delete(path)
    })
  }

  link(path: string, second: string): void { this.#now.set(second, this.#now.get(path)!) }

  syncDirectory(directory: string): Promise<void> {
    return this.#do(() => {
      if (!this.#syncs) return
      for (const path of this.#in(this.#safe, directory)) this.#safe.delete(path)
      for (const path of this.#in(this.#now, directory)) this.#safe.set(path, this.#now.get(path)!)
    })
  }

  #fileOf(content: Content): StorageFile {
    return {
      size: () => this.#do(() => content.now.length),
      write: (bytes, at) => this.#do(() => { content.change({ at, bytes: Buffer.from(bytes) }); return bytes.length }),
      sync: () => this.#do(() => { if (this.#syncs) content.sync() }),
      read: (bytes, at) => this.#do(() => content.now.copy(bytes, 0, Math.min(at, content.now.length))),
      truncate: size => this.#do(() => content.change({ size })),
      close: () => this.#do(() => {}),
    }
  }

  #in(names: ReadonlyMap<string, Content>, directory: string): readonly string[] { return [...names.keys()].filter(path => dirname(path) === directory) }

  async #do<T>(work: () => T): Promise<T> {
    await Promise.resolve()
    if (this.operationsLeft <= 0) throw new PowerCut('the power is gone')
    this.operationsLeft--
    this.operations++
    return work()
  }
}

function changed(bytes: Buffer, change: Change): Buffer {
  if ('size' in change) return Buffer.concat([bytes.subarray(0, change.size), Buffer.alloc(Math.max(0, change.size - bytes.length))])
  const result = Buffer.alloc(Math.max(bytes.length, change.at + change.bytes.length))
  bytes.copy(result)
  change.bytes.copy(result, change.at)
  return result
}
