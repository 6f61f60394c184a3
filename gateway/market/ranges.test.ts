import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Ranges } from '#gateway/market/ranges.ts'

describe('Ranges', () => {
  it('hold what was added, in as few ranges as there can be, in whatever order it came', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 40 })), positions => {
      const ranges = new Ranges(), expected = new Set<number>()
      for (const position of positions) {
        assert.equal(ranges.has(position), expected.has(position))
        if (!ranges.has(position)) ranges.add(position)
        expected.add(position)
      }
      const merged: [number, number][] = []
      for (const position of [...expected].sort((a, b) => a - b)) {
        const newest = merged.at(-1)
        if (newest && newest[1] === position - 1) newest[1] = position
        else merged.push([position, position])
      }
      assert.deepEqual([...ranges], merged)
      assert.equal(ranges.highest, Math.max(0, ...expected))
      for (let position = 0; position <= 41; position++) assert.equal(ranges.has(position), expected.has(position))
      for (const [first, last] of merged) for (const position of [first, last]) assert.deepEqual(ranges.around(position), [first, last])
    }))
  })

  it('are one range for a million positions in order', () => {
    const ranges = new Ranges()
    for (let position = 1; position <= 1_000_000; position++) ranges.add(position)
    assert.deepEqual([...ranges], [[1, 1_000_000]])
  })

  it('go on behind what was loaded', () => {
    const ranges = new Ranges()
    ranges.append(1, 5)
    ranges.append(8, 9)
    for (const position of [10, 7, 6]) ranges.add(position)
    assert.deepEqual([...ranges], [[1, 10]])
  })
})
