// MQTT over WebSocket, behind an HTTP server that hands over its upgrades: the handshake (RFC 6455 §4.2), and on with the bytes.
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketStream } from '#gateway/mqtt/listeners/web-socket-stream.ts'

export const WEB_SOCKET_PATH = '/mqtt'

/** MQTT 3.1.1 and 5 [MQTT-6.0.0-3]; what clients of MQTT 3.1 ask for. */
const SUBPROTOCOLS: readonly string[] = ['mqtt', 'mqttv3.1']
/** RFC 6455 §1.3 */
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
/** Sixteen bytes in base64 (§4.1). */
const KEY = /^[A-Za-z0-9+/]{22}==$/

export function isForMqtt({ url }: IncomingMessage): boolean { return url?.split('?', 1)[0] === WEB_SOCKET_PATH }

/** Answers an HTTP upgrade. The stream for MQTT; undefined where it was refused, and the socket is on its way out. */
export function openWebSocket(request: IncomingMessage, socket: Duplex, head: Buffer): WebSocketStream | undefined {
  socket.on('error', () => socket.destroy())
  const { headers } = request, key = headers['sec-websocket-key'], protocol = chosen(headers['sec-websocket-protocol'])
  if (headers['sec-websocket-version'] !== '13') {
    return refuse(socket, '426 Upgrade Required', 'This is WebSocket version 13.', 'sec-websocket-version: 13')
  }
  if (request.method !== 'GET' || !KEY.test(key ?? '')) return refuse(socket, '400 Bad Request', 'This is no WebSocket handshake.')
  if (protocol === undefined) return refuse(socket, '400 Bad Request', 'Ask for the subprotocol mqtt: nothing else is spoken here.')
  keepOpen(socket as Socket) // as it always is behind an HTTP server
  const accept = createHash('sha1').update(key + ACCEPT_SUFFIX).digest('base64')
  const answer = [`sec-websocket-accept: ${accept}`, `sec-websocket-protocol: ${protocol}`]
  socket.write(lines('101 Switching Protocols', 'upgrade: websocket', 'connection: Upgrade', ...answer))
  return new WebSocketStream(socket, head)
}

/** From here on MQTT's own deadlines count. */
function keepOpen(socket: Socket): void {
  socket.setTimeout(0)
  socket.setNoDelay(true)
}

function chosen(offered = ''): string | undefined {
  return offered.split(',').map(name => name.trim()).find(name => SUBPROTOCOLS.includes(name))
}

function refuse(socket: Duplex, status: string, text: string, ...headers: readonly string[]): undefined {
  socket.once('finish', () => socket.destroy())
  socket.end(lines(status, 'content-type: text/plain', `content-length: ${text.length}`, 'connection: close', ...headers) + text)
}

function lines(status: string, ...headers: readonly string[]): string { return [`HTTP/1.1 ${status}`, ...headers, '', ''].join('\r\n') }
