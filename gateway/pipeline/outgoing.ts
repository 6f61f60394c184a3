// What one turn of the loop lets out, on its way to the journal: messages, and their records one behind the other as the journal wants them. The
// messages' content lies in the records, which are used again for another turn: whoever holds on to a view keeps a copy (`View.keep`).
import type { Plan } from '#gateway/decision/plans.ts'
import { RECORD_BYTES, writeRecord } from '#gateway/journal/record.ts'
import type { Channel } from '#gateway/publish/channel.ts'
import type { Message } from '#gateway/publish/message.ts'
import type { Model } from '#semantic-models/model.ts'
import { Packed } from '#semantic-models/packed.ts'

const NOTHING: Buffer = Buffer.alloc(0)
/** Memory that is used again. Were it made anew in each turn, the garbage collector would go through everything for it several times a second. */
const KEPT_BYTES_MAX = 4 << 20

export class Outgoing {
  readonly messages: Message[] = []
  /** The records, up to `length`. */
  records: Buffer = NOTHING
  length = 0
  isDurable = false
  #settled: PromiseWithResolvers<void> | undefined

  /** When the journal has it, and whoever may have it too. */
  settled(): Promise<void> { return (this.#settled ??= Promise.withResolvers<void>()).promise }

  settle(error?: Error): void {
    if (error) this.#settled?.reject(error)
    else this.#settled?.resolve()
  }

  /** Empty again, for another turn. */
  clear(): this {
    this.messages.length = this.length = 0
    this.isDurable = false
    this.#settled = undefined
    if (this.records.length > KEPT_BYTES_MAX) this.records = NOTHING
    return this
  }

  /** Takes back what came behind so many messages and bytes. */
  cut(messages: number, length: number): Message[] {
    this.length = length
    return this.messages.splice(messages)
  }

  /** Makes room for so many packed entities of so many bytes in all. */
  expect(count: number, bytes: number): void {
    const size = this.length + count * RECORD_BYTES + bytes
    if (size <= this.records.length) return
    const grown = Buffer.allocUnsafe(Math.max(size, this.length === 0 ? 0 : 2 * this.records.length))
    this.records.copy(grown, 0, 0, this.length) // what came before points into the old one, which stays as it is
    this.records = grown
  }

  /** Copies a packed entity out of `bytes`, without `expect` where there is no room yet. */
  add(channel: Channel, plan: Plan, receivedAt: number, model: Model, bytes: Buffer, from: number, to: number, mask: number): void {
    const size = to - from
    if (this.length + RECORD_BYTES + size > this.records.length) this.expect(1, size)
    const at = this.length, content = at + RECORD_BYTES, { records } = this
    bytes.copy(records, content, from, to)
    this.length = content + size
    const message = channel.next(new Packed(model, records, content, this.length, mask), receivedAt, true, plan)
    writeRecord(records, at, size, message.stream.number, message.position, message.timestamp, message.sequenceNumber)
    this.messages.push(message)
  }
}
