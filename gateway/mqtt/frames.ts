// Cuts a stream of bytes into MQTT packets, and says no to a packet by its first bytes, before the rest of it is held.
import { malformed, Violation } from '#gateway/mqtt/codec/reason.ts'
import { TOPIC_LEVELS_MAX } from '#gateway/mqtt/text.ts'

/** One whole packet: `bytes[start]` is its first byte, `bytes[body]` the first after the remaining length, `end` where it stops. */
export interface Frame {
  readonly bytes: Buffer
  readonly start: number
  readonly body: number
  readonly end: number
}

/** The remaining lengths, in bytes, that a packet may have, and what it is where it is longer. */
export interface LengthRange { readonly min: number, readonly max: number, readonly tooLong?: Violation }

/** By the first byte (type and flags): what may come now, or what it is that it comes. */
export type LengthRanges = readonly (LengthRange | Violation)[]

const NOTHING: Buffer = Buffer.alloc(0)
/** The remaining length has at most four bytes of seven bits (MQTT 3.1.1 §2.2.3). */
const LENGTH_SHIFT_MAX = 21

/** Who takes plain PUBLISHes. */
export interface PlainTarget {
  receivedAt: number
  /** `id` 0: QoS 0. */
  publishRow(bytes: Buffer, topic: number, topicLength: number, payload: number, payloadLength: number, id: number): void
}

export interface PlainOptions {
  readonly receivedAt: number
  readonly version: 3 | 4 | 5
  readonly max: number
  readonly topicBytesMax: number
}

const PUBLISH_0 = 0x30, PUBLISH_1 = 0x32, DOLLAR = 0x24, HASH = 0x23, PLUS = 0x2b
/** A topic that is no longer has no more levels than a topic may have. */
const PLAIN_TOPIC_BYTES_MAX = TOPIC_LEVELS_MAX - 1
/** Type, length, topic's length and a topic of one byte. */
const PLAIN_BYTES_MIN = 5

function isPlainTopic(bytes: Buffer, from: number, length: number): boolean {
  for (let at = from, end = from + length; at < end; at++) {
    const byte = bytes[at]!
    if (byte < 0x20 || byte > 0x7e || byte === HASH || byte === PLUS) return false
  }
  return true
}

/** A packet that is no longer is worked off at once, and nothing of it kept: an acknowledgement, a ping. */
const FLEETING_BYTES_MAX = 4

/**
 * `add` what a socket brought, then take `next` until there is none. Nothing is ever written over the bytes of a frame: whoever needs them
 * may hold them. Only what `takePlain` tells of has to be read while it is told, where it lies in bytes that were lent.
 */
export class Frames {
  /** What may come next; changes when a CONNECT was taken. */
  ranges: LengthRanges
  #bytes: Buffer = NOTHING
  #at = 0
  #end = 0
  /** No one else has a view of `#bytes`: more may be appended in place. */
  #isOwn = false
  /** `#bytes` are given back at `release`. */
  #isLent = false

  constructor(ranges: LengthRanges) { this.ranges = ranges }

