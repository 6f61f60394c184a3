// What goes out of one socket: gathered over a turn of the loop, and written at once.
import type { Duplex } from 'node:stream'

/** So much is worth a write of its own: in a long turn nobody waits for its end, and what the kernel would have taken does not pile up here. */
const WRITE_BYTES = 65_536

export class Output {
  readonly #socket: Duplex
  /** The socket has more than it takes: told once, until it has drained. */
  readonly #onFull: () => void
  #parts: Buffer[] = []
  #bytes = 0
  #sent = 0
  #isScheduled = false
  #isEnded = false

  constructor(socket: Duplex, onFull: () => void) {
    this.#socket = socket
    this.#onFull = onFull
  }

  /** Bytes that were sent, in all … */
  get sent(): number { return this.#sent }
  /** … and of these, those that the kernel has not taken. */
  get waiting(): number { return this.#bytes + this.#socket.writableLength }

  send(bytes: Buffer): void {
    if (this.#isEnded) return
    this.#parts.push(bytes)
    this.#bytes += bytes.length
    this.#sent += bytes.length
    if (this.#bytes >= WRITE_BYTES) return this.#write()
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => this.flush())
  }

  flush(): void {
    this.#isScheduled = false
    this.#write()
  }

  #write(): void {
    if (this.#bytes === 0 || this.#isEnded) return
    const bytes = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts, this.#bytes)
    this.#parts = []
    this.#bytes = 0
    if (!this.#socket.write(bytes)) this.#onFull()
  }

  /** Writes what there is and a last word, and nothing after it. */
  end(lastWord?: Buffer): void {
    if (lastWord) this.send(lastWord)
    this.flush()
    this.#isEnded = true
    this.#socket.end()
  }

  cut(): void {
    this.#isEnded = true
    this.#socket.destroy()
  }
}
