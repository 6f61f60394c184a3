// The port to what readers may follow: messages that come from elsewhere and not from the clients around them.

/** One message of a feed. */
export interface FeedMessage {
  /** Behind it a reader who comes back goes on. */
  readonly id: string
  /** Grows within a feed; 0 throughout a feed of which nothing can be had again. */
  readonly position: number
  /** Bytes of its payload. */
  readonly length: number
  /** Writes the payload, from `at` on; gives where it ends. */
  write(into: Buffer, at: number): number
  /** To be called of one that is written later than in the call that brought it. */
  keep(): void
  /** Told to MQTT 5, in their order. */
  readonly userProperties: readonly (readonly [string, string])[]
}

/** What a feed says at its end. */
export interface FeedEnd {
  /** A code for machines, such as CONSENT_WITHDRAWN: what MQTT 5 is told. */
  readonly word: string
  /** The reader may not have it any more: the subscription goes too. Else whoever comes back finds it again. */
  readonly isFinal: boolean
}

/** A feed is not opened. `code` is the reason code of MQTT 5 (§3.9.3) for it. */
export class FeedRefusal extends Error implements FeedEnd {
  readonly code: number
  readonly word: string
  readonly isFinal: boolean
  constructor(code: number, { word, isFinal }: FeedEnd) {
    super(word)
    this.name = 'FeedRefusal'
    this.code = code
    this.word = word
    this.isFinal = isFinal
  }
}

/** What else goes wrong is thrown on. */
export function refusalOf(error: unknown): FeedRefusal {
  if (error instanceof FeedRefusal) return error
  throw error
}

/** Where the messages of one subscription go. */
export interface FeedOutlet {
  /** Takes messages, in order. False: no more until `drained`; what was given is taken all the same. */
  send(messages: readonly FeedMessage[]): boolean
  /** Takes nothing before the first `drained`: told when it is opened. */
  readonly isFull: boolean
  /** All that there was has been sent, and what comes is sent as it comes. */
  caughtUp(): void
  /** Nothing of it waits in this process. */
  readonly isEmpty: boolean
  /** Ends the connection behind what was taken. */
  end(end: FeedEnd): void
  /** Ends it at once: what waits reaches no socket any more. Also after `end`. */
  cut(end: FeedEnd): void
  /** As `cut`, with the whole connection, and with what the kernel has still to send. */
  reset(end: FeedEnd): void
}

/** A feed that is open. */
export interface Feed {
  /** There is room again. */
  drained(): void
  /** Sends nothing more, beyond what it can not take back. It can still be cut. */
  stop(): void
  close(): void
}

export interface Feeds {
  /**
   * Opens a feed for a reader, or throws a FeedRefusal. `from`: behind the message of this id, or what was received from this time on (RFC
   * 3339); undefined: what comes from now on. Nothing is sent before this has returned.
   */
  open(readerId: string, topic: string, from: string | undefined, outlet: FeedOutlet): Feed
}
