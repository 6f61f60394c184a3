import assert from 'node:assert/strict'
import fc from 'fast-check'
import { PacketIds } from '#gateway/mqtt/packet-ids.ts'

describe('Packet ids in use', () => {
  it('are a set', () => {
    const id = fc.oneof(fc.integer({ min: 1, max: 65_535 }), fc.constantFrom(1, 7, 8, 4_095, 4_096, 4_097, 65_535))
    fc.assert(fc.property(fc.array(fc.record({ id, isGone: fc.boolean() }), { maxLength: 40 }), steps => {
      const ids = new PacketIds(), model = new Set<number>()
      for (const { id, isGone } of steps) {
        if (isGone) assert.equal(ids.delete(id), model.delete(id))
        else { ids.add(id); model.add(id) }
        assert.deepEqual([ids.size, ids.has(id)], [model.size, model.has(id)])
      }
      assert.deepEqual([...ids], [...model].sort((one, other) => one - other))
    }))
  })

  it('may be all that there are, and none again', () => {
    const ids = new PacketIds()
    for (let id = 1; id <= 65_535; id++) ids.add(id)
    assert.deepEqual([ids.size, [...ids].length], [65_535, 65_535])
    for (let id = 1; id <= 65_535; id++) assert.equal(ids.delete(id), true)
    assert.deepEqual([ids.size, [...ids]], [0, []])
  })
})
