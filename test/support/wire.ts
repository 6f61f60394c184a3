// A wire between a client and a server on loopback that remembers what the client said.
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

export class Wire {
  text = ''
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server) { this.#server = server }

  static async open(port: number): Promise<Wire> {
    const server = createServer().listen(0, '127.0.0.1'), wire = new Wire(server)
    server.on('connection', client => wire.#join(client, connect(port, '127.0.0.1')))
    await once(server, 'listening')
    return wire
  }

  get port(): number { return (this.#server.address() as AddressInfo).port }

  /** How often a text was said so far. */
  count(text: string): number { return this.text.split(text).length - 1 }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #join(client: Socket, server: Socket): void {
    client.on('data', chunk => { this.text += chunk.toString('latin1') })
    for (const [from, to] of [[client, server], [server, client]] as const) {
      this.#sockets.add(from)
      from.on('data', chunk => to.write(chunk)).on('error', () => {}).on('close', () => { this.#sockets.delete(from); to.destroy() })
    }
  }
}
