import assert from 'node:assert/strict'
import { PARTIAL_BYTES_MIN, Partials } from '#gateway/mqtt/partials.ts'
import { Edge, publishPacket } from '#test/support/mqtt-edge.ts'

const SIZE = 10_000

describe('Packets that are not whole', () => {
  const begin = (max: number) => {
    const gone: string[] = [], partials = new Partials(max), dawdler = (name: string) => ({ crowdedOut: () => { gone.push(name) } })
    return { gone, partials, one: dawdler('one'), two: dawdler('two'), three: dawdler('three') }
  }

  it('have their room, and one byte more is at the cost of the one that was begun first', () => {
    const { gone, partials, one, two } = begin(2 * SIZE)
    partials.note(one, SIZE, true)
    partials.note(two, SIZE, true)
    assert.deepEqual([gone, partials.bytes], [[], 2 * SIZE])
    partials.note(two, SIZE + 1, false)
    assert.deepEqual([gone, partials.bytes], [['one'], SIZE + 1])
  })

  it('begin anew where a connection has ended one: it is the last to go then', () => {
    const { gone, partials, one, two, three } = begin(2 * SIZE)
    partials.note(one, SIZE, true)
    partials.note(two, SIZE, true)
    partials.note(one, SIZE, true)
    partials.note(three, SIZE, true)
    assert.deepEqual([gone, partials.bytes], [['two'], 2 * SIZE])
  })

  it('leave their room when they are whole, and small ones take none', () => {
    const { gone, partials, one, two } = begin(SIZE)
    partials.note(one, SIZE, true)
    partials.note(one, PARTIAL_BYTES_MIN - 1, true)
    assert.equal(partials.bytes, 0)
    partials.note(one, SIZE, true)
    partials.note(one, 0, true)
    partials.note(two, SIZE, true)
    partials.forget(two)
    partials.forget(two)
    assert.deepEqual([gone, partials.bytes], [[], 0])
  })

  it('of a crowd do not stop somebody who ends what they begin, nor cost more than they may', async () => {
    const edge = await new Edge({ limits: { partialBytesMax: 200_000 } }).start()
    try {
      const large = publishPacket('a', Buffer.alloc(60_000))
      for (let count = 0; count < 30; count++) (await edge.joined(`home${count}`, { clientId: `${count}` })).send(large.subarray(0, 50_000))
      const honest = await edge.joined('home')
      for (let count = 0; count < 10; count++) honest.send(large)
      await honest.ping()
      await edge.until(() => edge.disconnected.length >= 26)
      assert.equal(edge.topics.length, 10)
      assert.deepEqual([...new Set(edge.disconnected)], ['crowded-out'])
    } finally { await edge.stop() }
  })
})
