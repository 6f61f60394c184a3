// Streams into a flow: any number of them, sent on in turns that leave the event loop to others, with a bound on what waits.
import { Buffer, type Overflow } from './buffer.ts'
import { Lane, type LaneOptions } from './lane.ts'
import type { Item } from './outgoing.ts'
import type { ReaderState } from './stream-reader.ts'

/** Sent on in one turn of the event loop. */
export const TURN_MESSAGES_MAX = 100

export interface FeedOptions extends LaneOptions {
  /** What happens when `bufferMax` messages wait: the gateway waits too, or the oldest give way. */
  readonly overflow: Overflow
  readonly bufferMax: number
}

export class Feed {
  readonly #options: FeedOptions
  readonly #lanes = new Map<string, Lane>()
  readonly #buffer: Buffer<{ readonly lane: Lane, readonly item: Item }>
  #turn: NodeJS.Immediate | undefined
  #dropped = 0
  #isPaused = false

  constructor(options: FeedOptions) {
    this.#options = options
    this.#buffer = new Buffer(options.bufferMax, options.overflow)
  }

  get streamIds(): readonly string[] { return [...this.#lanes.keys()] }
  /** Messages that have come and are not sent on yet. */
  get waiting(): number { return this.#buffer.length }
  /** Messages that gave way to newer ones. */
  get dropped(): number { return this.#dropped }

  /** In which states the streams are, and with which code one has ended. */
  get standing(): { readonly connecting: number, readonly connected: number, readonly endCode: string | undefined } {
    const readers = [...this.#lanes.values()].map(({ reader }) => reader)
    const count = (sought: ReaderState): number => readers.filter(({ state }) => state === sought).length
    const ended = readers.find(({ state }) => state === 'ended')
    return { connecting: count('connecting'), connected: count('connected'), endCode: ended?.endCode }
  }

  /** Does nothing for a stream that is open. `from`: see ReaderOptions. */
  open(streamId: string, from: string | undefined): void {
    if (this.#lanes.has(streamId)) return
    const lane = new Lane(streamId, from, this.#options, item => this.#take(lane, item))
    this.#lanes.set(streamId, lane)
    if (this.#isPaused) lane.reader.pause()
    lane.reader.start()
  }

  /** At once, where the gateway has ended it. */
  askAgain(streamId: string): void { this.#lanes.get(streamId)?.reader.askAgain() }

  /** Nothing of the stream is sent on any more when this returns. */
  close(streamId: string): void {
    const lane = this.#lanes.get(streamId)
    if (!lane) return
    this.#lanes.delete(streamId)
    lane.stop()
    this.#buffer.remove(waiting => waiting.lane === lane)
    this.#setPaused()
    this.#options.onChange()
  }

  stop(): void {
    clearImmediate(this.#turn)
    for (const lane of this.#lanes.values()) lane.stop()
    this.#lanes.clear()
    this.#buffer.remove(() => true)
  }

  #take(lane: Lane, item: Item): void {
    const gone = this.#buffer.push({ lane, item })
    if (gone) {
      gone.lane.drop()
      this.#dropped++
    }
    this.#setPaused()
    this.#turn ??= setImmediate(() => this.#sendSome())
  }

  #sendSome(): void {
    this.#turn = undefined
    for (let sent = 0; sent < TURN_MESSAGES_MAX; sent++) {
      const next = this.#buffer.shift()
      if (!next) break
      next.lane.send(next.item)
    }
    this.#setPaused()
    if (this.#buffer.length > 0) this.#turn = setImmediate(() => this.#sendSome())
  }

  #setPaused(): void {
    const { isPaused } = this.#buffer
    if (isPaused === this.#isPaused) return
    this.#isPaused = isPaused
    for (const { reader } of this.#lanes.values()) {
      if (isPaused) reader.pause()
      else reader.resume()
    }
  }
}
