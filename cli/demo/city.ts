// The demo's city: subscribes to every stream that it has an agreement on, and counts what comes.
import { WebSocket } from 'ws'

export interface Arrival { readonly streamId: string, readonly timestamp: number, readonly content: Readonly<Record<string, unknown>> }

export class City {
  readonly #url: string
  readonly #key: string
  readonly #sockets = new Map<string, WebSocket>()
  readonly #ended = new Map<string, string>()
  /** Messages by stream. */
  readonly counts = new Map<string, number>()
  /** When the gateway received them, in milliseconds. */
  readonly receipts = new Map<string, number[]>()
  last: Arrival | undefined

  constructor(url: string, key: string) {
    this.#url = url
    this.#key = key
  }

  /** Resolves when the stream is open. */
  subscribe(streamId: string): Promise<void> {
    const address = `${this.#url.replace('http', 'ws')}/streams/${encodeURIComponent(streamId)}/subscribe?envelope=1`
    const socket = new WebSocket(address, { headers: { authorization: `Bearer ${this.#key}` }, perMessageDeflate: false })
    this.#sockets.set(streamId, socket)
    socket.on('message', data => this.#take(streamId, data as Buffer))
    socket.on('close', (_code, reason) => { this.#ended.set(streamId, reason.toString()) })
    return new Promise((done, fail) => socket.once('open', done).once('error', fail))
  }

  get messageCount(): number { return [...this.counts.values()].reduce((sum, count) => sum + count, 0) }
  get openCount(): number { return this.#sockets.size - this.#ended.size }
  /** Why a stream has ended. */
  endOf(streamId: string): string | undefined { return this.#ended.get(streamId) }

  close(): void { for (const socket of this.#sockets.values()) socket.terminate() }

  #take(streamId: string, data: Buffer): void {
    const arrival = JSON.parse(data.toString()) as Arrival
    this.counts.set(streamId, (this.counts.get(streamId) ?? 0) + 1)
    const receipts = this.receipts.get(streamId)
    if (receipts) receipts.push(arrival.timestamp)
    else this.receipts.set(streamId, [arrival.timestamp])
    this.last = arrival
  }
}
