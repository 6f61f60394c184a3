// WebSocket by hand: frames as a client masks them, right or wrong, and an HTTP server whose upgrades go to MQTT.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { openWebSocket } from '#gateway/mqtt/listeners/web-socket.ts'
import type { MqttServer } from '#gateway/mqtt/server.ts'

/** One frame of a client (RFC 6455 §5.2). */
export function clientFrame(opcode: number, payload: Buffer, { isFinal = true } = {}): Buffer {
  const { length } = payload, mask = randomBytes(4), first = (isFinal ? 0x80 : 0) | opcode
  const head = length < 126 ? Buffer.from([first, 0x80 | length]) : length < 0x1_0000 ? Buffer.alloc(4) : Buffer.alloc(10)
  if (length >= 126) head.set([first, 0x80 | (length < 0x1_0000 ? 126 : 127)])
  if (head.length === 4) head.writeUInt16BE(length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, mask, payload.map((byte, at) => byte ^ mask[at & 3]!)])
}

/** An HTTP server that hands each upgrade to an MQTT server. */
export class WebSocketDoor {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  private constructor(server: Server) { this.#server = server }

  static async open(mqtt: MqttServer): Promise<WebSocketDoor> {
    const server = createServer().listen(0, '127.0.0.1'), door = new WebSocketDoor(server)
    server.on('upgrade', (request, socket, head: Buffer) => {
      const stream = openWebSocket(request, socket, head)
      if (stream) mqtt.accept(stream)
    })
    await once(server, 'listening')
    return door
  }

  get port(): number { return (this.#server.address() as AddressInfo).port }
  get url(): string { return `ws://127.0.0.1:${this.port}/mqtt` }

  /** A socket that has said these lines behind the first. */
  asked(headers: Readonly<Record<string, string | undefined>> = {}): Socket {
    const socket = connect(this.port, '127.0.0.1')
    this.#sockets.add(socket)
    const usual = { host: 'x', connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': randomBytes(16).toString('base64'), 'sec-websocket-protocol': 'mqtt' }
    const said = Object.entries({ ...usual, ...headers }).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.on('error', () => {})
    socket.write(`GET /mqtt HTTP/1.1\r\n${said.join('')}\r\n`)
    return socket
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}
