// Ends a connection by a reset, so that not even the kernel sends what it still has of it.
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** Of streams that are no TCP sockets themselves, such as those of TLS: the ones that they travel by. */
const beneath = new WeakMap<Duplex, Duplex>()

export function travelsBy(stream: Duplex, socket: Duplex): void { beneath.set(stream, socket) }

/** What the other side's kernel has already it keeps. Again changes nothing. */
export function reset(stream: Duplex): void {
  let socket = stream
  for (let next = beneath.get(socket); next; next = beneath.get(socket)) socket = next
  if (socket instanceof Socket && !socket.destroyed) socket.resetAndDestroy()
  stream.destroy()
}
