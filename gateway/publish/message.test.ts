import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import type { Stream } from '#gateway/devices/streams.ts'
import { Channel, newMsgChainId } from '#gateway/publish/channel.ts'
import { envelopeOf, messageIdOf, parseMessageId, type Message } from '#gateway/publish/message.ts'
import { partitionOf } from '#gateway/publish/partition.ts'

const ADDRESS = `0x${'ab'.repeat(20)}`
const stream = { id: `${ADDRESS}/weather-observed/abc`, number: 1 } as Stream
const content = {} as Message['content']

describe('A message', () => {
  it('has an id from which a stream can be resumed', () => {
    const message = new Channel(stream, newMsgChainId(), { lastTimestamp: 0, lastSequenceNumber: 0, lastPosition: 0 }).next(content, 1_700_000_000_000)
    assert.match(messageIdOf(message), /^1700000000000-0-[0-9a-f]{20}-0x(ab){20}$/)
    assert.deepEqual(parseMessageId(messageIdOf(message)), { timestamp: 1_700_000_000_000, sequenceNumber: 0 })
    for (const text of ['', '1', '1-2-3-4', `-1-0-a-${ADDRESS}`, `1-0--${ADDRESS}`, `1-0-a-${ADDRESS}0`, `${'9'.repeat(16)}-0-a-${ADDRESS}`]) assert.equal(parseMessageId(text), undefined, text)
  })

  it('stands in an envelope whose content is its view, whatever the stream is called', () => {
    const odd = { ...stream, id: `${ADDRESS}/"odd"` } as Stream
    const message: Message = { stream: odd, position: 1, timestamp: 5, sequenceNumber: 2, msgChainId: 'chain', content }
    assert.deepEqual(JSON.parse(envelopeOf(message, '{"id":"x"}')), {
      streamId: odd.id, timestamp: 5, sequenceNumber: 2, publisherId: ADDRESS, msgChainId: 'chain', messageId: `5-2-chain-${ADDRESS}`, content: { id: 'x' },
    })
  })
})

describe('A channel', () => {
  it('numbers in order, whatever the clock does, and counts positions for kept messages only', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.boolean())), arrivals => {
      const channel = new Channel(stream, 'chain', { lastTimestamp: 10, lastSequenceNumber: 3, lastPosition: 7 })
      let last = { timestamp: 10, sequenceNumber: 3 }, position = 7
      for (const [receivedAt, isKept] of arrivals) {
        if (isKept) channel.count(receivedAt)
        const { timestamp, sequenceNumber } = isKept ? channel : channel.next(content, receivedAt)
        assert.ok(timestamp > last.timestamp ? sequenceNumber === 0 : timestamp === last.timestamp && sequenceNumber === last.sequenceNumber + 1)
        assert.equal(channel.position, isKept ? ++position : position)
        last = { timestamp, sequenceNumber }
      }
    }))
  })
})

describe('A partition', () => {
  it('follows Streamr: abs(int32LE(md5(key))) mod n', () => {
    fc.assert(fc.property(fc.string(), fc.integer({ min: 1, max: 100 }), (key, partitions) => {
      const expected = Number(BigInt(createHash('md5').update(key).digest().readInt32LE(0)) % BigInt(partitions))
      assert.equal(partitionOf(key, partitions), Math.abs(expected))
    }))
  })
})
