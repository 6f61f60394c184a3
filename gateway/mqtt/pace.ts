// How fast a source may send, over all of its connections. Above that its sockets are not read for a moment, and TCP slows the sender down:
// nothing is refused, nothing is lost.
import type { MqttLimits } from '#gateway/mqtt/limits.ts'

export type Rates = Pick<MqttLimits, 'packetsPerSecondPerSourceMax' | 'bytesPerSecondPerSourceMax'>

/** A connection that has to wait. */
export interface Waiter {
  /** May go on. */
  resumed(): void
}

/** What may be sent at once after silence: what is allowed in so many seconds. */
export const BURST_S = 1
/** A source that waits is let on for so long at a time at least: fewer turns, and none that anybody would notice. */
export const SLICE_MS = 10

/**
 * A bucket of packets and one of bytes. The clock is looked at only when one of them seems to be empty: up to there a packet costs nothing,
 * and a read of the socket two subtractions. Packets are never overdrawn where the caller keeps to `packets`; bytes are by one read each.
 */
export class Pace {
  readonly #rates: Rates
  /** Monotonic milliseconds. */
  readonly #clock: () => number
  /** Told in intervals how long the source was held, in milliseconds. */
  readonly #onHeld: (ms: number) => void
  readonly #waiters = new Set<Waiter>()
  #packets: number
  #bytes: number
  #filledAt: number
  #heldAt = 0
  #timer: NodeJS.Timeout | undefined

  constructor(rates: Rates, onHeld: (ms: number) => void, clock = () => performance.now()) {
    this.#rates = rates
    this.#onHeld = onHeld
    this.#clock = clock
    this.#packets = rates.packetsPerSecondPerSourceMax * BURST_S
    this.#bytes = rates.bytesPerSecondPerSourceMax * BURST_S
    this.#filledAt = clock()
  }

  /** Packets that may be taken now. */
  get packets(): number {
    if (this.#packets < 1 || this.#bytes <= 0) this.#fill()
    return this.#bytes <= 0 ? 0 : Math.floor(this.#packets)
  }

  /** Nothing is owed: to forget it gives nobody more than it had. */
  get isRested(): boolean {
    this.#fill()
    return this.#waiters.size === 0 && this.#packets >= this.#rates.packetsPerSecondPerSourceMax * BURST_S && this.#bytes >= this.#rates.bytesPerSecondPerSourceMax * BURST_S
  }

  /** Whether there is something left to be spent now. */
  spend(packets: number, bytes: number): boolean {
    this.#packets -= packets
    this.#bytes -= bytes
    return (this.#packets >= 1 && this.#bytes > 0) || this.packets >= 1
  }

  /** Tells it once there is something to spend again: in turns, where several wait. */
  wait(waiter: Waiter): void {
    this.#waiters.add(waiter)
    if (this.#timer) return
    this.#heldAt = this.#clock()
    this.#sleep()
  }

  /** Will not go on any more. */
  leave(waiter: Waiter): void { this.#waiters.delete(waiter) }

  #sleep(): void {
    this.#timer = setTimeout(() => this.#wake(), this.#waitMs).unref()
  }

  /** Whoever is not done with it goes to the end of the line. */
  #wake(): void {
    const now = this.#clock()
    this.#onHeld(now - this.#heldAt)
    this.#heldAt = now
    for (const waiter of this.#waiters) {
      if (this.packets < 1) break
      this.#waiters.delete(waiter)
      waiter.resumed()
    }
    this.#timer = undefined
    if (this.#waiters.size > 0) this.#sleep()
  }

  get #waitMs(): number {
    const { packetsPerSecondPerSourceMax, bytesPerSecondPerSourceMax } = this.#rates
    return Math.max(SLICE_MS, Math.ceil(Math.max((1 - this.#packets) / packetsPerSecondPerSourceMax, -this.#bytes / bytesPerSecondPerSourceMax) * 1_000))
  }

  #fill(): void {
    const { packetsPerSecondPerSourceMax, bytesPerSecondPerSourceMax } = this.#rates, now = this.#clock(), passedS = (now - this.#filledAt) / 1_000
    this.#filledAt = now
    this.#packets = Math.min(this.#packets + passedS * packetsPerSecondPerSourceMax, packetsPerSecondPerSourceMax * BURST_S)
    this.#bytes = Math.min(this.#bytes + passedS * bytesPerSecondPerSourceMax, bytesPerSecondPerSourceMax * BURST_S)
  }
}
