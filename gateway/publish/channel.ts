// The publisher's end of one stream: it numbers the messages and knows who is listening.
import { randomBytes } from 'node:crypto'
import type { Stream } from '#gateway/devices/streams.ts'
import type { Message } from '#gateway/publish/message.ts'
import type { OwnerSession } from '#gateway/publish/owner-session.ts'
import type { Session } from '#gateway/publish/session.ts'
import type { Packed } from '#semantic-models/packed.ts'

const CHAIN_ID_LENGTH = 20
const NOBODY: ReadonlySet<never> = new Set()

/** Names one publisher instance: random, so that two starts of a gateway never share a chain. */
export function newMsgChainId(): string {
  return randomBytes(CHAIN_ID_LENGTH / 2).toString('hex')
}

export interface ChannelStart { readonly lastTimestamp: number, readonly lastSequenceNumber: number, readonly lastPosition: number }

export class Channel {
  readonly stream: Stream
  readonly sessions = new Set<Session>()
  /** The session, where there is no more than one: so it is with nearly all streams, and a set is slow to look into. */
  only: Session | undefined
  /** Most have none: they share that. */
  owners: ReadonlySet<OwnerSession> = NOBODY
  /** The last position that has gone out, to whoever was there. */
  published: number
  readonly msgChainId: string
  /** Of the message that was counted last. */
  timestamp: number
  sequenceNumber: number
  /** Of the last one that is kept. */
  position: number
  /** When the last one came that was kept as a sample; NaN: it could not be kept, and the next one is. */
  sampledAt: number

  constructor(stream: Stream, msgChainId: string, start: ChannelStart) {
    this.stream = stream
    this.msgChainId = msgChainId
    this.timestamp = this.sampledAt = start.lastTimestamp
    this.sequenceNumber = start.lastSequenceNumber
    this.position = this.published = start.lastPosition
  }

  join(session: Session): void {
    this.sessions.add(session)
    this.#single()
  }

  leave(session: Session): void {
    this.sessions.delete(session)
    this.#single()
  }

  joinOwner(session: OwnerSession): void { this.owners = new Set([...this.owners, session]) }
  leaveOwner(session: OwnerSession): void {
    const others = [...this.owners].filter(each => each !== session)
    this.owners = others.length > 0 ? new Set(others) : NOBODY
  }

  /** Numbers the next message of the stream. Its time is never before the last one's, whatever the clock does. */
  count(receivedAt: number, isKept = true): void {
    if (receivedAt > this.timestamp) {
      this.timestamp = receivedAt
      this.sequenceNumber = 0
    } else this.sequenceNumber++
    if (isKept) this.position++
  }

  /**
   * A consent begins now: gives its time, which is behind all that was numbered before and not behind what comes, whatever the clock does.
   * What came before it, though in the same millisecond or before a clock was set back, does not leave by it.
   */
  begin(now: number): number {
    this.timestamp = Math.max(now, this.timestamp + 1)
    this.sequenceNumber = -1
    return this.timestamp
  }

  /** A message that is not kept. */
  next(content: Packed, receivedAt: number): Message {
    const { stream, timestamp, sequenceNumber, msgChainId } = (this.count(receivedAt, false), this)
    return { channel: this, stream, position: 0, content, timestamp, sequenceNumber, msgChainId }
  }

  #single(): void {
    const { sessions } = this, [first] = sessions
    this.only = sessions.size === 1 ? first : undefined
  }
}
