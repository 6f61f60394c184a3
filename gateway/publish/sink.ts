// The port between a session and the transport that carries it: WebSocket, server-sent events, and what comes later.
import type { ErrorCode } from '#gateway/errors.ts'
import type { Message } from '#gateway/publish/message.ts'

/** A message and the text of the view that this subscriber may have. Subscribers with the same view share the text. */
export interface Outgoing { readonly message: Message, readonly content: string }

export interface Sink {
  /** Hands messages over, in order. False: leave me alone until `onDrain` is called; what was given is taken all the same. */
  send(outgoing: readonly Outgoing[]): boolean
  /**
   * Ends the stream with a code. With `purge` nothing that was handed over may reach a socket any more: a transport that still holds bytes is cut, not drained.
   */
  end(code: ErrorCode, message: string, purge: boolean): void
  /** Set by the session: there is room again. */
  onDrain: () => void
}
