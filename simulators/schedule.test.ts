import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Schedule } from '#simulators/schedule.ts'

describe('schedule', () => {
  it('gives turns by due time, equal ones by index, and loses none', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 20 })), dues => {
      const schedule = new Schedule()
      dues.forEach((dueMs, index) => schedule.push(index, dueMs))
      const given = dues.map(() => schedule.pop())
      const sorted = dues.map((dueMs, index) => ({ index, dueMs })).sort((a, b) => a.dueMs - b.dueMs || a.index - b.index)
      assert.deepEqual(given, sorted)
      assert.equal(schedule.pop(), undefined)
    }))
  })
})
