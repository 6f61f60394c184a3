// An HTTP server on loopback that keeps what it is sent.
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { EXPECTED_MS_MAX } from '#test/support/collector.ts'

export interface Received { readonly method: string, readonly path: string, readonly headers: IncomingHttpHeaders, readonly body: string }

export class Receiver {
  readonly got: Received[] = []
  readonly #server: Server

  private constructor(server: Server) { this.#server = server }

  static async start(): Promise<Receiver> {
    const server = createServer(), receiver = new Receiver(server)
    server.on('request', (request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', chunk => { body += chunk }).on('end', () => {
        receiver.got.push({ method: request.method!, path: request.url!, headers: request.headers, body })
        response.writeHead(204).end()
        server.emit('received')
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return receiver
  }

  get url(): string { return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}` }

  /** The one at this place, once it has come. */
  async at(index: number): Promise<Received> {
    while (this.got.length <= index) await once(this.#server, 'received', { signal: AbortSignal.timeout(EXPECTED_MS_MAX) })
    return this.got[index]!
  }

  stop(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}
