// The two formats of a segment behind one face, for those who read: a block of the present one, or a single record of the first.
import * as block from '#gateway/journal/block.ts'
import * as first from '#gateway/journal/first-format.ts'
import { eraseRecords, walkRecords, type Visit } from '#gateway/journal/record.ts'

export interface Format {
  /** Of a unit, before its content: with fewer it does not say how long it is. */
  readonly unitBytes: number
  /** What a reader takes in one go when it does not know how long the unit is. */
  readonly usualBytes: number
  /** Where the unit that begins at `at` says that it ends; undefined where none begins. */
  endOf(bytes: Buffer, at: number): number | undefined
  /** Where it ends, when it is whole and sound. `offset`: of `at` in its segment. */
  sound(bytes: Buffer, at: number, offset: number): number | undefined
  visit(bytes: Buffer, at: number, end: number, visit: Visit): void
  /** Erases the records of some streams in a sound unit, which is sound and as long as before afterwards. Gives how many they were. */
  erase(bytes: Buffer, at: number, end: number, offset: number, streams: ReadonlySet<number>): number
  chainIdOf(bytes: Buffer, at: number): string
  /** Where the next unit might begin, from `at` on; -1 where none can be looked for. */
  next(bytes: Buffer, at: number): number
}

/** Blocks that carry this marker. */
export function blocksOf(marker: number): Format {
  const mark = Buffer.alloc(4)
  mark.writeUInt32LE(marker)
  return {
    unitBytes: block.BLOCK_BYTES, usualBytes: block.BLOCK_BYTES + block.BLOCK_BYTES_FULL, chainIdOf: block.chainIdOf,
    endOf: (bytes, at) => block.endOfBlock(bytes, at, marker),
    sound: (bytes, at, offset) => block.soundBlock(bytes, at, marker, offset),
    visit: (bytes, at, end, visit) => walkRecords(bytes, at + block.BLOCK_BYTES, end, visit),
    erase: (bytes, at, end, offset, streams) => {
      const erased = eraseRecords(bytes, at + block.BLOCK_BYTES, end, streams)
      if (erased > 0) block.resealBlock(bytes, at, end, offset)
      return erased
    },
    next: (bytes, at) => bytes.indexOf(mark, at),
  }
}

/** Its records have no marker: behind damage none is looked for, as what a device said could pass for one. */
export const FIRST_FORMAT: Format = {
  unitBytes: 8, usualBytes: 4096, endOf: first.endOfRecord, sound: first.soundRecord, visit: first.visitRecord, chainIdOf: first.chainIdOf, next: () => -1,
  erase: (bytes, at, end, _offset, streams) => first.eraseRecord(bytes, at, end, streams),
}
