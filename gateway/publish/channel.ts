// The publisher's end of one stream: it numbers the messages and knows who is listening.
import { randomBytes } from 'node:crypto'
import type { Plan } from '#gateway/decision/plans.ts'
import type { Stream } from '#gateway/devices/streams.ts'
import type { Message } from '#gateway/publish/message.ts'
import type { OwnerSession } from '#gateway/publish/owner-session.ts'
import type { Session } from '#gateway/publish/session.ts'
import type { Packed } from '#semantic-models/packed.ts'

const CHAIN_ID_LENGTH = 20

/** Names one publisher instance: random, so that two starts of a gateway never share a chain. */
export function newMsgChainId(): string {
  return randomBytes(CHAIN_ID_LENGTH / 2).toString('hex')
}

export interface ChannelStart { readonly lastTimestamp: number, readonly lastSequenceNumber: number, readonly lastPosition: number }

export class Channel {
  readonly stream: Stream
  readonly sessions = new Set<Session>()
  readonly owners = new Set<OwnerSession>()
  /** The last position that has gone out, to whoever was there. */
  published: number
  readonly #msgChainId: string
  #timestamp: number
  #sequenceNumber: number
  #position: number

  constructor(stream: Stream, msgChainId: string, start: ChannelStart) {
    this.stream = stream
    this.#msgChainId = msgChainId
    this.#timestamp = start.lastTimestamp
    this.#sequenceNumber = start.lastSequenceNumber
    this.#position = this.published = start.lastPosition
  }

  /** The next message of the stream. Its time is never before the last one's, whatever the clock does. */
  next(content: Packed, receivedAt: number, isKept: boolean, plan?: Plan): Message {
    if (receivedAt > this.#timestamp) {
      this.#timestamp = receivedAt
      this.#sequenceNumber = 0
    } else this.#sequenceNumber++
    return {
      channel: this, plan, stream: this.stream, position: isKept ? ++this.#position : 0, content,
      timestamp: this.#timestamp, sequenceNumber: this.#sequenceNumber, msgChainId: this.#msgChainId,
    }
  }
}
