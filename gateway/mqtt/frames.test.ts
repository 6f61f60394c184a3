// Packets come out whole however the bytes were cut, and what may not be is refused by its first bytes.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { generate } from 'mqtt-packet'
import { rangesAfterConnect, rangesBeforeConnect } from '#gateway/mqtt/codec/lengths.ts'
import { Violation } from '#gateway/mqtt/codec/reason.ts'
import { type Frame, Frames } from '#gateway/mqtt/frames.ts'
import { MQTT_LIMITS } from '#gateway/mqtt/limits.ts'
import { connectPacket, publishPacket, subscribePacket } from '#test/support/mqtt-edge.ts'

const limits = { ...MQTT_LIMITS, publishBytesMax: 40_000, connectBytesMax: 200 }
const after = rangesAfterConnect(limits, 4)

const packets = [
  publishPacket('a', ''), publishPacket('zigbee2mqtt/kitchen', '{"temperature":21.5}', { qos: 1, id: 7 }),
  publishPacket('b', Buffer.alloc(130, 1), { qos: 2, id: 65_535, retain: true }), subscribePacket(3, 'a/#', '+/b'),
  generate({ cmd: 'pingreq' }), generate({ cmd: 'pubrel', messageId: 9 }),
  publishPacket('c', Buffer.alloc(20_000, 2)), generate({ cmd: 'disconnect' }),
]
const stream = Buffer.concat(packets)

function takeAll(frames: Frames): Frame[] {
  const taken: Frame[] = []
  for (let frame = frames.next(); frame; frame = frames.next()) taken.push(frame)
  return taken
}

const bytesOf = ({ bytes, start, end }: Frame) => bytes.subarray(start, end)

/** Sends the stream in chunks that end at the cuts, each of which is overwritten nowhere and looked at when all is over. */
function cutAt(cuts: readonly number[]): Buffer[] {
  const frames = new Frames(after), taken: Frame[] = [], places = [0, ...cuts, stream.length]
  for (let index = 1; index < places.length; index++) {
    if (places[index - 1] === places[index]) continue
    frames.add(Buffer.from(stream.subarray(places[index - 1], places[index])))
    taken.push(...takeAll(frames))
  }
  assert.equal(frames.waiting, 0)
  return taken.map(bytesOf)
}

const reasonOf = (act: () => unknown) => {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof Violation)
    return error.reason
  }
  return undefined
}

