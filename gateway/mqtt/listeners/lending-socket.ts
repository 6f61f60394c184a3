// A TCP socket that reads into memory which all such sockets share: a read that brings one message costs no buffer, and no turn of a stream's
// machinery. What is read is lent for the length of one call.
import { Socket } from 'node:net'

/** What one read takes at most: as much as Node reads by itself. */
const ROOM_BYTES = 65_536
/** One for all: a read is worked off before the next one begins. */
const ROOM: Buffer = Buffer.alloc(ROOM_BYTES)

export interface Borrower {
  /** Takes `length` bytes, which are there until it returns. Behind them lies what others have sent. */
  borrow(bytes: Buffer, length: number): void
}

/** What Node has of a socket below the streams. That it can be handed from one to another is told nowhere but in its sources. */
interface Handle { useUserBuffer?(bytes: Buffer): void }
interface WithHandle { _handle: Handle | null }

export class LendingSocket extends Socket {
  /** For tests: told of what was lent, when it is to be given back. */
  static onReturned: ((bytes: Buffer, length: number) => void) | undefined
  readonly #lendTo: (borrower: Borrower) => void

  constructor(handle: Handle) {
    let to: Borrower | undefined
    const callback = (length: number): boolean => {
      to?.borrow(ROOM, length)
      LendingSocket.onReturned?.(ROOM, length)
      return true
    }
    super({ handle, onread: { buffer: ROOM, callback } } as object)
    this.#lendTo = borrower => { to = borrower }
  }

  /** Whoever reads says so before the next turn of the loop: there is no `data`. */
  lendTo(borrower: Borrower): void { this.#lendTo(borrower) }
}

/**
 * In place of a socket that its server has accepted with `pauseOnConnect`, one that lends. That server does not count it any more: its `close`
 * waits for none of them. Where Node does not have what it takes, it is the same socket, which reads as ever.
 */
export function lending(accepted: Socket): Socket {
  const { _handle: handle } = accepted as unknown as WithHandle
  if (typeof handle?.useUserBuffer !== 'function') return accepted.resume();
  (accepted as unknown as WithHandle)._handle = null
  accepted.destroy()
  return new LendingSocket(handle)
}