  /** Bytes that were added and do not belong to a frame that was taken. */
  get waiting(): number { return this.#end - this.#at }

  /** Bytes of memory that are held for them. */
  get held(): number { return this.waiting === 0 ? 0 : this.#bytes.length }

  add(chunk: Buffer): void {
    if (this.waiting === 0) this.#set(chunk, chunk.length, false)
    else this.#append(chunk, chunk.length)
  }

  /** As `add`, of bytes that are there until `release`, which has to follow. */
  borrow(bytes: Buffer, length: number): void {
    if (this.waiting > 0) return this.#append(bytes, length)
    this.#set(bytes, length, false)
    this.#isLent = true
  }

  /** Gives back what was lent: what is left of it is copied out. */
  release(): void {
    if (!this.#isLent) return
    if (this.waiting > 0) this.#keep()
    else this.#set(NOTHING, 0, false)
  }

  /** The next whole packet, or undefined until more bytes come. Throws a Violation. */
  next(): Frame | undefined {
    if (this.waiting === 0) {
      this.#set(NOTHING, 0, false) // an idle connection keeps nothing of what it once brought
      return undefined
    }
    const bytes = this.#bytes, start = this.#at
    const range = this.ranges[bytes[start]!]!
    if (range instanceof Violation) throw range
    let length = 0, shift = 0, body = start + 1
    for (;;) {
      if (shift > LENGTH_SHIFT_MAX) throw malformed()
      if (body === this.#end) return this.#keep()
      const byte = bytes[body++]!
      length |= (byte & 0x7f) << shift
      if (byte < 0x80) break
      shift += 7
    }
    if (length < range.min) throw malformed()
    if (length > range.max) throw range.tooLong ?? malformed()
    const end = body + length
    if (end > this.#end) return this.#keep()
    this.#at = end
    this.#isOwn = false
    if (this.#isLent && end - start > FLEETING_BYTES_MAX) return { bytes: Buffer.from(bytes.subarray(start, end)), start: 0, body: body - start, end: end - start }
    return { bytes, start, body, end }
  }

  /**
   * Takes whole packets as long as they are PUBLISHes of QoS 0 or 1 with nothing to them but an ASCII topic without a wildcard and a payload,
   * and tells how many. Whatever is not so plain, or not sound, is left to `next`. This is where most packets of a day come by.
   */
  takePlain(target: PlainTarget, { receivedAt, version, max, topicBytesMax }: PlainOptions): number {
    const bytes = this.#bytes, stop = this.#end
    let count = 0
    target.receivedAt = receivedAt
    for (let start = this.#at; count < max && start + PLAIN_BYTES_MIN <= stop; start = this.#at, count++) {
      const first = bytes[start]!, range = this.ranges[first]!
      if ((first !== PUBLISH_0 && first !== PUBLISH_1) || range instanceof Violation) break
      let length = bytes[start + 1]!, body = start + 2
      if (length >= 0x80) {
        length = (length & 0x7f) | (bytes[body]! & 0x7f) << 7
        if (bytes[body++]! >= 0x80) {
          length |= bytes[body]! << 14
          if (bytes[body++]! >= 0x80) break // above 2 MiB: as rare as it looks
        }
      }
      const end = body + length, topic = body + 2, topicLength = bytes[body]! << 8 | bytes[body + 1]!, hasId = first === PUBLISH_1
      let payload = topic + topicLength, id = 0
      if (end > stop || length < range.min || length > range.max || topicLength === 0 || topicLength > PLAIN_TOPIC_BYTES_MAX || topicLength > topicBytesMax) break
      if (hasId) {
        id = bytes[payload]! << 8 | bytes[payload + 1]!
        payload += 2
        if (id === 0) break
      }
      if (version === 5 && bytes[payload++] !== 0) break
      if (payload > end || bytes[topic] === DOLLAR || !isPlainTopic(bytes, topic, topicLength)) break
      target.publishRow(bytes, topic, topicLength, payload, end - payload, id)
      this.#at = end
      this.#isOwn = false
    }
    return count
  }

  /** An unfinished packet is copied out, or a few bytes of it would keep a whole chunk alive. */
  #keep(): undefined {
    if (this.#isOwn) return
    const rest = Buffer.from(this.#bytes.subarray(this.#at, this.#end))
    this.#set(rest, rest.length, true)
  }

  /** Room grows by doubling, so that a packet that drips in is not copied at each drop. */
  #append(chunk: Buffer, length: number): void {
    const size = this.waiting + length
    if (!this.#isOwn || this.#at + size > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(size, 2 * this.waiting))
      this.#bytes.copy(grown, 0, this.#at, this.#end)
      this.#set(grown, this.waiting, true)
    }
    chunk.copy(this.#bytes, this.#end, 0, length)
    this.#end += length
  }

  #set(bytes: Buffer, length: number, isOwn: boolean): void {
    this.#bytes = bytes
    this.#at = 0
    this.#end = length
    this.#isOwn = isOwn
    this.#isLent = false
  }
}
