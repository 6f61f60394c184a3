// Frames as any client may cut them: whole, in pieces, many in one read, and as no client should.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import * as ws from 'ws'
import { binaryHead, CLOSE, closeFrame, FrameReader, pongFrame } from '#gateway/mqtt/listeners/web-socket-frames.ts'
import { clientFrame } from '#test/support/web-socket.ts'

const BINARY = 2, CONTINUATION = 0

/** What comes of these chunks: bytes, pings, and how it ends. */
function read(...chunks: readonly Buffer[]): { data: string, pings: string[], closing: number | undefined } {
  const pings: string[] = [], reader = new FrameReader(payload => pings.push(payload.toString()))
  const data = chunks.map(chunk => Buffer.from(reader.take(Buffer.from(chunk))))
  return { data: Buffer.concat(data).toString('latin1'), pings, closing: reader.closing }
}
const frame = (opcode: number, payload: string | Buffer, options = {}) => clientFrame(opcode, Buffer.from(payload), options)

describe('A reader of WebSocket frames', () => {
  const session = Buffer.concat([
    frame(BINARY, 'one'), frame(BINARY, 'tw', { isFinal: false }), frame(9, 'ping'), frame(CONTINUATION, '', { isFinal: false }), frame(CONTINUATION, 'o'),
    frame(10, 'unasked'), frame(BINARY, ''), frame(BINARY, 'x'.repeat(126)), frame(BINARY, 'y'.repeat(70_000)), frame(8, Buffer.from([3, 0xe8])),
  ])
  const expected = { data: `onetwo${'x'.repeat(126)}${'y'.repeat(70_000)}`, pings: ['ping'], closing: CLOSE.NORMAL }

  it('takes messages whole and in fragments, with pings between them', () => { assert.deepEqual(read(session), expected) })

  it('does not mind where they are cut', () => {
    for (let at = 0; at < 400; at++) assert.deepEqual(read(session.subarray(0, at), session.subarray(at)), expected, `cut at ${at}`)
    assert.deepEqual(read(...Array.from(session, byte => Buffer.from([byte]))), expected)
  })

  it('reads what any cut of any messages carries, and holds none of it back', () => {
    const message = fc.record({ payload: fc.uint8Array({ maxLength: 300 }), parts: fc.integer({ min: 1, max: 4 }) })
    fc.assert(fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (messages, sizes) => {
      const bytes = Buffer.concat(messages.flatMap(({ payload, parts }) => Array.from({ length: parts }, (_, n) => {
        const part = payload.slice(Math.floor(n * payload.length / parts), Math.floor((n + 1) * payload.length / parts))
        return frame(n === 0 ? BINARY : CONTINUATION, Buffer.from(part), { isFinal: n === parts - 1 })
      })))
      const chunks: Buffer[] = []
      for (let at = 0, n = 0; at < bytes.length; n++) chunks.push(bytes.subarray(at, at += sizes[n % sizes.length]!))
      assert.equal(read(...chunks).data, Buffer.concat(messages.map(({ payload }) => payload)).toString('latin1'))
    }))
  })

  it('hands on what is there of a long frame, before the rest of it has come', () => {
    assert.deepEqual(read(frame(BINARY, randomBytes(100_000)).subarray(0, 5_000)).data.length, 5_000 - 14)
  })

  const WRONG: readonly (readonly [string, Buffer, number])[] = [
    ['a text frame', frame(1, 'x'), CLOSE.NOT_ACCEPTED],
    ['a frame without a mask', Buffer.concat([binaryHead(1), Buffer.from('x')]), CLOSE.PROTOCOL_ERROR],
    ['a reserved bit', Buffer.from([0xc2, 0x80, 0, 0, 0, 0]), CLOSE.PROTOCOL_ERROR],
    ['an opcode that means nothing', frame(3, 'x'), CLOSE.PROTOCOL_ERROR],
    ['a control frame that means nothing', frame(11, 'x'), CLOSE.PROTOCOL_ERROR],
    ['a ping in fragments', frame(9, 'x', { isFinal: false }), CLOSE.PROTOCOL_ERROR],
    ['a ping of 126 bytes', frame(9, 'x'.repeat(126)), CLOSE.PROTOCOL_ERROR],
    ['a continuation of nothing', frame(CONTINUATION, 'x'), CLOSE.PROTOCOL_ERROR],
    ['a new message within another', Buffer.concat([frame(BINARY, '', { isFinal: false }), frame(BINARY, 'x')]), CLOSE.PROTOCOL_ERROR],
    ['a length in more bytes than it needs', Buffer.from([0x82, 0xfe, 0, 125, 0, 0, 0, 0]), CLOSE.PROTOCOL_ERROR],
    ['a length of eight bytes that needs two', Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0]), CLOSE.PROTOCOL_ERROR],
    ['a length beyond all numbers', Buffer.from([0x82, 0xff, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), CLOSE.PROTOCOL_ERROR],
  ]
  for (const [what, bytes, closing] of WRONG) {
    it(`ends at ${what}, after what was right before it`, () => {
      assert.deepEqual(read(Buffer.concat([frame(BINARY, 'right'), bytes, frame(BINARY, 'late')])), { data: 'right', pings: [], closing })
    })
  }

  it('takes a ping of 125 bytes', () => { assert.deepEqual(read(frame(9, 'x'.repeat(125))), { data: '', pings: ['x'.repeat(125)], closing: undefined }) })

  it('meets any bytes without an exception', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), chunks => {
      const { closing } = read(...chunks.map(chunk => Buffer.from(chunk)))
      assert.ok(closing === undefined || Object.values(CLOSE).some(code => code === closing))
    }), { numRuns: 2_000 })
  })
})

/** Its types leave out the part that reads frames. */
const { Receiver } = ws as any

describe('What we write as a WebSocket frame', () => {
  it('is what another implementation reads, at each size of its length', () => {
    for (const length of [0, 1, 125, 126, 0xffff, 0x1_0000]) {
      const payload = randomBytes(length), got: Buffer[] = []
      const receiver = new Receiver({ isServer: false, binaryType: 'nodebuffer', allowSynchronousEvents: true })
      receiver.on('message', (data: Buffer) => got.push(data)).on('pong', (data: Buffer) => got.push(data)).on('conclude', (code: number) => got.push(Buffer.from(String(code))))
      receiver.write(Buffer.concat([binaryHead(length), payload, pongFrame(payload.subarray(0, 125)), closeFrame(CLOSE.NOT_ACCEPTED)]))
      assert.deepEqual(got, [payload, payload.subarray(0, 125), Buffer.from('1003')])
    }
  })
})
