// What comes over a WebSocket, kept, and a way to wait for what is expected.
import { EventEmitter, once } from 'node:events'
import { WebSocket } from 'ws'

export const EXPECTED_MS_MAX = 30_000

export class Collector<T = any> {
  readonly got: T[] = []
  readonly socket: WebSocket
  readonly #news = new EventEmitter()

  private constructor(socket: WebSocket, read: (text: string) => readonly T[]) {
    this.socket = socket
    socket.on('message', data => {
      this.got.push(...read((data as Buffer).toString()))
      this.#news.emit('news')
    })
    socket.on('error', () => { /* who serves it is killed in some tests */ })
  }

  /** Resolves when it is open. `read` gives what is in one frame. */
  static async open<T = any>(url: string, read: (text: string) => readonly T[] = text => [JSON.parse(text) as T]): Promise<Collector<T>> {
    const collector = new Collector<T>(new WebSocket(url), read)
    await once(collector.socket, 'open')
    return collector
  }

  send(message: object): void { this.socket.send(JSON.stringify(message)) }
  close(): void { this.socket.terminate() }

  /** The first that is so, of what came and of what comes. Throws with the latest ones when none does in time. */
  async find(isWanted: (one: T) => boolean, what: string, msMax = EXPECTED_MS_MAX): Promise<T> {
    await this.until(() => this.got.some(isWanted), what, msMax)
    return this.got.find(isWanted)!
  }

  /** Asks after each frame. */
  async until(isDone: () => boolean, what: string, msMax = EXPECTED_MS_MAX): Promise<void> {
    const signal = AbortSignal.timeout(msMax)
    while (!isDone()) {
      await once(this.#news, 'news', { signal }).catch((cause: unknown) => {
        const latest = JSON.stringify(this.got.slice(-3)).slice(0, 2000)
        throw new Error(`not seen in ${msMax / 1000} s: ${what}. The latest of ${this.got.length}: ${latest}`, { cause })
      })
    }
  }
}
