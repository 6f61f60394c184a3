// Another implementation reads what we frame, at each size of a length.
import assert from 'node:assert/strict'
import * as ws from 'ws'
import { endOfPiece, envelopeFrames, FrameMemory, frames, PIECE_BYTES } from '#gateway/publish/frames.ts'
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

  it('are written in pieces: as many as fit, and one at least', () => {
    const head = 4, sized = (bytes: number) => outgoing(1, bytes - head - around), half = PIECE_BYTES / 2
    assert.equal(endOfPiece([sized(half), sized(half), sized(half)], 0), 2)
    assert.equal(endOfPiece([sized(half), sized(half + 1)], 0), 1)
    assert.equal(endOfPiece([sized(half), sized(half), sized(half)], 2), 3)
    assert.equal(endOfPiece([outgoing(1, 2 * PIECE_BYTES), sized(100)], 0), 1)
  })

  it('are the same in memory that is lent, which is given again until somebody keeps it', () => {
    const memory = new FrameMemory(), small = views.slice(0, 4)
    for (const [from, to] of [[0, 4], [1, 3], [5, 6]] as const) assert.ok(frames(views, memory, from, to).equals(frames(views.slice(from, to))))
    const first = frames(small, memory), again = frames(small, memory)
    assert.equal(again.buffer, first.buffer)
    memory.leave()
    assert.notEqual(frames(small, memory).buffer, first.buffer)
    assert.equal(memory.room(PIECE_BYTES).buffer, memory.room(1).buffer)
    assert.notEqual(memory.room(PIECE_BYTES + 1).buffer, memory.room(1).buffer)
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
