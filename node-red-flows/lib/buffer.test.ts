// A bounded buffer beside a plain list that does the same slowly.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { BATCH_ITEMS_MAX, Batcher } from './batcher.ts'
import { Buffer } from './buffer.ts'

describe('Buffer', () => {
  const steps = fc.array(fc.boolean(), { maxLength: 5000, size: 'max' })

  it('keeps order, and drops the oldest when it is full', () => {
    fc.assert(fc.property(steps, fc.integer({ min: 1, max: 50 }), (pushes, max) => {
      const buffer = new Buffer<number>(max, 'drop-oldest'), model: number[] = []
      for (const [n, isPush] of pushes.entries()) {
        if (isPush) {
          model.push(n)
          assert.equal(buffer.push(n), model.length > max ? model.shift() : undefined)
        } else assert.equal(buffer.shift(), model.shift())
        assert.deepEqual([buffer.length, buffer.isPaused], [model.length, false])
      }
    }), { numRuns: 20 })
  })

  it('wants a pause from full until half empty, and drops nothing', () => {
    const buffer = new Buffer<number>(10, 'pause')
    for (let n = 0; n < 9; n++) buffer.push(n)
    assert.equal(buffer.isPaused, false)
    for (let n = 9; n < 13; n++) assert.equal(buffer.push(n), undefined)
    assert.deepEqual([buffer.isPaused, buffer.length], [true, 13])
    for (let n = 0; n < 7; n++) buffer.shift()
    assert.equal(buffer.isPaused, true)
    assert.deepEqual([buffer.shift(), buffer.isPaused], [7, false])
  })

  it('stays in order over thousands of items that wait', () => {
    const buffer = new Buffer<number>(100_000, 'pause'), got: (number | undefined)[] = []
    for (let n = 0; n < 5000; n++) buffer.push(n)
    for (let n = 0; n < 3000; n++) got.push(buffer.shift())
    for (let n = 5000; n < 6000; n++) buffer.push(n)
    while (buffer.length > 0) got.push(buffer.shift())
    assert.deepEqual(got, Array.from({ length: 6000 }, (_, n) => n))
    assert.equal(buffer.shift(), undefined)
  })

  it('leaves out what is removed, and lets its source go on', () => {
    const buffer = new Buffer<number>(4, 'pause')
    for (const n of [1, 2, 3, 4]) buffer.push(n)
    buffer.shift()
    buffer.remove(n => n > 2)
    assert.deepEqual([buffer.length, buffer.isPaused, buffer.shift()], [1, false, 2])
  })
})

describe('Batcher', () => {
  it('gives a batch when it is full', () => {
    const batches: (readonly number[])[] = [], batcher = new Batcher<number>({ count: 3, waitMs: 0 }, items => batches.push(items))
    for (let n = 1; n <= 7; n++) batcher.add(n)
    assert.deepEqual(batches, [[1, 2, 3], [4, 5, 6]])
    batcher.stop()
  })

  it('gives a batch when its first item has waited long enough', async () => {
    const batch = await new Promise(done => {
      const batcher = new Batcher<number>({ count: 10, waitMs: 20 }, done)
      batcher.add(1)
      batcher.add(2)
    })
    assert.deepEqual(batch, [1, 2])
  })

  it('gives no more after a stop', async () => {
    let batches = 0
    const batcher = new Batcher<number>({ count: 2, waitMs: 1 }, () => batches++)
    batcher.add(1)
    batcher.stop()
    await new Promise(done => setTimeout(done, 10))
    assert.equal(batches, 0)
    batcher.add(2)
    assert.equal(batches, 0)
    batcher.stop()
  })

  it('bounds a batch that is given by time alone', () => {
    const sizes: number[] = [], batcher = new Batcher<number>({ count: 0, waitMs: 60_000 }, items => sizes.push(items.length))
    for (let n = 0; n < BATCH_ITEMS_MAX - 1; n++) batcher.add(n)
    assert.deepEqual(sizes, [])
    batcher.add(0)
    assert.deepEqual(sizes, [BATCH_ITEMS_MAX])
  })
})
