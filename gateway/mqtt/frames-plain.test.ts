// Plain PUBLISHes come by a short way; what they are, and what is none, is the same as by the long one.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { publish } from '#gateway/mqtt/codec/encode.ts'
import { rangesAfterConnect } from '#gateway/mqtt/codec/lengths.ts'
import { readPublish, TYPE, type Qos, type Version } from '#gateway/mqtt/codec/packets.ts'
import { Violation } from '#gateway/mqtt/codec/reason.ts'
import { Frames } from '#gateway/mqtt/frames.ts'
import { MQTT_LIMITS } from '#gateway/mqtt/limits.ts'
import { TOPIC_LEVELS_MAX } from '#gateway/mqtt/text.ts'

const limits = { ...MQTT_LIMITS, publishBytesMax: 40_000 }, VERSIONS = [3, 4, 5] as const

/** All publishes of a stream, up to where it is no such stream any more. */
class Reader {
  readonly told: string[] = []
  plain = 0
  receivedAt = 0
  readonly #frames: Frames
  readonly #version: Version
  readonly #isShort: boolean
  #isBroken = false

  constructor(version: Version, isShort: boolean) {
    this.#version = version
    this.#isShort = isShort
    this.#frames = new Frames(rangesAfterConnect(limits, version))
  }

  publishRow(bytes: Buffer, topic: number, topicLength: number, payload: number, payloadLength: number, id: number): void {
    this.#tell(bytes.toString('utf8', topic, topic + topicLength), bytes.subarray(payload, payload + payloadLength), id === 0 ? 0 : 1, id, false)
  }

  add(chunk: Buffer): void {
    if (this.#isBroken) return
    this.#frames.add(chunk)
    try {
      for (;;) {
        if (this.#isShort) this.plain += this.#frames.takePlain(this, { receivedAt: 1, version: this.#version, max: Infinity, topicBytesMax: limits.topicCharsMax })
        const frame = this.#frames.next()
        if (!frame) return
        if (frame.bytes[frame.start]! >> 4 !== TYPE.PUBLISH) this.told.push(`type ${frame.bytes[frame.start]! >> 4}`)
        else this.#long(readPublish(frame, this.#version, 1))
      }
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      this.#isBroken = true
      this.told.push(error.reason)
    }
  }

  #long({ topic, payload, qos, id, retain, isDuplicate, properties }: ReturnType<typeof readPublish>): void {
    this.#tell(topic, payload, qos, id, retain, isDuplicate, Object.keys(properties ?? {}).length)
  }

  #tell(topic: string, payload: Uint8Array, qos: number, id: number, retain: boolean, isDuplicate = false, properties = 0): void {
    this.told.push(`${topic} ${Buffer.from(payload).toString('hex')} ${qos} ${id} ${retain} ${isDuplicate} ${properties}`)
  }
}

function both(version: Version, chunks: readonly Buffer[]): number {
  const short = new Reader(version, true), long = new Reader(version, false)
  for (const chunk of chunks) for (const reader of [short, long]) reader.add(Buffer.from(chunk))
  assert.deepEqual(short.told, long.told)
  return short.plain
}

const packet = (version: Version, topic: string, more: { qos?: Qos, id?: number, retain?: boolean, isDuplicate?: boolean, bytes?: number, isTold?: boolean } = {}): Buffer => {
  const { qos = 0, id = 1, retain = false, isDuplicate = false, bytes = 3, isTold = false } = more
  return publish({ topic: Buffer.from(topic), payload: Buffer.alloc(bytes, 7), qos, id: qos === 0 ? 0 : id, retain, isDuplicate, properties: isTold ? { contentType: 'x' } : undefined }, version)
}

describe('A plain PUBLISH', () => {
  for (const version of VERSIONS) {
    it(`is taken by the short way, in every length that has one (version ${version})`, () => {
      const bytes = Buffer.concat([0, 1, 120, 128, 16_383, 16_384, 39_000].flatMap(size => ([0, 1] as const).map(qos => packet(version, 'a/b', { qos, bytes: size }))))
      assert.equal(both(version, [bytes]), 14)
    })

    it(`is what it is by the long way, whatever comes and however it is cut and damaged (version ${version})`, () => {
      const some = fc.record({
        topic: fc.constantFrom('a', 'zigbee2mqtt/kitchen', 'ü', '$SYS/x', 'a/+', '#', 'a\u0007', '', 'x'.repeat(200), '/'.repeat(TOPIC_LEVELS_MAX), 'y'.repeat(2_000)),
        qos: fc.constantFrom(0 as const, 1 as const, 2 as const), id: fc.constantFrom(1, 256, 65_535, 0), retain: fc.boolean(), isDuplicate: fc.boolean(), bytes: fc.constantFrom(0, 1, 130), isTold: fc.boolean(),
      }).map(({ topic, ...more }) => packet(version, topic, more))
      const ping = fc.constant(Buffer.from([0xc0, 0])), damage = fc.option(fc.tuple(fc.nat(), fc.nat(255)), { freq: 2 })
      fc.assert(fc.property(fc.array(fc.oneof({ weight: 8, arbitrary: some }, ping), { minLength: 1, maxLength: 8 }), fc.array(fc.nat(), { maxLength: 4 }), damage, (packets, cuts, fault) => {
        const bytes = Buffer.concat(packets)
        if (fault) bytes[fault[0] % bytes.length] = fault[1]
        const places = [0, ...cuts.map(cut => cut % bytes.length).sort((a, b) => a - b), bytes.length]
        both(version, places.slice(1).map((end, n) => bytes.subarray(places[n], end)).filter(({ length }) => length > 0))
      }), { numRuns: 1_000 })
    })
  }

  it('has no more levels than a topic may have', () => {
    assert.equal(both(4, [Buffer.concat([packet(4, '/'.repeat(TOPIC_LEVELS_MAX - 1)), packet(4, '/'.repeat(TOPIC_LEVELS_MAX))])]), 1)
  })
})
