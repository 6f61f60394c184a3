// A batch that is filled again is as good as new, and what is taken from one lasts.
import assert from 'node:assert/strict'
import { Batch } from '#gateway/ingest/batch.ts'

const text = (batch: Batch) => Array.from(batch, ({ topic, payload, qos }) => `${topic} ${Buffer.from(payload).toString()} ${qos}`)
const packet = { topic: 'p', payload: Buffer.from('whole'), qos: 1 as const, retain: true, receivedAt: 7 }

describe('A batch', () => {
  it('tells rows and packets in their order', () => {
    const batch = new Batch(), bytes = Buffer.from('..topic1..a1b')
    batch.addRow(bytes, 2, 5, 11, 1, 0)
    batch.addPacket(packet)
    batch.addRow(bytes, 2, 5, 12, 1, 1)
    assert.deepEqual(text(batch), ['topic 1 0', 'p whole 1', 'topic b 1'])
    assert.deepEqual([batch.count, batch.size, batch.isDurable, batch.receivedAt], [3, 18, true, 7])
  })

  it('is empty when it was emptied, and has nothing of before when it is filled again, with less or with more', () => {
    const batch = new Batch()
    for (const count of [2, 1, 5_000, 3]) {
      const bytes = Buffer.from(`t${'x'.repeat(count)}`)
      for (let n = 0; n < count; n++) batch.addRow(bytes, 0, 1, 1 + n, 1, 0)
      assert.deepEqual(text(batch), Array<string>(count).fill('t x 0'))
      assert.deepEqual([batch.count, batch.size, batch.isDurable, batch.packets.length], [count, 2 * count, false, 0])
      batch.addPacket(packet)
      batch.longRoadMs = 5
      batch.clear()
      assert.deepEqual([batch.count, batch.size, batch.longRoadMs, batch.isDurable, batch.packets.length, batch.bytes.length, text(batch)], [0, 0, 0, false, 0, 0, []])
    }
    assert.ok(batch.rows.length < 5_000)
  })

  it('keeps its bytes when it is told to, and its packets in any case', () => {
    const batch = new Batch(), bytes = Buffer.from('topicpayloadof others')
    batch.addRow(bytes, 0, 5, 5, 7, 0)
    const early = batch.packetAt(0)
    batch.keep()
    bytes.fill(0xff)
    assert.equal(Buffer.from(early.payload).toString(), 'payload')
    assert.deepEqual(text(batch), ['topic payload 0'])
    assert.equal(batch.bytes.length, 12)
  })
})
