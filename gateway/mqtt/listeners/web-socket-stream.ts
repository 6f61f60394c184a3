// A WebSocket as a stream of bytes: to MQTT it is a socket like any other, with the same back-pressure (MQTT 3.1.1 §6, MQTT 5 §6).
import { Duplex } from 'node:stream'
import { travelsBy } from '#gateway/lib/reset.ts'
import { binaryHead, CLOSE, closeFrame, FrameReader, pongFrame } from '#gateway/mqtt/listeners/web-socket-frames.ts'

export class WebSocketStream extends Duplex {
  readonly #socket: Duplex
  readonly #reader: FrameReader
  /** Of the newest ping that waits for its answer; older ones need none (RFC 6455 §5.5.3). */
  #pong: Buffer | undefined

  /** `socket` after its handshake; `head` is what came behind that. */
  constructor(socket: Duplex, head: Buffer) {
    super({ allowHalfOpen: false })
    this.#socket = socket
    travelsBy(this, socket)
    this.#reader = new FrameReader(payload => { this.#pong = payload; this.#answerPing() })
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('end', () => this.push(null))
    socket.on('drain', () => this.#answerPing())
    socket.on('error', () => this.destroy())
    socket.on('close', () => this.destroy())
    if (head.length > 0) this.#take(head)
  }

  override _read(): void { this.#socket.resume() }

  /** Done when the kernel has it: what it has not counts in `writableLength`. */
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.cork()
    this.#socket.write(binaryHead(chunk.length))
    this.#socket.write(chunk, error => { done(error); this.#answerPing() })
    this.#socket.uncork()
  }

  override _final(done: () => void): void { this.#socket.end(closeFrame(this.#reader.closing ?? CLOSE.NORMAL), done) }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }

  #take(chunk: Buffer): void {
    if (this.#reader.closing !== undefined) return
    const bytes = this.#reader.take(chunk)
    if (bytes.length > 0 && !this.push(bytes)) this.#socket.pause()
    if (this.#reader.closing !== undefined) this.#leave()
  }

  /** What was said before is still read, and then it is over. */
  #leave(): void {
    this.#socket.resume()
    this.push(null)
  }

  /** Whoever does not read gets no answers to pings either: they would pile up. */
  #answerPing(): void {
    if (!this.#pong || this.#socket.writableLength > 0 || this.writableEnded) return
    this.#socket.write(pongFrame(this.#pong))
    this.#pong = undefined
  }
}
