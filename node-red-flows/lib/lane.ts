// One stream of a feed: reads it, leaves out what is not wanted, and knows how far it was sent on.
import { Batcher, type BatchOptions } from './batcher.ts'
import type { Envelope } from './envelope.ts'
import type { GatewayError } from './gateway-error.ts'
import { batchMessageOf, messageOf, type Item } from './outgoing.ts'
import type { Message } from './red.ts'
import { Sampler } from './sampler.ts'
import { select, type Selection } from './selection.ts'
import { StreamReader, type ReaderOptions, type ReaderTimes } from './stream-reader.ts'

export interface LaneOptions {
  readonly url: string
  readonly key: string
  readonly selection: Selection
  /** Undefined: one message at a time. */
  readonly batch: BatchOptions | undefined
  readonly stopsOnEnd: boolean
  readonly onMessage: (message: Message, count: number) => void
  /** A state has changed. */
  readonly onChange: () => void
  readonly onEnd: (streamId: string, error: GatewayError) => void
  /** Everything of the stream up to here was sent on or not wanted. */
  readonly onPosition: (streamId: string, position: string) => void
  readonly times?: ReaderTimes
}

export class Lane {
  readonly streamId: string
  readonly reader: StreamReader
  readonly #options: LaneOptions
  readonly #sampler: Sampler
  readonly #batcher: Batcher<Item> | undefined
  readonly #onItem: (item: Item) => void
  /** Taken, and neither sent on nor dropped. */
  #waiting = 0

  constructor(streamId: string, from: string | undefined, options: LaneOptions, onItem: (item: Item) => void) {
    this.streamId = streamId
    this.#options = options
    this.#onItem = onItem
    this.#sampler = new Sampler(options.selection.sampleMs)
    this.#batcher = options.batch && new Batcher(options.batch, items => this.#send(batchMessageOf(items, Date.now()), items))
    this.reader = new StreamReader(this.#readerOptions(from))
  }

  /** Sends an item on, or puts it to its batch. */
  send(item: Item): void {
    if (this.#batcher) this.#batcher.add(item)
    else this.#send(messageOf(item, Date.now()), [item])
  }

  /** One has given way to newer ones. */
  drop(): void { this.#waiting-- }

  stop(): void {
    this.reader.stop()
    this.#batcher?.stop()
  }

  #readerOptions(from: string | undefined): ReaderOptions {
    const { url, key, stopsOnEnd, onChange, onEnd, onPosition, times } = this.#options, { streamId } = this
    return {
      url, key, streamId, from, stopsOnEnd, times, onState: onChange,
      onEnvelope: envelope => this.#take(envelope),
      onEnd: error => onEnd(streamId, error),
      onBegin: position => onPosition(streamId, position),
    }
  }

  #take(envelope: Envelope): void {
    const entity = select(this.#options.selection, envelope.content)
    if (entity && this.#sampler.take(envelope.timestamp)) {
      this.#waiting++
      this.#onItem({ envelope, entity })
    } else if (this.#waiting === 0) this.#options.onPosition(this.streamId, envelope.messageId)
  }

  #send(message: Message, items: readonly Item[]): void {
    this.#waiting -= items.length
    this.#options.onMessage(message, items.length)
    const last = items.at(-1)
    if (last) this.#options.onPosition(this.streamId, last.envelope.messageId)
  }
}