describe('frames', () => {
  it('come out whole when the stream is cut in two, at every byte', () => {
    for (let cut = 0; cut <= stream.length; cut += cut < 400 || cut > stream.length - 100 ? 1 : 97) assert.deepEqual(cutAt([cut]), packets)
  })

  it('come out whole when the bytes drip in one by one', () => assert.deepEqual(cutAt(Array.from(stream.keys())), packets))

  it('come out whole however the stream is cut', () => {
    const cuts = fc.array(fc.nat(stream.length), { maxLength: 12 }).map(places => places.sort((a, b) => a - b))
    fc.assert(fc.property(cuts, places => assert.deepEqual(cutAt(places), packets)), { numRuns: 200 })
  })

  it('come out whole and stay so when their bytes were only lent, but for those that nobody keeps', () => {
    const room = Buffer.alloc(stream.length + 10), cuts = fc.array(fc.nat(stream.length), { maxLength: 12 }).map(places => places.sort((a, b) => a - b))
    fc.assert(fc.property(cuts, places => {
      const frames = new Frames(after), taken: Buffer[] = []
      let from = 0
      for (const to of [...places, stream.length]) {
        stream.copy(room, 0, from, to)
        if (to > from) frames.borrow(room, to - from)
        taken.push(...takeAll(frames).map(bytesOf).map(bytes => bytes.length > 4 ? bytes : Buffer.from(bytes)))
        frames.release()
        room.fill(0xff)
        from = to
      }
      assert.deepEqual(taken, packets)
      assert.deepEqual([frames.waiting, frames.held], [0, 0])
    }), { numRuns: 200 })
  })

  it('that were not taken are held when what was lent goes back', () => {
    const frames = new Frames(after), room = Buffer.from(stream)
    frames.borrow(room, 300)
    frames.release()
    room.fill(0xff)
    assert.equal(frames.held, 300)
    frames.add(stream.subarray(300))
    assert.deepEqual(takeAll(frames).map(bytesOf), packets)
  })

  it('come out when more is added before the first were taken', () => {
    const frames = new Frames(after)
    frames.add(stream.subarray(0, 100))
    assert.ok(frames.next())
    frames.add(stream.subarray(100, 300))
    frames.add(stream.subarray(300))
    assert.deepEqual(takeAll(frames).map(bytesOf), packets.slice(1))
  })

  it('keep a copy of an unfinished packet, not the chunk that it came in', () => {
    const frames = new Frames(after), whole = publishPacket('c', Buffer.alloc(30_000))
    frames.add(Buffer.concat([whole, Buffer.from([0x30, 0x05, 0])]))
    takeAll(frames)
    assert.equal(frames.waiting, 3)
    assert.equal(frames.held, 3)
  })

  it('keep no packet that was taken, though it and the next came in the same pieces', () => {
    const frames = new Frames(after), whole = publishPacket('c', Buffer.alloc(30_000))
    frames.add(whole.subarray(0, 20_000))
    takeAll(frames)
    frames.add(Buffer.concat([whole.subarray(20_000), Buffer.from([0x30, 0x05, 0])]))
    assert.equal(takeAll(frames).length, 1)
    assert.equal(frames.held, 3)
  })

  it('hold no more than twice what has come of a packet', () => {
    const frames = new Frames(after), whole = publishPacket('c', Buffer.alloc(39_000))
    for (let at = 0; at < whole.length - 1; at++) {
      frames.add(whole.subarray(at, at + 1))
      assert.equal(frames.next(), undefined)
      assert.ok(frames.held <= 2 * (at + 1))
    }
  })

  it('are taken up to their limit, and refused above it before their bytes are there', () => {
    const frames = new Frames(after), atLimit = publishPacket('c', Buffer.alloc(limits.publishBytesMax - 3))
    frames.add(atLimit)
    assert.equal(frames.next()?.end, atLimit.length)
    const above = publishPacket('c', Buffer.alloc(limits.publishBytesMax - 2))
    frames.add(above.subarray(0, 4))
    assert.equal(reasonOf(() => frames.next()), 'too-large')
    assert.ok(frames.held <= 4)
  })

  it('of another kind have limits of their own', () => {
    for (const [first, max] of [[0x82, limits.filtersBytesMax], [0xa2, limits.filtersBytesMax]] as const) {
      const header = (length: number) => Buffer.from([first, (length & 0x7f) | 0x80, (length >> 7 & 0x7f) | 0x80, length >> 14])
      const frames = new Frames(after)
      frames.add(header(max))
      assert.equal(frames.next(), undefined)
      const others = new Frames(after)
      others.add(header(max + 1))
      assert.equal(reasonOf(() => others.next()), 'too-large')
    }
  })

  it('with a length of five bytes are refused at the fourth', () => {
    const frames = new Frames(after)
    frames.add(Buffer.from([0x30, 0x80, 0x80, 0x80]))
    assert.equal(frames.next(), undefined)
    frames.add(Buffer.from([0x80]))
    assert.equal(reasonOf(() => frames.next()), 'malformed')
  })

  it('before a CONNECT are a CONNECT or nothing, by the first byte', () => {
    for (let first = 0; first < 256; first++) {
      const frames = new Frames(rangesBeforeConnect(limits))
      frames.add(Buffer.from([first]))
      assert.equal(reasonOf(() => frames.next()), first >> 4 === 1 ? undefined : 'malformed', first.toString(16))
    }
    const frames = new Frames(rangesBeforeConnect(limits))
    frames.add(connectPacket('x'.repeat(200)).subarray(0, 3))
    assert.equal(reasonOf(() => frames.next()), 'too-large')
  })

  it('after it are what a client may send, with the flags that the standard gives them', () => {
    const allowed = [0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x3a, 0x3b, 0x3c, 0x3d, 0x40, 0x50, 0x62, 0x70, 0x82, 0xa2, 0xc0, 0xe0]
    for (let first = 0; first < 256; first++) {
      const frames = new Frames(after)
      frames.add(Buffer.from([first]))
      assert.equal(reasonOf(() => frames.next()), [...allowed, 0xd0].includes(first) ? undefined : 'malformed', first.toString(16))
    }
  })

  it('of fixed length have that length', () => {
    for (const first of [0x40, 0x50, 0x62, 0x70, 0xc0, 0xe0]) {
      const right = first >= 0xc0 ? 0 : 2
      for (const length of [0, 1, 2, 3]) {
        const frames = new Frames(after)
        frames.add(Buffer.from([first, length, ...Array<number>(length).fill(1)]))
        assert.equal(reasonOf(() => frames.next()) === undefined, length === right, `${first.toString(16)} ${length}`)
      }
    }
  })
})
