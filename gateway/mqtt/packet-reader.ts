// Walks through one packet, field by field. What is missing, too long or not allowed is a Violation.
import { Violation } from '#gateway/mqtt/close-reason.ts'
import type { Frame } from '#gateway/mqtt/frames.ts'
import { isText, isTopicFilter, isTopicName } from '#gateway/mqtt/text.ts'

export class PacketReader {
  readonly #bytes: Buffer
  readonly #end: number
  #at: number

  constructor(frame: Frame) {
    this.#bytes = frame.bytes
    this.#at = frame.body
    this.#end = frame.end
  }

  get isAtEnd(): boolean { return this.#at === this.#end }

  byte(): number {
    if (this.#at === this.#end) throw new Violation('malformed')
    return this.#bytes[this.#at++]!
  }

  word(): number { return (this.byte() << 8) | this.byte() }

  /** Never 0 [MQTT-2.3.1-1]. */
  packetId(): number {
    const id = this.word()
    if (id === 0) throw new Violation('malformed')
    return id
  }

  /** Bytes behind a length of two bytes, as a view. */
  raw(): Buffer {
    const start = this.#skip()
    return this.#bytes.subarray(start, this.#at)
  }

  text(): string {
    const start = this.#skip()
    if (!isText(this.#bytes, start, this.#at)) throw new Violation('bad-text')
    return this.#bytes.toString('utf8', start, this.#at)
  }

  topicName(): string {
    const start = this.#skip()
    if (!isTopicName(this.#bytes, start, this.#at)) throw new Violation('bad-topic')
    if (!isText(this.#bytes, start, this.#at)) throw new Violation('bad-text')
    return this.#bytes.toString('utf8', start, this.#at)
  }

  checkFilter(): void {
    const start = this.#skip()
    if (!isTopicFilter(this.#bytes, start, this.#at)) throw new Violation('bad-topic')
    if (!isText(this.#bytes, start, this.#at)) throw new Violation('bad-text')
  }

  /** All that is left, as a view. */
  rest(): Buffer {
    const start = this.#at
    this.#at = this.#end
    return this.#bytes.subarray(start, this.#end)
  }

  finish(): void {
    if (!this.isAtEnd) throw new Violation('malformed')
  }

  /** Steps over a length and as many bytes; answers where these begin. */
  #skip(): number {
    const length = this.word(), start = this.#at
    if (start + length > this.#end) throw new Violation('malformed')
    this.#at = start + length
    return start
  }
}
