import assert from 'node:assert/strict'
import type { Point } from '#gateway/history/point.ts'
import { StoreError, type Store } from '#gateway/history/store.ts'
import { BATCH_MAX, WAITING_MAX, Writer, type Origin } from '#gateway/history/writer.ts'
import { silentLog } from '#test/support/temporary.ts'

class Stream implements Origin {
  last: string | undefined
  kept(messageId: string): void { this.last = messageId }
}

/** A store that answers when it is told to. */
class Scripted implements Store {
  readonly writes: { readonly points: readonly Point[], readonly hours: number, readonly settle: () => void, readonly fail: (error: Error) => void }[] = []
  cuts = 0
  write(points: readonly Point[], hours: number): Promise<void> { return new Promise((settle, fail) => { this.writes.push({ points, hours, settle, fail }) }) }
  cut(): void {
    this.cuts++
    this.writes.at(-1)?.fail(new StoreError('unreachable', 'cut'))
  }
  erase(): Promise<void> { return Promise.resolve() }
  close(): void { /* nothing is open */ }
}

describe('The writer of the history', () => {
  let store: Scripted, writer: Writer<Stream>
  const one = new Stream(), other = new Stream()
  const waiting = (origin: Stream, n: number, hours = 24) => ({ origin, messageId: `m${n}`, hours, point: { measurement: 'm', tags: {}, fields: { n }, timestamp: String(n) } })
  const many = (count: number) => Array.from({ length: count }, (_, n) => waiting(one, n))
  const numbers = (write = store.writes.at(-1)!) => write.points.map(({ fields }) => fields['n'])
  const written = async (count: number) => { while (store.writes.length < count) await new Promise(done => setTimeout(done, 5)) }
  const settled = async () => { for (let n = 0; n < 5; n++) await new Promise(setImmediate) }
  beforeEach(() => { store = new Scripted(); writer = new Writer(store, silentLog); one.last = other.last = undefined })
  afterEach(() => writer.stop(0))

  it('gathers what comes within half a second into one write, and tells how far it has come when it is kept', async () => {
    writer.add([waiting(one, 1), waiting(other, 2)])
    writer.add([waiting(one, 3)])
    await written(1)
    assert.deepEqual([numbers(), one.last], [[1, 2, 3], undefined])
    store.writes[0]!.settle()
    await settled()
    assert.deepEqual([one.last, other.last, writer.counts.written], ['m3', 'm2', 3])
  })

  it('writes a batch at a time, at most so large, and each length of time by itself', async () => {
    writer.add([...many(BATCH_MAX + 1), waiting(one, -1, 48)])
    await written(1)
    assert.equal(store.writes[0]!.points.length, BATCH_MAX)
    store.writes[0]!.settle()
    await written(2)
    assert.deepEqual([numbers(), store.writes[1]!.hours], [[BATCH_MAX], 24])
    store.writes[1]!.settle()
    await written(3)
    assert.deepEqual([numbers(), store.writes[2]!.hours], [[-1], 48])
  })

  it('has no room above its bound, and says when there is room again', async () => {
    let tellings = 0
    writer.onSettled = () => { tellings++ }
    writer.add(many(WAITING_MAX - 1))
    assert.equal(writer.hasRoom, true)
    writer.add([waiting(one, 0)])
    assert.equal(writer.hasRoom, false)
    await written(1)
    store.writes[0]!.settle()
    await settled()
    assert.deepEqual([writer.hasRoom, tellings], [true, 1])
  })

  it('writes again what failed, and moves on only when it is kept', async () => {
    writer.add([waiting(one, 1)])
    await written(1)
    store.writes[0]!.fail(new StoreError('unreachable', 'nobody'))
    await settled()
    writer.add([waiting(one, 2)])
    assert.deepEqual([one.last, writer.fault?.fault], [undefined, 'unreachable'])
    await written(2)
    assert.deepEqual(numbers(), [1])
    store.writes[1]!.settle()
    await written(3)
    assert.deepEqual([numbers(), one.last, writer.fault], [[2], 'm1', undefined])
  })

  it('leaves out what the store does not take, counts it, and goes on', async () => {
    writer.add([waiting(one, 1), waiting(one, 2)])
    await written(1)
    store.writes[0]!.fail(new StoreError('unfit', 'field type conflict', { count: 1 }))
    await settled()
    assert.deepEqual([one.last, writer.counts.unfit, writer.counts.written, writer.counts.waiting], ['m2', 1, 1, 0])
  })

  it('forgets what is dropped, also out of a write that is under way', async () => {
    writer.add([waiting(one, 1), waiting(other, 2)])
    await written(1)
    writer.add([waiting(other, 3)])
    writer.drop(other)
    assert.deepEqual([store.cuts, writer.isWaiting(other), writer.isWaiting(one)], [1, false, true])
    await written(2)
    assert.deepEqual(numbers(), [1])
    store.writes[1]!.settle()
    await settled()
    assert.deepEqual([one.last, other.last, writer.counts.waiting], ['m1', undefined, 0])
  })

  it('cuts nothing where what is dropped has not been sent', async () => {
    writer.add([waiting(one, 1)])
    await written(1)
    writer.add([waiting(other, 2)])
    writer.drop(other)
    assert.equal(store.cuts, 0)
  })
})
