// Between a gateway and its InfluxDB: sees every byte on its way there, and what of it came behind an acknowledged withdrawal.
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { heldBy } from '#test/chaos/withdrawal/in-kernel.ts'

/** A consent's tag may be cut in two by a read: it is no longer than this. */
const TAIL_CHARS = 80

interface Through { readonly socket: Socket, seen: number, tail: string }

export class HistoryDoor {
  /** Points seen, by consent. */
  readonly points = new Map<string, number>()
  /** Points of a consent that came behind the acknowledgement of its withdrawal, and were not in the kernel. */
  readonly late = new Map<string, number>()
  readonly #server: Server
  readonly #through = new Set<Through>()
  /** Of each withdrawn consent how far each connection may have it. */
  readonly #withdrawn = new Map<string, ReadonlyMap<Through, number>>()

  private constructor(server: Server) { this.#server = server }

  static async open(port: number): Promise<HistoryDoor> {
    const server = createServer(), door = new HistoryDoor(server)
    server.on('connection', socket => door.#begin(socket, connect(port, '127.0.0.1'))).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return door
  }

  get url(): string { return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}` }

  /** To be called in the instant of an acknowledgement. */
  acknowledged(consentId: string): void {
    this.#withdrawn.set(consentId, new Map([...this.#through].map(through => {
      const { sending, receiving } = heldBy(through.socket)
      return [through, through.socket.bytesRead + sending + receiving]
    })))
  }

  close(): void {
    this.#server.close()
    for (const { socket } of this.#through) socket.destroy()
  }

  #begin(socket: Socket, store: Socket): void {
    const through: Through = { socket, seen: 0, tail: '' }
    this.#through.add(through)
    socket.on('data', chunk => { this.#look(through, chunk); store.write(chunk) })
    store.on('data', chunk => socket.write(chunk))
    for (const [one, other] of [[socket, store], [store, socket]] as const) one.on('error', () => {}).on('close', () => other.destroy())
    socket.on('close', () => this.#through.delete(through))
  }

  #look(through: Through, chunk: Buffer): void {
    const text = through.tail + chunk.toString('latin1'), begin = through.seen - through.tail.length
    through.seen += chunk.length
    let end = 0
    for (const found of text.matchAll(/,consent=(\w+)[, ]/g)) {
      const [, consentId = ''] = found, mayUpTo = this.#withdrawn.get(consentId)
      end = found.index + found[0].length
      this.points.set(consentId, (this.points.get(consentId) ?? 0) + 1)
      if (mayUpTo && begin + found.index >= (mayUpTo.get(through) ?? 0)) this.late.set(consentId, (this.late.get(consentId) ?? 0) + 1)
    }
    through.tail = text.slice(Math.max(end, text.length - TAIL_CHARS))
  }
}
