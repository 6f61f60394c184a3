// What goes out of one socket: gathered over a turn of the loop, and written at once.
import type { Duplex } from 'node:stream'
import { reset } from '#gateway/lib/reset.ts'

/** So much is worth a write of its own: in a long turn nobody waits for its end, and what the kernel would have taken does not pile up here. */
const WRITE_BYTES = 65_536

const NOTHING: Buffer = Buffer.alloc(0)
/** A chunk is twice of what the last write had, and no less than this … */
const CHUNK_BYTES_MIN = 512
/** … and no more than a write with the message that fills it: in one chunk, so that it need not be put together. */
const CHUNK_BYTES_MAX = WRITE_BYTES + 4_096

export class Output {
  readonly #socket: Duplex
  /** The socket has more than it takes: told once, until it has drained. */
  readonly #onFull: () => void
  readonly #flushLater = (): void => this.flush()
  #parts: Buffer[] = []
  /** Where room is given: what was filled and is not among the parts lies from `begin` to `end`. */
  #chunk: Buffer = NOTHING
  #begin = 0
  #end = 0
  #chunkBytes = CHUNK_BYTES_MIN
  roomAt = 0
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
    this.#seal()
    this.#parts.push(bytes)
    if (this.#count(bytes.length)) setImmediate(this.#flushLater)
    if (this.#bytes >= WRITE_BYTES) this.#write()
  }

  /** Room for so many bytes, from `roomAt` on, to be filled before anything else is asked of this: what small messages are written into, one behind the other. */
  room(bytes: number): Buffer {
    if (this.#bytes >= WRITE_BYTES) this.#write()
    if (this.#end + bytes > this.#chunk.length) {
      this.#seal()
      this.#chunk = Buffer.allocUnsafe(Math.max(bytes, this.#chunkBytes))
      this.#begin = this.#end = 0
    }
    this.roomAt = this.#end
    this.#end += bytes
    // Whoever fills small messages in has all of the turn at hand: to wait for another would cost a turn for each message of a quiet day.
    if (this.#count(bytes)) process.nextTick(this.#flushLater)
    return this.#chunk
  }

  /** Whether it has to be flushed. */
  #count(bytes: number): boolean {
    this.#bytes += bytes
    this.#sent += bytes
    if (this.#isScheduled || this.#isEnded) return false
    return this.#isScheduled = true
  }

  /** What was written into the chunk goes in its turn; what is left of it is still room. */
  #seal(): void {
    if (this.#begin === this.#end) return
    this.#parts.push(this.#chunk.subarray(this.#begin, this.#end))
    this.#begin = this.#end
  }

  flush(): void {
    this.#isScheduled = false
    this.#write()
  }

  #write(): void {
    if (this.#bytes === 0 || this.#isEnded) return
    this.#seal()
    const parts = this.#parts, bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts, this.#bytes)
    this.#chunkBytes = Math.min(Math.max(2 * this.#bytes, CHUNK_BYTES_MIN), CHUNK_BYTES_MAX)
    this.#parts = []
    this.#bytes = 0
    const hasRoom = this.#socket.write(bytes)
    if (this.#socket.writableLength > 0) this.#chunk = NOTHING // it is read from there
    this.#begin = this.#end = 0
    if (!hasRoom) this.#onFull()
  }

  /** Writes what there is and a last word, and nothing after it. */
  end(lastWord?: Buffer): void {
    if (lastWord) this.send(lastWord)
    this.flush()
    this.#isEnded = true
    this.#socket.end()
  }

  /** To be called now and then: an idle connection keeps no memory for what it may send. */
  rest(): void {
    if (this.#bytes === 0) this.#chunk = NOTHING
  }

  cut(): void {
    this.#forget()
    this.#socket.destroy()
  }

  /** With what the kernel has still to send. */
  reset(): void {
    this.#forget()
    reset(this.#socket)
  }

  #forget(): void {
    this.#isEnded = true
    this.#chunk = NOTHING
    this.#begin = this.#end = 0
  }
}
