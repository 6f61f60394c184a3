// The port between a session and the transport that carries it: WebSocket, server-sent events, and what comes later.
import type { ErrorCode } from '#gateway/errors.ts'
import type { View } from '#gateway/publish/view.ts'

/** Bytes that may wait in a transport before its session is left on the journal. */
export const SEND_BUFFER_BYTES_MAX = 1 << 20

export interface Sink {
  /**
   * Hands messages over, in order, and the consent that lets them out; undefined: they go to their owner. They are good until it returns:
   * `keep` those that are written later. False: leave me alone until `onDrain` is called; what was given is taken all the same.
   */
  send(views: readonly View[], consentId?: string): boolean
  /** Takes nothing before it calls `onDrain` for the first time. Left out: it does. */
  readonly isFull?: boolean
  /** Told when all that there was has been handed over, and what comes will be as it comes. */
  caughtUp?(): void
  /** Whether all that was handed over has been given to the socket. */
  readonly isEmpty: boolean
  /** Ends the stream with a code, behind what was handed over. */
  end(code: ErrorCode, message: string): void
  /** Ends it at once: what waits here reaches no socket any more. The code is told where that can be done without it. Also after `end`. */
  cut(code: ErrorCode): void
  /** As `cut`, and what the kernel has still to send goes no further either. Left out: there is no such thing. */
  reset?(code: ErrorCode): void
  /** Set by the session: there is room again. Not called from inside `send`. */
  onDrain: () => void
}
