// What a reader was sent at QoS 1 and has not acknowledged, in the order of sending. It outlives connections, so that what is sent again
// keeps its packet id [MQTT-4.4.0-1]; it holds ids and no messages: whether one may still go is asked when it goes again.
import type { FeedMessage } from '#gateway/mqtt/feeds.ts'

export interface Sent {
  /** Of its feed. Undefined: that is not followed any more, and only the packet id is still in use. */
  topic: string | undefined
  readonly messageId: string
  readonly position: number
  isAnswered: boolean
  /** Was sent by a connection that has ended, and not yet by the present one. */
  isWaiting: boolean
}

/** Told of a feed's topic, and of the id of the message up to which all of it is acknowledged now; once for each message. */
export type OnProgress = (topic: string, messageId: string) => void

export class Unacknowledged {
  readonly #sent = new Map<number, Sent>()
  /** Of the connection that there is. */
  onProgress: OnProgress = () => {}
  #inFlight = 0
  #lastId = 0

  /** Packet ids in use: also of what was acknowledged ahead of something older. */
  get size(): number { return this.#sent.size }
  /** Sent by the present connection, and not acknowledged. */
  get inFlight(): number { return this.#inFlight }

  get(id: number): Sent | undefined { return this.#sent.get(id) }

  /** A connection begins. Answers the packet ids that are to be sent again, in their order [MQTT-4.6.0-1]. */
  begin(): number[] {
    this.#inFlight = 0
    for (const sent of this.#sent.values()) sent.isWaiting = !sent.isAnswered
    return [...this.#sent].filter(([, { isWaiting }]) => isWaiting).map(([id]) => id)
  }

  [Symbol.iterator](): Iterator<Sent> { return this.#sent.values() }

  /** One that is not in use, from 1 on; 0 is none. */
  nextId(): number {
    do this.#lastId = this.#lastId % 0xffff + 1
    while (this.#sent.has(this.#lastId))
    return this.#lastId
  }

  add(id: number, topic: string, { id: messageId, position }: FeedMessage): void {
    this.#sent.set(id, { topic, messageId, position, isAnswered: false, isWaiting: false })
    this.#inFlight++
  }

  sentAgain(sent: Sent): void {
    sent.isWaiting = false
    this.#inFlight++
  }

  /** PUBACK. An id that this connection did not send is nothing. */
  acknowledge(id: number): void {
    const sent = this.#sent.get(id)
    if (sent && !sent.isAnswered && !sent.isWaiting) this.settle(id)
  }

  /** It is over: acknowledged, or not to be sent again. */
  settle(id: number): void {
    const settled = this.#sent.get(id)
    if (!settled) return
    if (!settled.isWaiting && !settled.isAnswered) this.#inFlight--
    settled.isAnswered = true
    settled.isWaiting = false
    for (const [first, { isAnswered, topic, messageId }] of this.#sent) {
      if (!isAnswered) return
      this.#sent.delete(first)
      if (topic !== undefined) this.onProgress(topic, messageId)
    }
  }

  /** A feed is not followed any more, or not at QoS 1: what was sent of it says nothing about where it goes on. */
  detach(topic: string): void {
    for (const sent of this.#sent.values()) if (sent.topic === topic) sent.topic = undefined
  }
}
