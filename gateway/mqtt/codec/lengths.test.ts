// Of all first bytes there are, those that a client may send, each with the lengths it may have, and what the others are.
import assert from 'node:assert/strict'
import { rangesAfterConnect, rangesBeforeConnect } from '#gateway/mqtt/codec/lengths.ts'
import { REASON, Violation } from '#gateway/mqtt/codec/reason.ts'
import { Frames } from '#gateway/mqtt/frames.ts'
import { MQTT_LIMITS } from '#gateway/mqtt/limits.ts'

/** The remaining length as a sender would write it. */
function head(first: number, length: number): Buffer {
  const bytes = [first]
  let rest = length
  do {
    bytes.push(rest >= 128 ? rest % 128 | 0x80 : rest)
    rest = Math.floor(rest / 128)
  } while (rest > 0)
  return Buffer.from(bytes)
}

function refusal(ranges: ReturnType<typeof rangesBeforeConnect>, first: number, length: number): Violation | undefined {
  const frames = new Frames(ranges)
  frames.add(head(first, length))
  try {
    frames.next()
  } catch (error) {
    assert.ok(error instanceof Violation)
    return error
  }
  return undefined
}

/** Least and greatest lengths, and the code of what is above. */
const after = (answerMax: number, disconnectMax: number) => new Map<number, readonly [number, number, number | undefined]>([
  ...[0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x3a, 0x3b, 0x3c, 0x3d].map(first => [first, [2, MQTT_LIMITS.publishBytesMax, REASON.TOO_LARGE]] as const),
  ...[0x40, 0x50, 0x62, 0x70].map(first => [first, [2, answerMax, REASON.MALFORMED]] as const),
  ...[0x82, 0xa2].map(first => [first, [2, MQTT_LIMITS.filtersBytesMax, REASON.TOO_LARGE]] as const),
  [0xc0, [0, 0, undefined]], [0xd0, [0, 0, undefined]], [0xe0, [0, disconnectMax, disconnectMax === 0 ? undefined : REASON.MALFORMED]],
])

describe('lengths', () => {
  for (const [version, expected] of [[3, after(2, 0)], [4, after(2, 0)], [5, after(4_096, 4_096)]] as const) {
    it(`after a CONNECT of level ${version} end at their limits, for all first bytes`, () => {
      const ranges = rangesAfterConnect(MQTT_LIMITS, version)
      for (let first = 0; first < 256; first++) {
        const range = expected.get(first)
        if (!range) { assert.ok(refusal(ranges, first, 2), first.toString(16)); continue }
        const [min, max, code] = range, name = first.toString(16)
        assert.deepEqual([refusal(ranges, first, min), refusal(ranges, first, max)], [undefined, undefined], name)
        assert.equal(refusal(ranges, first, max + 1)!.code, code, name)
        if (min > 0) assert.equal(refusal(ranges, first, min - 1)!.code, REASON.MALFORMED, name)
      }
    })
  }

  it('before it are those of a CONNECT, whose flags are looked at when it is there, and all else is silence', () => {
    const ranges = rangesBeforeConnect(MQTT_LIMITS)
    for (let first = 0; first < 256; first++) {
      const refused = refusal(ranges, first, MQTT_LIMITS.connectBytesMax)
      assert.deepEqual([refused?.code, refused === undefined], [undefined, first >> 4 === 1], first.toString(16))
    }
    assert.equal(refusal(ranges, 0x10, MQTT_LIMITS.connectBytesMax + 1)!.reason, 'too-large')
    assert.ok(refusal(ranges, 0x10, 1))
  })

  it('tell wrong flags, which are malformed, from packets that only a server sends', () => {
    const ranges = rangesAfterConnect(MQTT_LIMITS, 5), codes = (first: number) => refusal(ranges, first, 2)!.code
    for (const first of [0x36, 0x37, 0x38, 0x39, 0x3e, 0x41, 0x51, 0x60, 0x63, 0x71, 0x80, 0x83, 0x91, 0xa0, 0xb1, 0xc1, 0xe1]) assert.equal(codes(first), REASON.MALFORMED, first.toString(16))
    for (const first of [0x00, 0x10, 0x20, 0x90, 0xb0, 0xf0]) assert.equal(codes(first), REASON.PROTOCOL_ERROR, first.toString(16))
  })
})
