import assert from 'node:assert/strict'
import fc from 'fast-check'
import { BLOCK_BYTES, BLOCK_BYTES_FULL } from '#gateway/journal/block.ts'
import { blocksOf } from '#gateway/journal/format.ts'
import { Group } from '#gateway/journal/group.ts'
import { CONTENT_BYTES_MAX, RECORD_BYTES, writeRecord, type JournalRecord } from '#gateway/journal/record.ts'
import { scanUnits } from '#gateway/journal/scan.ts'
import { MARKER } from '#test/support/segments.ts'

const CHAIN = 'abcdefghij0123456789', BLOCKS = blocksOf(MARKER)
const record = (position: number, content = `content ${position}`, msgChainId = CHAIN): JournalRecord =>
  ({ streamNumber: 1, position, timestamp: 1_700_000_000_000 + position, sequenceNumber: 0, msgChainId, content: Buffer.from(content) })

/** What is read back of a group that was sealed for an offset. */
function readBack(group: Group, offset = 32): JournalRecord[] {
  group.seal(MARKER, offset)
  const found: JournalRecord[] = [], bytes = group.bytes
  let chain = ''
  const { damage, tornBytes } = scanUnits(bytes, offset, BLOCKS, {
    unit: at => { chain = BLOCKS.chainIdOf(bytes, at - offset) },
    record: (streamNumber, position, timestamp, sequenceNumber, from, to) => {
      found.push({ streamNumber, position, timestamp, sequenceNumber, msgChainId: chain, content: Buffer.from(bytes.subarray(from, to)) })
    },
  })
  assert.deepEqual([damage, tornBytes], [[], 0])
  return found
}

function readyOf(records: readonly JournalRecord[]): Buffer {
  return Buffer.concat(records.map(({ streamNumber, position, timestamp, sequenceNumber, content }) => {
    const bytes = Buffer.alloc(RECORD_BYTES + content.length)
    content.copy(bytes, writeRecord(bytes, 0, content.length, streamNumber, position, timestamp, sequenceNumber))
    return bytes
  }))
}

describe('A group', () => {
  it('gives back what was added, in order, by records or ready bytes, whatever the contents and chains', () => {
    const some = fc.record({ text: fc.string({ maxLength: 6_000 }), chain: fc.constantFrom(CHAIN, '9876543210jihgfedcba'), isReady: fc.boolean() })
    fc.assert(fc.property(fc.array(some, { maxLength: 12 }), all => {
      const group = new Group(), records = all.map(({ text, chain }, n) => record(n + 1, text, chain))
      for (const [n, { chain, isReady }] of all.entries()) {
        const bytes = readyOf([records[n]!])
        if (isReady) group.addReady(Buffer.concat([Buffer.alloc(3), bytes, Buffer.alloc(3)]), 3, 3 + bytes.length, chain)
        else group.add([records[n]!])
      }
      assert.deepEqual(readBack(group), records)
    }))
  })

  it('puts many records under one checksum, and begins another block when one is full', () => {
    for (const isReady of [false, true]) {
      const group = new Group(), records = Array.from({ length: 1_000 }, (_, n) => record(n + 1)), bytes = readyOf(records)
      if (isReady) group.addReady(bytes, 0, bytes.length, CHAIN)
      else group.add(records)
      const blocks = Math.round((group.length - bytes.length) / BLOCK_BYTES)
      assert.ok(blocks >= Math.floor(bytes.length / (BLOCK_BYTES_FULL + 100)) && blocks <= Math.ceil(bytes.length / BLOCK_BYTES_FULL), `${blocks} blocks`)
      assert.deepEqual(readBack(group).map(({ position }) => position), records.map(({ position }) => position))
    }
  })

  it('takes the longest content and none that is longer, and nothing of what comes with that', () => {
    const group = new Group(), longest = 'x'.repeat(CONTENT_BYTES_MAX)
    group.add([record(1, longest)])
    for (const isReady of [false, true]) {
      const records = [record(2), record(3, `${longest}x`)], bytes = readyOf(records)
      assert.throws(() => isReady ? group.addReady(bytes, 0, bytes.length, CHAIN) : group.add(records), RangeError)
    }
    assert.throws(() => group.addReady(readyOf([record(2)]), 0, 20, CHAIN), RangeError)
    assert.throws(() => group.addReady(Buffer.concat([readyOf([record(2)]), Buffer.alloc(9)]), 0, readyOf([record(2)]).length + 9, CHAIN), RangeError)
    assert.deepEqual(readBack(group).map(({ content }) => content.length), [CONTENT_BYTES_MAX])
  })
})

describe('A block', () => {
  const group = new Group()
  group.add([record(1), record(2)])
  group.seal(MARKER, 100)
  const bytes = Buffer.from(group.bytes)

  it('is none with any bit of it flipped, at another place, or in a segment with another marker', () => {
    assert.equal(BLOCKS.sound(bytes, 0, 100), bytes.length)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Buffer.from(bytes)
      damaged[bit >> 3]! ^= 1 << (bit & 7)
      assert.equal(BLOCKS.sound(damaged, 0, 100), undefined, `bit ${bit}`)
    }
    assert.deepEqual([BLOCKS.sound(bytes, 0, 101), blocksOf(MARKER + 1).sound(bytes, 0, 100)], [undefined, undefined])
  })

  it('whose length is damaged is not taken for one that was never finished', () => {
    for (let bit = 0; bit < 64; bit++) {
      const damaged = Buffer.from(bytes)
      damaged[8 + (bit >> 3)]! ^= 1 << (bit & 7)
      assert.deepEqual(scanUnits(damaged, 100, BLOCKS), { damage: [{ offset: 100, bytes: bytes.length }], end: 100, tornBytes: 0 }, `bit ${bit}`)
    }
  })

  it('is found behind damage, and what a content says is no block', () => {
    const forged = new Group()
    forged.add([record(66)])
    forged.seal(MARKER + 1, 0)
    const outer = new Group()
    outer.add([record(1, forged.bytes.toString('latin1'))])
    const honest = outer.length
    outer.add([record(2, 'x'.repeat(BLOCK_BYTES_FULL)), record(3)])
    outer.seal(MARKER, 0)
    const damaged = Buffer.from(outer.bytes), found: number[] = []
    damaged[BLOCK_BYTES + 2]! ^= 1
    const { damage } = scanUnits(damaged, 0, BLOCKS, { unit: () => {}, record: (_stream, position) => { found.push(position) } })
    assert.deepEqual([found, damage.length], [[3], 1])
    assert.ok(damage[0]!.bytes > honest)
  })
})
