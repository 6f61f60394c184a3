// One end of a transport without a network behind it: what was opened by a client, and a client that reads when it is told to.
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import type { Party } from '#gateway/parties/parties.ts'
import type { Message } from '#gateway/publish/message.ts'
import type { Subscription } from '#gateway/publish/network.ts'
import type { Seals } from '#gateway/publish/sealed-sink.ts'
import type { Sink } from '#gateway/publish/sink.ts'
import { View } from '#gateway/publish/view.ts'
import type { Model } from '#semantic-models/model.ts'
import { pack } from '#semantic-models/packed.ts'
import type { LiveStreams } from '#gateway/publish/websocket.ts'

export const PARTY: Party = { id: 'sub_1', role: 'subscriber', name: 'city', createdAt: 0 }

/** Opens whatever is asked for, and keeps count. */
export class FakeLive implements LiveStreams {
  readonly opened: { readonly streamId: string, readonly from: string | undefined, readonly sink: Sink }[] = []
  closed = 0

  open(_party: Party, streamId: string, from: string | undefined, connectSink: () => Sink): Subscription {
    const sink = connectSink()
    this.opened.push({ streamId, from, sink })
    return { stop() {}, close: () => { this.closed++ } }
  }

  get sink(): Sink { return this.opened.at(-1)!.sink }
}

/** For whom nobody asks for proofs. */
export const noSeals: Seals = { join() { throw new Error('nobody asked for proofs') }, seal() { throw new Error('nobody asked for proofs') } }

export function outgoing(position: number, bytes = 10): View {
  const stream = { id: `0x${'ab'.repeat(20)}/x/y` }, content = pack({ model: BARE, head: JSON.stringify({ n: position, pad: 'x'.repeat(bytes) }), parts: [], mask: 0 }, 0)
  return new View({ stream, position, timestamp: position, sequenceNumber: 0, msgChainId: 'chain', content } as unknown as Message, 0)
}

/** A model that adds nothing to a text. */
const BARE = { tailBytes: Buffer.alloc(0) } as Model

const BYTES_MAX = 64 << 20

/** Hands over to a reader who reads nothing until the transport has had enough, and the kernel too. */
export async function fill(sink: Sink): Promise<void> {
  for (let count = 1; count < BYTES_MAX / 10_000; count++) {
    if (sink.send([outgoing(count, 10_000)])) continue
    await turn() // what was kept together until the end of the turn goes to the kernel
    if (!sink.isEmpty) return
  }
  throw new Error(`took ${BYTES_MAX} bytes of a reader who reads nothing`)
}

/** As `fill`, and a megabyte more than the transport asks for. */
export async function overfill(sink: Sink): Promise<void> {
  await fill(sink)
  for (let count = 0; count < 100; count++) sink.send([outgoing(count, 10_000)])
  await turn()
}

/** A turn of the loop. */
export function turn(): Promise<void> { return new Promise(done => setImmediate(done)) }

export async function until(isSo: () => boolean): Promise<void> { while (!isSo()) await turn() }

/** Whoever waited for the end of a socket has heard of it. */
export async function closed(socket: Socket): Promise<void> {
  await until(() => socket.closed)
  await turn()
}

/** Bytes that the kernel has taken from a socket: what is above it is on its way, and out of anybody's reach. */
export function takenByKernel(socket: Socket): number {
  const { _bytesDispatched, _handle } = socket as unknown as { _bytesDispatched: number, _handle: { writeQueueSize: number } }
  return _bytesDispatched - _handle.writeQueueSize
}

/** An HTTP server on a free port, and the sockets of its clients in the order in which they came. */
export class TestServer {
  readonly server: Server
  readonly sockets: Socket[] = []
  readonly #clients: Socket[] = []

  constructor(listener?: RequestListener) {
    this.server = createServer(listener)
    this.server.on('connection', socket => this.sockets.push(socket))
  }

  async start(): Promise<this> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening')
    return this
  }

  get port(): number { return (this.server.address() as AddressInfo).port }

  /** A client that has sent its request and reads nothing yet. */
  async client(request: string): Promise<Socket> {
    const socket = connect({ port: this.port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => { /* reset by the server */ })
    this.#clients.push(socket)
    socket.pause()
    await once(socket, 'connect')
    socket.write(request)
    return socket
  }

  async stop(): Promise<void> {
    for (const socket of [...this.sockets, ...this.#clients]) socket.destroy()
    this.server.closeAllConnections()
    await new Promise(done => this.server.close(done))
  }
}

/** All that still comes until the other side ends. */
export async function rest(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk: Buffer) => { text += chunk.toString('latin1') })
  const over = Promise.race([once(socket, 'end'), once(socket, 'close')])
  socket.resume()
  await over
  return text
}
