// A set of packet ids, in a bit each: however many a client uses and never releases, they cost 8 KiB.

/** Ids are of 16 bits, 0 is none. */
const PAGE_BITS = 12
const PAGE_IDS = 1 << PAGE_BITS

export class PacketIds implements Iterable<number> {
  /** Of 4,096 ids each, where any of them was used since none was. */
  #pages: (Uint8Array | undefined)[] = []
  #size = 0

  get size(): number { return this.#size }

  has(id: number): boolean { return ((this.#pages[id >> PAGE_BITS]?.[(id & (PAGE_IDS - 1)) >> 3] ?? 0) & (1 << (id & 7))) !== 0 }

  add(id: number): void {
    if (this.has(id)) return
    const page = this.#pages[id >> PAGE_BITS] ??= new Uint8Array(PAGE_IDS / 8)
    page[(id & (PAGE_IDS - 1)) >> 3]! |= 1 << (id & 7)
    this.#size++
  }

  /** False where it was not there. */
  delete(id: number): boolean {
    if (!this.has(id)) return false
    this.#pages[id >> PAGE_BITS]![(id & (PAGE_IDS - 1)) >> 3]! &= ~(1 << (id & 7))
    if (--this.#size === 0) this.#pages = []
    return true
  }

  /** From the least to the greatest. */
  *[Symbol.iterator](): Generator<number, void> {
    for (let page = 0; page < this.#pages.length; page++) {
      if (!this.#pages[page]) continue
      for (let id = page << PAGE_BITS; id < (page + 1) << PAGE_BITS; id++) if (this.has(id)) yield id
    }
  }
}
