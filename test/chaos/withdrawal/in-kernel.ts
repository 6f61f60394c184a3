// What the kernel holds of connections between two sockets of this machine, on both sides: bytes that reach their reader although nobody
// writes any more. Linux tells (proc(5), tcp).
import { existsSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'

const TABLE = '/proc/net/tcp'
export const tellsWhatItHolds = existsSync(TABLE)

export interface Held { readonly sending: number, readonly receiving: number }

/** Of this end of a connection: what the other end's kernel has still to send, and what ours has still to be read. */
export function heldBy({ localPort, remotePort }: Socket): Held {
  if (localPort === undefined || remotePort === undefined) return { sending: 0, receiving: 0 } // it has gone
  const first = held(localPort, remotePort), second = held(localPort, remotePort)
  // One reading is no instant: bytes that cross from one side to the other meanwhile may be missed by it, and not by both.
  return first.sending + first.receiving > second.sending + second.receiving ? first : second
}

function held(ours: number, theirs: number): Held {
  const table = readFileSync(TABLE, 'latin1')
  return { sending: queues(table, theirs, ours)[0], receiving: queues(table, ours, theirs)[1] }
}

/** Bytes to be sent and to be read of the socket at `local` that leads to `remote`; none where there is no such socket any more. */
function queues(table: string, local: number, remote: number): readonly [number, number] {
  const found = new RegExp(`: [0-9A-F]{8}:${hex(local)} [0-9A-F]{8}:${hex(remote)} .. ([0-9A-F]{8}):([0-9A-F]{8}) `).exec(table)
  return found ? [parseInt(found[1]!, 16), parseInt(found[2]!, 16)] : [0, 0]
}

function hex(port: number): string { return port.toString(16).toUpperCase().padStart(4, '0') }
