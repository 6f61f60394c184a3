// The pipe between a connection and the broker that keeps its session: whole packets in, whole packets out.
import { Duplex } from 'node:stream'
import type { Socket } from 'node:net'

/** What the other end asks of its connection. */
export interface SessionStreamOwner {
  /** The broker takes packets again after `push` had said no. */
  wanted(): void
  /** The broker let go of the connection. */
  dropped(): void
}

export class SessionStream extends Duplex {
  readonly #socket: Socket
  readonly #owner: SessionStreamOwner

  constructor(socket: Socket, owner: SessionStreamOwner) {
    super()
    this.#socket = socket
    this.#owner = owner
  }

  override _read(): void { this.#owner.wanted() }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done)
  }

  /** The pieces of a packet go out as one, or an acknowledgement of ours could come between them. */
  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#owner.dropped()
    done(error)
  }
}
