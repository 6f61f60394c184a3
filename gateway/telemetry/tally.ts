// The books of the data path: every envelope is received once and settled once.
import { REFUSAL_CODES, type RefusalCode } from '#gateway/errors.ts'
import { Roads } from '#gateway/telemetry/roads.ts'

export interface TallyCounts {
  readonly received: number
  readonly delivered: number
  readonly dropped: Partial<Record<RefusalCode, number>>
  readonly failed: number
  readonly inFlight: number
  readonly deliveries: number
}

/** received = delivered + dropped + failed + in flight, at every moment. */
export class Tally {
  received = 0
  delivered = 0
  failed = 0
  /** Hand-overs to subscribers: several for one envelope, or none while all are away. */
  deliveries = 0
  /** Fields that were refused while the rest of their message went on. */
  readonly fields: Record<RefusalCode, number> = zeros()
  readonly dropped: Record<RefusalCode, number> = zeros()
  /** Messages by the road that they took. */
  readonly roads = new Roads()

  drop(code: RefusalCode): void {
    this.received++
    this.dropped[code]++
  }

  get droppedCount(): number { return Object.values(this.dropped).reduce((sum, count) => sum + count, 0) }
  get inFlight(): number { return this.received - this.delivered - this.droppedCount - this.failed }

  counts(): TallyCounts {
    const dropped = Object.fromEntries(Object.entries(this.dropped).filter(([, count]) => count > 0)) as TallyCounts['dropped']
    return { received: this.received, delivered: this.delivered, dropped, failed: this.failed, inFlight: this.inFlight, deliveries: this.deliveries }
  }
}

/** What happened at the front door, by reason. Reasons and causes are closed lists (gateway/mqtt/close-reason.ts, pace.ts). */
export class DoorCounts {
  connected = 0
  /** Deliveries inside a source, and values to be retained there, for which there was no room. */
  leftOut = 0
  /** How often sources were not read for a moment because they were above a rate, and for how many milliseconds, over all sources. */
  readonly holds: Record<string, number> = {}
  readonly heldMs: Record<string, number> = {}
  readonly refused: Record<string, number> = {}
  readonly closed: Record<string, number> = {}

  hold(ms: number, cause: string): void {
    this.holds[cause] = (this.holds[cause] ?? 0) + 1
    this.heldMs[cause] = (this.heldMs[cause] ?? 0) + ms
  }

  refuse(reason: string): void { this.refused[reason] = (this.refused[reason] ?? 0) + 1 }
  close(reason: string): void { this.closed[reason] = (this.closed[reason] ?? 0) + 1 }
}

function zeros(): Record<RefusalCode, number> {
  return Object.fromEntries(REFUSAL_CODES.map(code => [code, 0])) as Record<RefusalCode, number>
}
