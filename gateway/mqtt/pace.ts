// How fast a source may send, over all of its connections, and how much of the process its messages may take that need the long road. Above
// that its sockets are not read for a moment, and TCP slows the sender down: nothing is refused, nothing is lost.
import type { MqttLimits } from '#gateway/mqtt/limits.ts'

export type Rates = Pick<MqttLimits, 'packetsPerSecondPerSourceMax' | 'bytesPerSecondPerSourceMax' | 'longRoadMsPerSecondPerSourceMax'>

/** Why a source is not read: it sent faster than it may, or its messages took more of the process than they may. */
export type HoldCause = 'rate' | 'long-road'

/** A connection that has to wait. */
export interface Waiter {
  /** May go on. */
  resumed(): void
}

/** What may be sent at once after silence: what is allowed in so many seconds. */
export const BURST_S = 1
/** A source that waits is let on for so long at a time at least: fewer turns, and none that anybody would notice. */
export const SLICE_MS = 10
/** A packet that takes less than this of the long road, on an average, takes none. */
const COST_MS_MIN = 0.001

/** So much a second, and that of BURST_S at once. */
class Bucket {
  left: number
  readonly #perSecond: number

  constructor(perSecond: number) {
    this.#perSecond = perSecond
    this.left = perSecond * BURST_S
  }

  get isFull(): boolean { return this.left >= this.#perSecond * BURST_S }
  fill(passedS: number): void { this.left = Math.min(this.left + passedS * this.#perSecond, this.#perSecond * BURST_S) }
  /** Until there is so much in it. */
  msTo(amount: number): number { return (amount - this.left) / this.#perSecond * 1_000 }
}

/**
 * A bucket of packets, one of bytes, and one of milliseconds of the long road. The clock is looked at only when one of them may be empty: up to
 * there a packet costs nothing, and a read of the socket three subtractions. Packets are never overdrawn where the caller keeps to `packets`;
 * the others are by one read each.
 */
export class Pace {
  readonly #packets: Bucket
  readonly #bytes: Bucket
  readonly #longRoadMs: Bucket
  /** Of the long road for a packet, of late: rises at once, and falls by half with each batch that takes less. */
  #costMs = 0
  /** Monotonic milliseconds. */
  readonly #clock: () => number
  /** Told in intervals how long the source was held, in milliseconds. */
  readonly #onHeld: (ms: number, cause: HoldCause) => void
  readonly #waiters = new Set<Waiter>()
  #filledAt: number
  #heldAt = 0
  #cause: HoldCause = 'rate'
  #timer: NodeJS.Timeout | undefined

  constructor(rates: Rates, onHeld: (ms: number, cause: HoldCause) => void, clock = () => performance.now()) {
    this.#packets = new Bucket(rates.packetsPerSecondPerSourceMax)
    this.#bytes = new Bucket(rates.bytesPerSecondPerSourceMax)
    this.#longRoadMs = new Bucket(rates.longRoadMsPerSecondPerSourceMax)
    this.#onHeld = onHeld
    this.#clock = clock
    this.#filledAt = clock()
  }

  /** Packets that may be taken now: of those that took the long road of late no more than there is time for. */
  get packets(): number {
    const packets = this.#packets, bytes = this.#bytes, longRoadMs = this.#longRoadMs
    if (packets.left < 1 || bytes.left <= 0 || this.#costMs > 0 || longRoadMs.left <= 0) this.#fill()
    if (bytes.left <= 0 || longRoadMs.left <= 0) return 0
    return Math.floor(Math.min(packets.left, Math.max(1, longRoadMs.left / this.#costMs)))
  }

  /** Nothing is owed: to forget it gives nobody more than it had. */
  get isRested(): boolean {
    this.#fill()
    return this.#waiters.size === 0 && this.#packets.isFull && this.#bytes.isFull && this.#longRoadMs.isFull
  }

  /** Whether there is something left to be spent now. */
  spend(packets: number, bytes: number): boolean {
    this.#packets.left -= packets
    this.#bytes.left -= bytes
    return this.packets >= 1
  }

  /** What a batch of so many packets took of the long road; also where that is nothing. */
  spendLongRoad(ms: number, packets: number): void {
    if (ms === 0 && this.#costMs === 0) return // as a rule
    this.#longRoadMs.left -= ms
    const costMs = Math.max(ms / packets, this.#costMs / 2)
    this.#costMs = costMs < COST_MS_MIN ? 0 : costMs
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
    this.#cause = this.#packets.left < 1 || this.#bytes.left <= 0 ? 'rate' : 'long-road'
    this.#timer = setTimeout(() => this.#wake(), this.#waitMs).unref()
  }

  /** Whoever is not done with it goes to the end of the line. */
  #wake(): void {
    const now = this.#clock()
    this.#onHeld(now - this.#heldAt, this.#cause)
    this.#heldAt = now
    for (const waiter of this.#waiters) {
      if (this.packets < 1) break
      this.#waiters.delete(waiter)
      waiter.resumed()
    }
    this.#timer = undefined
    if (this.#waiters.size > 0) this.#sleep()
  }

  get #waitMs(): number { return Math.max(SLICE_MS, Math.ceil(Math.max(this.#packets.msTo(1), this.#bytes.msTo(0), this.#longRoadMs.msTo(0)))) }

  #fill(): void {
    const now = this.#clock(), passedS = (now - this.#filledAt) / 1_000
    this.#filledAt = now
    this.#packets.fill(passedS)
    this.#bytes.fill(passedS)
    this.#longRoadMs.fill(passedS)
  }
}
