// What one turn of the loop lets out, on its way to the journal: records one behind the other as the journal wants them, and of each by which
// channel and plan it goes. A message is made of one when it is published, so that what waits for the disk is no objects. The memory is used
// again for another turn: whoever holds on to a view keeps a copy (`View.keep`).
import type { Plan } from '#gateway/decision/plans.ts'
import type { Stream } from '#gateway/devices/streams.ts'
import { RECORD_BYTES, writeRecord } from '#gateway/journal/record.ts'
import type { Channel } from '#gateway/publish/channel.ts'
import type { Message, Turn } from '#gateway/publish/message.ts'
import { Packed } from '#semantic-models/packed.ts'

const NOTHING: Buffer = Buffer.alloc(0)
/** Memory that is used again. Were it made anew in each turn, the garbage collector would go through everything for it several times a second. */
const KEPT_BYTES_MAX = 4 << 20

/** Of a message, in numbers: where its record begins, the length of its content, its mask, and what numbers it in its stream. */
const WORDS = 6, AT = 0, SIZE = 1, MASK = 2, POSITION = 3, TIMESTAMP = 4, SEQUENCE = 5
const COUNT_AT_FIRST = 64

export class Outgoing implements Turn {
  readonly #channels: Channel[] = []
  readonly #plans: Plan[] = []
  #words = new Float64Array(COUNT_AT_FIRST * WORDS)
  /** The records, up to `length`. */
  records: Buffer = NOTHING
  length = 0
  isDurable = false
  #settled: PromiseWithResolvers<void> | undefined

  /** Messages. */
  get count(): number { return this.#channels.length }

  /** When the journal has it, and whoever may have it too. */
  settled(): Promise<void> { return (this.#settled ??= Promise.withResolvers<void>()).promise }

  settle(error?: Error): void {
    if (error) this.#settled?.reject(error)
    else this.#settled?.resolve()
  }

  /** Empty again, for another turn. */
  clear(): this {
    this.#channels.length = this.#plans.length = this.length = 0
    this.isDurable = false
    this.#settled = undefined
    if (this.records.length > KEPT_BYTES_MAX) this.records = NOTHING
    return this
  }

  /** Takes back what came behind so many messages and bytes, and tells of which streams that was. */
  cut(count: number, length: number): readonly Stream[] {
    const streams = this.streams(count)
    this.length = length
    this.#channels.length = this.#plans.length = count
    return streams
  }

  /** Makes room for so many packed entities of so many bytes in all. */
  expect(count: number, bytes: number): void {
    const size = this.length + count * RECORD_BYTES + bytes
    if (size <= this.records.length) return
    const grown = Buffer.allocUnsafe(Math.max(size, 2 * this.records.length))
    this.records.copy(grown, 0, 0, this.length)
    this.records = grown
  }

  /** Copies a packed entity out of `bytes`, without `expect` where there is no room yet. */
  add(channel: Channel, plan: Plan, receivedAt: number, bytes: Buffer, from: number, to: number, mask: number): void {
    const size = to - from, at = this.length
    if (at + RECORD_BYTES + size > this.records.length) this.expect(1, size)
    bytes.copy(this.records, at + RECORD_BYTES, from, to)
    this.length = at + RECORD_BYTES + size
    channel.count(receivedAt)
    writeRecord(this.records, at, size, channel.stream.number, channel.position, channel.timestamp, channel.sequenceNumber)
    this.#note(channel, at, size, mask)
    this.#plans.push(plan)
    this.#channels.push(channel)
  }

  messageAt(n: number): Message {
    const words = this.#words, word = n * WORDS, channel = this.#channels[n]!, { stream, msgChainId } = channel, from = words[word + AT]! + RECORD_BYTES
    return {
      channel, plan: this.#plans[n]!, stream, msgChainId, position: words[word + POSITION]!, timestamp: words[word + TIMESTAMP]!,
      sequenceNumber: words[word + SEQUENCE]!, content: new Packed(stream.model, this.records, from, from + words[word + SIZE]!, words[word + MASK]!),
    }
  }

  /** Of each message behind so many, its stream. */
  streams(count = 0): readonly Stream[] { return this.#channels.slice(count).map(({ stream }) => stream) }

  #note({ position, timestamp, sequenceNumber }: Channel, at: number, size: number, mask: number): void {
    const word = this.count * WORDS
    if (word === this.#words.length) this.#grow()
    const words = this.#words
    words[word + AT] = at
    words[word + SIZE] = size
    words[word + MASK] = mask
    words[word + POSITION] = position
    words[word + TIMESTAMP] = timestamp
    words[word + SEQUENCE] = sequenceNumber
  }

  #grow(): void {
    const grown = new Float64Array(2 * this.#words.length)
    grown.set(this.#words)
    this.#words = grown
  }
}
