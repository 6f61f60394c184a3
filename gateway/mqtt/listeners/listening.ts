// Opens and closes what listens: any server of Node's, TCP or TLS.
import type { AddressInfo, Server } from 'node:net'

/** Sockets that the kernel may hold for us while we are busy. */
const BACKLOG = 1_024

export interface Listener {
  readonly server: Server
  /** 0 takes a free one. */
  readonly port: number
  /** Ends the sockets that it has not handed on yet. */
  readonly cut?: () => void
}

/** Answers the port. Rejects where the address is taken. */
export function listen({ server, port }: Listener, host: string, onError: (error: unknown) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off('error', reject)
      server.on('error', onError)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

/** Accepts no more; resolves when the last of its sockets has closed. */
export function close({ server, cut }: Listener): Promise<unknown> {
  const isClosed = new Promise(resolve => server.close(resolve))
  cut?.()
  return isClosed
}
