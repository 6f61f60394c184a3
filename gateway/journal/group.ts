// What is committed together: records on their way to the disk, in one piece of memory, as they will lie there.
import { beginBlock, BLOCK_BYTES, BLOCK_BYTES_FULL, sealBlock } from '#gateway/journal/block.ts'
import { assertLength, RECORD_BYTES, walkRecords, writeRecord, type JournalRecord, type Visit } from '#gateway/journal/record.ts'
import type { Visitor } from '#gateway/journal/scan.ts'

const BYTES_AT_FIRST = 64 << 10
/** Memory that is kept for the next group. A larger one was for a crowd, and goes with it. */
const KEPT_BYTES_MAX = 8 << 20

interface Answer { readonly done: () => void, readonly fail: (error: unknown) => void }

export class Group {
  isDurable = false
  /** It is to be committed as soon as that can be. */
  isDue = false
  #bytes = Buffer.allocUnsafeSlow(BYTES_AT_FIRST)
  #length = 0
  #blocks: number[] = []
  #chain: string | undefined
  #answers: Answer[] = []
  #shared: Promise<void> | undefined

  /** What was added, blocks one behind the other. */
  get bytes(): Buffer { return this.#bytes.subarray(0, this.#length) }
  get length(): number { return this.#length }

  /** Adds records. Throws a RangeError where one of them is too long; then none of them was added. */
  add(records: readonly JournalRecord[]): void {
    for (const { content } of records) assertLength(content.length)
    for (const { streamNumber, position, timestamp, sequenceNumber, msgChainId, content } of records) {
      const at = this.#room(RECORD_BYTES + content.length, msgChainId)
      writeRecord(this.#bytes, at, content.length, streamNumber, position, timestamp, sequenceNumber)
      this.#bytes.set(content, at + RECORD_BYTES)
    }
  }

  /**
   * Adds records that are there as bytes already (record.ts), from `from` to `to`: a copy for each block, nothing for each record but a look
   * at its length. Throws a RangeError where one is too long or they do not end at `to`; then none of them was added.
   */
  addReady(ready: Buffer, from: number, to: number, msgChainId: string): void {
    let end = from
    while (end < to) end = endOfRecord(ready, end)
    if (end !== to) throw new RangeError(`records that end at ${end} where they should at ${to}`)
    for (let at = from; at < to;) {
      let next = endOfRecord(ready, at)
      while (next < to && next - at < BLOCK_BYTES_FULL) next = endOfRecord(ready, next)
      const place = this.#room(next - at, msgChainId)
      ready.copy(this.#bytes, place, at, next)
      at = next
    }
  }

  /** Makes blocks of it for their place in a segment. It may be asked for again, for another place. */
  seal(marker: number, offset: number): void {
    for (const [n, at] of this.#blocks.entries()) sealBlock(this.#bytes, at, this.#blocks[n + 1] ?? this.#length, marker, offset + at)
  }

  /** Visits what was sealed, at the place that it has taken. */
  visit(offset: number, visitor: Visitor): void {
    for (const [n, at] of this.#blocks.entries()) {
      visitor.unit(offset + at)
      walkRecords(this.#bytes, at + BLOCK_BYTES, this.#blocks[n + 1] ?? this.#length, visitor.record)
    }
  }

  /** Visits what it has, as long as it has no place. */
  visitAll(visit: Visit): void {
    for (const [n, at] of this.#blocks.entries()) walkRecords(this.#bytes, at + BLOCK_BYTES, this.#blocks[n + 1] ?? this.#length, visit)
  }

  /** Resolves or rejects with the group. */
  answered(): Promise<void> { return new Promise((done, fail) => { this.#answers.push({ done, fail }) }) }

  /** The same for all who need not know: nobody has to ask it. */
  shared(): Promise<void> {
    if (this.#shared) return this.#shared
    this.#shared = this.answered()
    this.#shared.catch(() => { /* told by the journal's fault */ })
    return this.#shared
  }

  /** Answers all who wait, in their order, and is empty again. */
  settle(error?: unknown): void {
    const answers = this.#answers
    if (this.#bytes.length > KEPT_BYTES_MAX) this.#bytes = Buffer.allocUnsafeSlow(BYTES_AT_FIRST)
    this.#length = 0
    this.#blocks = []
    this.#chain = undefined
    this.#answers = []
    this.#shared = undefined
    this.isDurable = this.isDue = false
    for (const { done, fail } of answers) if (error === undefined) done(); else fail(error)
  }

  /** Makes room for so many bytes of records of a chain, in the last block or a new one; gives where they go. */
  #room(bytes: number, msgChainId: string): number {
    const last = this.#blocks[this.#blocks.length - 1]
    const isNew = last === undefined || this.#chain !== msgChainId || this.#length - last - BLOCK_BYTES >= BLOCK_BYTES_FULL
    this.#grow(this.#length + bytes + BLOCK_BYTES)
    if (isNew) {
      this.#blocks.push(this.#length)
      this.#chain = msgChainId
      this.#length = beginBlock(this.#bytes, this.#length, msgChainId)
    }
    const at = this.#length
    this.#length += bytes
    return at
  }

  #grow(bytes: number): void {
    if (bytes <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * this.#bytes.length))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}

function endOfRecord(bytes: Buffer, at: number): number {
  const length = at + RECORD_BYTES <= bytes.length ? bytes.readUInt32LE(at) : NaN
  assertLength(length)
  return at + RECORD_BYTES + length
}
