// Another implementation reads what we frame, at each size of a length.
import assert from 'node:assert/strict'
import * as ws from 'ws'
import { envelopeFrames, frames } from '#gateway/publish/frames.ts'
import { envelopeOf } from '#gateway/publish/message.ts'
import { outgoing } from '#test/support/transport.ts'

/** Its types leave out the part that reads frames. */
const { Receiver } = ws as any

function read(bytes: Buffer): string[] {
  const got: string[] = [], receiver = new Receiver({ isServer: false, allowSynchronousEvents: true })
  receiver.on('message', (data: Buffer, isBinary: boolean) => got.push(isBinary ? 'binary' : data.toString()))
  receiver.write(bytes)
  return got
}

describe('Messages as WebSocket frames', () => {
  const around = outgoing(1, 0).length
  const views = [around, 125, 126, 127, 0xffff, 0x1_0000].map(length => outgoing(1, length - around))

  it('are texts, one for each message, whatever their length', () => {
    assert.deepEqual(views.map(({ length }) => length), [around, 125, 126, 127, 0xffff, 0x1_0000])
    assert.deepEqual(read(frames(views)), views.map(({ text }) => text))
    assert.equal(frames([]).length, 0)
  })

  it('are in their envelopes where that is asked for', () => {
    assert.deepEqual(read(envelopeFrames(views)), views.map(({ message, text }) => envelopeOf(message, text)))
  })

  it('are the same when a view is shared', () => {
    const before = frames(views)
    for (const view of views) view.keep()
    assert.ok(frames(views).equals(before))
  })
})
