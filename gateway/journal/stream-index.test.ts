import assert from 'node:assert/strict'
import fc from 'fast-check'
import { RowPool } from '#gateway/journal/row-pool.ts'
import { StreamIndex } from '#gateway/journal/stream-index.ts'

interface Row { position: number, timestamp: number, sequenceNumber: number, segment: number, offset: number }

/** The same by arrays, as plainly as can be. */
class Plain {
  rows: Row[] = []

  placesBehind(position: number, reach: number) {
    const first = this.rows.find(row => row.position > position)
    if (!first) return undefined
    const near = this.rows.filter(row => row.position > position && row.segment === first.segment && row.offset < first.offset + reach)
    return { segment: first.segment, offsets: [...new Set(near.map(({ offset }) => offset))] }
  }
  positionAt(timestamp: number, sequenceNumber: number) {
    return this.rows.filter(row => row.timestamp < timestamp || row.timestamp === timestamp && row.sequenceNumber <= sequenceNumber).at(-1)?.position ?? 0
  }
}

/** Rows as a stream may have them: positions with gaps, times that stand still or leap, segments and blocks that follow each other. */
const someRows = fc.array(fc.record({
  skip: fc.constantFrom(1, 1, 1, 1, 2, 5), wait: fc.constantFrom(0, 0, 1, 1_000, 2 ** 32, 2 ** 33), roll: fc.constantFrom(false, false, false, false, true), step: fc.constantFrom(0, 0, 40, 5_000),
}), { maxLength: 60 }).map(steps => {
  const row: Row = { position: 0, timestamp: 1_700_000_000_000, sequenceNumber: -1, segment: 1, offset: 0 }
  return steps.map(({ skip, wait, roll, step }) => {
    row.position += skip
    row.sequenceNumber = wait === 0 ? row.sequenceNumber + 1 : 0
    row.timestamp += wait
    row.segment += Number(roll)
    row.offset = roll ? 32 : row.offset + step
    return { ...row }
  })
})

function both(rows: readonly Row[]): { index: StreamIndex, plain: Plain } {
  const index = new StreamIndex(), plain = new Plain()
  for (const row of rows) {
    index.add(row.position, row.timestamp, row.sequenceNumber, row.segment, row.offset)
    plain.rows.push(row)
  }
  return { index, plain }
}

function assertSame(index: StreamIndex, plain: Plain): void {
  const last = plain.rows.at(-1)
  assert.deepEqual([index.length, index.firstPosition, index.lastPosition, index.lastTimestamp, index.lastSequenceNumber],
    [plain.rows.length, plain.rows[0]?.position ?? 0, last?.position ?? 0, last?.timestamp ?? 0, last?.sequenceNumber ?? 0])
  for (const { position, timestamp, sequenceNumber } of [{ position: 0, timestamp: 0, sequenceNumber: 0 }, ...plain.rows]) {
    for (const reach of [1, 1_000]) assert.deepEqual(index.placesBehind(position, reach), plain.placesBehind(position, reach))
    for (const number of [-1, 0, sequenceNumber, sequenceNumber + 1]) assert.equal(index.positionAt(timestamp, number), plain.positionAt(timestamp, number))
  }
}

describe('The index of a stream', () => {
  it('answers as plain rows do', () => {
    fc.assert(fc.property(someRows, rows => { const { index, plain } = both(rows); assertSame(index, plain) }))
  })

  it('forgets segments and blocks as plain rows do, and goes on', () => {
    fc.assert(fc.property(someRows, fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }), fc.nat(8_000), fc.nat(8_000), (rows, before, segment, from, length) => {
      const { index, plain } = both(rows)
      index.dropBefore(before)
      plain.rows = plain.rows.filter(row => row.segment >= before)
      const kept = plain.rows.filter(row => row.segment !== segment || row.offset < from || row.offset >= from + length)
      assert.equal(index.drop(segment, from, from + length), plain.rows.length - kept.length)
      plain.rows = kept
      assertSame(index, plain)
      const next = { position: (rows.at(-1)?.position ?? 0) + 1, timestamp: (rows.at(-1)?.timestamp ?? 0) + 1, sequenceNumber: 0, segment: 99, offset: 32 }
      index.add(next.position, next.timestamp, next.sequenceNumber, next.segment, next.offset)
      plain.rows.push(next)
      assertSame(index, plain)
    }))
  })

  it('shares memory with others and no row', () => {
    const some = fc.array(fc.tuple(fc.nat(3), fc.boolean()), { maxLength: 400 })
    fc.assert(fc.property(some, steps => {
      const pool = new RowPool(), streams = Array.from({ length: 4 }, () => ({ index: new StreamIndex(pool), plain: new Plain() }))
      for (const [n, [stream, isDropped]] of steps.entries()) {
        const { index, plain } = streams[stream]!, row = { position: n + 1, timestamp: n, sequenceNumber: n, segment: 1 + (n >> 4), offset: 32 * n }
        index.add(row.position, row.timestamp, row.sequenceNumber, row.segment, row.offset)
        plain.rows.push(row)
        if (!isDropped || n % 16 !== 0) continue
        index.dropBefore(row.segment)
        plain.rows = plain.rows.filter(({ segment }) => segment >= row.segment)
      }
      for (const { index, plain } of streams) assertSame(index, plain)
    }), { numRuns: 30 })
  })

  it('is the same again from its runs', () => {
    fc.assert(fc.property(someRows, rows => {
      const { index, plain } = both(rows), again = new StreamIndex()
      for (const segment of new Set(rows.map(row => row.segment))) for (const { run, rows: words } of index.runsIn(segment)) again.addRun(run, words)
      assertSame(again, plain)
    }))
  })
})
